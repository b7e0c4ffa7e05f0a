"""What a batch consists of: pictures paired by stem, or the lines of a manifest."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inlay.data.listing import by_stem, pictures_of
from inlay.errors import UserError
from inlay.files import keep_inputs, resolved
from inlay.places import Place, Url, place_of

__all__ = [
    "COLUMNS",
    "FORMATS",
    "Job",
    "distinct",
    "jobs_of_folder",
    "read_manifest",
    "reads_of",
]

COLUMNS = ("image", "hole", "layout", "style_from", "output")
FORMATS = {"png": ".png", "jpg": ".jpg", "webp": ".webp", "tiff": ".tif"}
"""By name: the suffix of results whose names are made here."""


@dataclass(frozen=True)
class Job:
    """One photo to fill; `output` is where the result goes. Without a hole the damage is looked for."""

    image: Place
    hole: Place | None
    output: Place
    layout: Place | None = None
    style_from: Place | None = None


def jobs_of_folder(
    images: Place,
    hole: Place | None,
    output: Place,
    layout: Place | None = None,
    form: str = "png",
    recursive: bool = False,
) -> list[Job]:
    """A job for each picture of a folder: its hole (and layout) has its stem, or is one file for all.

    A photo whose hole is missing becomes a job all the same, so that the batch names it as failed. With
    `hole` None the damage of each photo is looked for. `form` is one of `FORMATS`, or `same` for each
    photo's own. With `recursive`, holes and results lie in the same subfolders as their photos.
    """
    photos = pictures_of(images, recursive, (hole, layout, output))
    holes = None if hole is None else by_stem(hole, recursive, (output,))
    layouts = {} if layout is None else by_stem(layout, recursive, (output,))
    jobs = []
    for stem, photo in photos:
        own = hole if holes is None or hole is None else holes.get(stem, hole / f"{stem}.png")
        drawn = layout if layouts is None or layout is None else layouts.get(stem)
        inside = stem.rpartition("/")[0]
        folder = output / inside if inside else output
        jobs.append(Job(photo, own, folder / _result(photo, form), drawn))
    return distinct(jobs)


def _result(photo: Place, form: str) -> str:
    from inlay.images import is_written

    suffix = FORMATS.get(form, photo.suffix if is_written(photo.suffix) else ".png")
    return f"{photo.stem}{suffix}"


def read_manifest(
    path: Place, output: Place | None = None, form: str = "png", *, find: bool = False
) -> list[Job]:
    """The jobs of a CSV or JSON-lines file with the columns image, hole, layout, style_from, output.

    With `find` the damage is looked for, and there is no hole.

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
    jobs = [_job(row, path, number, output, form, find) for number, row in rows]
    if not jobs:
        raise UserError(f"{path}: no lines in it; expected the columns {', '.join(COLUMNS)}")
    return distinct(jobs)


def _parsed(line: str, place: str) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UserError(f"{place}: not readable as JSON ({error})") from error


def _job(row: object, path: Place, number: int, output: Place | None, form: str, find: bool) -> Job:
    place = f"{path}, line {number}"
    if not isinstance(row, dict) or not all(isinstance(v, str | None) for v in row.values()):
        raise UserError(f"{place}: expected one value each for {', '.join(COLUMNS)}")
    unknown = [str(key) for key in row if key not in COLUMNS]
    if unknown:
        raise UserError(f"{place}: unknown column '{unknown[0]}'; expected {', '.join(COLUMNS)}")
    found = {key: _from(path.parent, value) for key, value in row.items() if value}
    if find and "hole" in found:
        raise UserError(f"{place}: a 'hole' is given; `inlay repair` finds it, `inlay fill` takes it")
    if "image" not in found or ("hole" not in found and not find):
        needed = "'image' is" if find else "'image' and 'hole' are"
        raise UserError(f"{place}: {needed} needed")
    if "output" not in found:
        if output is None:
            raise UserError(f"{place}: no 'output', and no output folder was named (--output DIR)")
        found["output"] = output / _result(found["image"], form)
    return Job(hole=found.pop("hole", None), **found)


def _from(folder: Place, value: str) -> Place:
    place = place_of(value)
    return place if isinstance(place, Url) or place.is_absolute() else folder / value


def distinct(jobs: list[Job]) -> list[Job]:
    """The jobs, if no two write the same file, and none what any of them reads."""
    keep_inputs(reads_of(jobs), {"--output": [job.output for job in jobs]})
    seen: dict[str, Job] = {}
    for job in jobs:
        place = resolved(job.output)
        if place in seen:
            raise UserError(
                f"{job.image} and {seen[place].image} would both become {job.output}; "
                "rename one of them, or name the outputs in a manifest"
            )
        seen[place] = job
    return jobs


def reads_of(jobs: Sequence[Job]) -> dict[str, list[Place]]:
    """Every file that the jobs read, by what it is."""
    return {
        "the photo": [job.image for job in jobs],
        "the hole": [job.hole for job in jobs if job.hole is not None],
        "the layout": [job.layout for job in jobs if job.layout is not None],
        "the portrait of --style-from": [job.style_from for job in jobs if job.style_from is not None],
    }
