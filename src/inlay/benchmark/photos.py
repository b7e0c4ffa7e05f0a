"""Real whole photos: which faces are found under holes, how long a fill takes, and a sheet to look at."""

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw

from inlay.benchmark.matching import Box, Counts, by_kind, judge, summary
from inlay.benchmark.memory import peak_memory
from inlay.errors import UserError
from inlay.files import sha256
from inlay.geometry.face_frame import FaceFrame
from inlay.repair.photo import Photo
from inlay.visualize.grids import Panel, panels_in_a_row, show_hole

__all__ = ["KINDS", "Find", "Repair", "draw_hole", "measure_photo", "photo_report", "summarize_photos"]

KINDS = ("none", "lines", "discs")
"""Kinds of holes; none shows what is found in a whole photo."""

LINES, LINE_WIDTH = 14, 0.004  # width as a share of the longer side
DISCS, RADII = 3, (0.04, 0.1)  # of the shorter side
SHOWN = 480
"""Longer side in pixels of a picture on a sheet."""

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
GREEN, GREY, RED = (40, 200, 80), (150, 150, 150), (233, 64, 87)

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]
Find = Callable[[Pixels, Hole], Sequence[FaceFrame]]
Repair = Callable[[Photo, Hole], Image.Image]


def draw_hole(kind: str, name: str, size: tuple[int, int]) -> Hole:
    """Draw a hole of one of `KINDS` on a photo of (height, width).

    It depends on kind, name and size alone. Raises `UserError` for another kind.
    """
    h, w = size
    seed = hashlib.sha256(f"{kind} {name}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(seed[:8], "big"))
    picture = Image.new("1", (w, h))
    draw = ImageDraw.Draw(picture)
    if kind == "lines":
        for _ in range(LINES):
            start, end = rng.uniform(0, 1, 2)
            across = rng.random() < 0.5
            ends = ((0, start * h), (w, end * h)) if across else ((start * w, 0), (end * w, h))
            draw.line([*ends[0], *ends[1]], fill=1, width=max(2, round(LINE_WIDTH * max(h, w))))
    elif kind == "discs":
        for _ in range(DISCS):
            x, y, radius = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(*RADII) * min(h, w)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    elif kind != "none":
        raise UserError(f"holes of kind '{kind}': expected some of {', '.join(KINDS)}")
    return np.asarray(picture, dtype=bool)


def measure_photo(
    path: Path,
    name: str,
    boxes: Sequence[Box],
    find: Find,
    repair: Repair | None,
    kinds: Sequence[str] = KINDS,
) -> tuple[dict[str, Any], Image.Image]:
    """Find the faces of one photo under each kind of hole, and fill it.

    Returns its record (size, and by kind: counts, seconds to find, seconds and peak megabytes to fill) and
    the sheet. Without `repair`, and without a hole, nothing is filled.
    """
    photo = Photo.of(path)
    record: dict[str, Any] = {"photo": name, "size": list(photo.size), "kinds": {}}
    rows = []
    for kind in kinds:
        hole = draw_hole(kind, name, photo.size)
        started = time.perf_counter()
        frames = list(find(photo.pixels, hole))
        told: dict[str, Any] = {"find_seconds": time.perf_counter() - started}
        counts = judge(frames, boxes, hole)
        told |= counts._asdict() | {"by_kind": by_kind(frames, boxes, hole)}
        panels = [Panel(f"{name}: {kind}", show_faces(photo.pixels, frames, boxes))]
        if hole.any():
            panels.append(Panel("hole", show_hole(_small(Image.fromarray(photo.pixels)), hole)))
        if hole.any() and repair is not None:
            result, filled = _filled(repair, photo, hole)
            told |= filled
            panels += [Panel("result", _small(result.convert("RGB")))] if result is not None else []
        record["kinds"][kind] = told
        rows.append(panels_in_a_row(panels))
    return record, _stacked(rows)


def _filled(repair: Repair, photo: Photo, hole: Hole) -> tuple[Image.Image | None, dict[str, Any]]:
    started = time.perf_counter()
    try:
        result, peak = peak_memory(lambda: repair(photo, hole))
    except UserError as error:
        return None, {"error": str(error)}
    return result, {"seconds": time.perf_counter() - started, "peak_mb": None if peak is None else peak / 1e6}


def show_faces(pixels: Pixels, frames: Sequence[FaceFrame], boxes: Sequence[Box]) -> Image.Image:
    """Draw boxes in green (ignored ones in grey) and the frames that were found in red."""
    picture = _small(Image.fromarray(pixels))
    scale = picture.width / pixels.shape[1]
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        corners = (box.x, box.y, box.x + box.width, box.y + box.height)
        draw.rectangle([v * scale for v in corners], outline=GREY if box.ignore else GREEN, width=2)
    for frame in frames:
        points = [frame.point(u, v) for u, v in CORNERS]
        draw.line([(x * scale, y * scale) for x, y in points], fill=RED, width=2)
    return picture


def photo_report(records: Sequence[dict[str, Any]], boxes: Path, model: str) -> dict[str, Any]:
    """Gather the records of all photos, their sums, and where they come from."""
    from inlay.evaluation.provenance import versions

    return {
        "kinds": summarize_photos(records),
        "photos": list(records),
        "sha256": {"boxes": sha256(boxes), "model": model},
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def summarize_photos(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sum the records of photos by kind of hole: counts; median and largest of seconds and megabytes."""
    kinds: dict[str, Any] = {}
    for kind in dict.fromkeys(kind for record in records for kind in record["kinds"]):
        told = [record["kinds"][kind] for record in records]
        kinds[kind] = summary(Counts(*(one[field] for field in Counts._fields)) for one in told)
        kinds[kind]["by_kind"] = {
            name: {
                "faces": sum(one["by_kind"].get(name, (0, 0))[0] for one in told),
                "found": sum(one["by_kind"].get(name, (0, 0))[1] for one in told),
            }
            for name in sorted({name for one in told for name in one["by_kind"]})
        }
        for figure in ("find_seconds", "seconds", "peak_mb"):
            values = [one[figure] for one in told if one.get(figure) is not None]
            if values:
                kinds[kind][figure] = {"median": float(np.median(values)), "most": max(values)}
        kinds[kind]["errors_of_fill"] = sum("error" in one for one in told)
    return kinds


def _small(picture: Image.Image) -> Image.Image:
    scale = min(1.0, SHOWN / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _stacked(rows: Sequence[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet
