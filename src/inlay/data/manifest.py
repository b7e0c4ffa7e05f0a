"""What a batch consists of: pictures paired by stem, or the lines of a manifest."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass

from inlay.errors import UserError
from inlay.places import Place, Url, place_of

__all__ = ["COLUMNS", "FORMATS", "Job", "distinct", "jobs_of_folder", "read_manifest"]

COLUMNS = ("image", "hole", "layout", "style_from", "output")
FORMATS = {"png": ".png", "jpg": ".jpg", "webp": ".webp", "tiff": ".tif"}
"""By name: the suffix of results whose names are made here."""

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}


@dataclass(frozen=True)
class Job:
    """One photo to fill; `output` is where the result goes."""

    image: Place
    hole: Place
    output: Place
    layout: Place | None = None
    style_from: Place | None = None


def jobs_of_folder(
    images: Place, hole: Place, output: Place, layout: Place | None = None, form: str = "png"
) -> list[Job]:
    """A job for each picture of a folder: its hole (and layout) has its stem, or is one file for all.

    A photo without a hole becomes a job all the same, so that the batch names it as failed. `form` is one of
    `FORMATS`, or `same` for each photo's own.
    """
    photos = _pictures(images)
    holes, layouts = _by_stem(hole), {} if layout is None else _by_stem(layout)
    jobs = []
    for photo in photos:
        own = hole if holes is None else holes.get(photo.stem, hole / f"{photo.stem}.png")
        drawn = layout if layouts is None or layout is None else layouts.get(photo.stem)
        jobs.append(Job(photo, own, output / _result(photo, form), drawn))
    return distinct(jobs)


def _result(photo: Place, form: str) -> str:
    suffix = FORMATS.get(form, photo.suffix if photo.suffix.lower() in PICTURES else ".png")
    return f"{photo.stem}{suffix}"


def _pictures(folder: Place) -> list[Place]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected a folder of pictures")
    there = (p for p in folder.iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith("."))
    found: list[Place] = sorted(there, key=str)
    if not found:
        raise UserError(
            f"{folder}: no pictures there; expected files ending in {', '.join(sorted(PICTURES))}"
        )
    return found


def _by_stem(path: Place) -> dict[str, Place] | None:
    """The pictures of a folder by stem; None for one file."""
    return {p.stem: p for p in _pictures(path)} if path.is_dir() else None


def read_manifest(path: Place, output: Place | None = None, form: str = "png") -> list[Job]:
    """The jobs of a CSV or JSON-lines file with the columns image, hole, layout, style_from, output.

    Paths are taken from the manifest's folder; URLs, which fsspec opens, stand for themselves.
    `output` may be missing where an output folder is given:
    results are then STEM.png in it, or of the format `form`.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path}: the manifest cannot be read ({error}); expected .csv or .jsonl in UTF-8"
        ) from error
    if path.suffix.lower() == ".csv":
        rows: Iterable[tuple[int, object]] = enumerate(csv.DictReader(text.splitlines()), start=2)
    elif path.suffix.lower() in (".jsonl", ".ndjson"):
        lines = ((n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip())
        rows = ((n, _parsed(line, f"{path}, line {n}")) for n, line in lines)
    else:
        raise UserError(f"{path}: expected a manifest ending in .csv or .jsonl")
    jobs = [_job(row, path, number, output, form) for number, row in rows]
    if not jobs:
        raise UserError(f"{path}: no lines in it; expected the columns {', '.join(COLUMNS)}")
    return distinct(jobs)


def _parsed(line: str, place: str) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UserError(f"{place}: not readable as JSON ({error})") from error


def _job(row: object, path: Place, number: int, output: Place | None, form: str) -> Job:
    place = f"{path}, line {number}"
    if not isinstance(row, dict) or not all(isinstance(v, str | None) for v in row.values()):
        raise UserError(f"{place}: expected one value each for {', '.join(COLUMNS)}")
    unknown = [str(key) for key in row if key not in COLUMNS]
    if unknown:
        raise UserError(f"{place}: unknown column '{unknown[0]}'; expected {', '.join(COLUMNS)}")
    found = {key: _from(path.parent, value) for key, value in row.items() if value}
    if "image" not in found or "hole" not in found:
        raise UserError(f"{place}: 'image' and 'hole' are needed")
    if "output" not in found:
        if output is None:
            raise UserError(f"{place}: no 'output', and no output folder was named (--output DIR)")
        found["output"] = output / _result(found["image"], form)
    return Job(**found)


def _from(folder: Place, value: str) -> Place:
    place = place_of(value)
    return place if isinstance(place, Url) or place.is_absolute() else folder / value


def distinct(jobs: list[Job]) -> list[Job]:
    """The jobs, if no two write the same file, and none what any of them reads."""
    seen: dict[Place, Job] = {}
    read = {p.absolute() for j in jobs for p in (j.image, j.hole, j.layout, j.style_from) if p is not None}
    for job in jobs:
        if job.output.absolute() in read:
            raise UserError(
                f"{job.output}: the result of {job.image} would overwrite a file that is read; name another "
                "--output"
            )
        if job.output in seen:
            raise UserError(
                f"{job.image} and {seen[job.output].image} would both become {job.output}; "
                "rename one of them, or name the outputs in a manifest"
            )
        seen[job.output] = job
    return jobs
