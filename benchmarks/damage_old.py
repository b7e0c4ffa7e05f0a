"""What the damage detector finds in real damaged prints, counted in pieces.

    python benchmarks/damage_old.py --photos ../shared/data/old --output report.json --sheets DIR

`benchmarks/data/old_damage.csv` has, by eye, the pieces of damage of each photo as points and lines (kind
`damage`), and boxes of what is intact (kind `intact`: faces, clothes, lettering), in pixels. A piece counts
as found where at least half of it lies within `NEAR` of the mask. A found piece is wrong where most of it
lies in an intact box and away from all marked damage. Finds elsewhere, mostly specks of the background that
nobody marked, are not judged.
"""

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from inlay.damage.detector import WEIGHTS, load_detector
from inlay.damage.find import DamageFinder, pieces_of
from inlay.files import sha256

LABELS = Path(__file__).parent / "data" / "old_damage.csv"
NEAR = 5
"""Pixels by which marks drawn by eye may be off."""


class Marks(NamedTuple):
    """The marked pieces of a photo and its intact boxes, as corners."""

    damage: list[list[tuple[int, int]]]
    intact: list[list[tuple[int, int]]]


def read_marks(path: Path = LABELS) -> dict[str, Marks]:
    """Read the marks by the stems of the photos."""
    marks: dict[str, Marks] = defaultdict(lambda: Marks([], []))
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            points = [(int(x), int(y)) for x, y in (p.split(",") for p in row["points"].split())]
            getattr(marks[row["photo"]], row["kind"]).append(points)
    return dict(marks)


def drawn(points: list[tuple[int, int]], shape: tuple[int, int], *, box: bool = False) -> np.ndarray:
    """A line through the points, or a box of two corners, as a mask."""
    image = Image.new("1", shape[::-1])
    draw = ImageDraw.Draw(image)
    if box:
        draw.rectangle([*points[0], *points[1]], fill=1)
    else:
        draw.line(points if len(points) > 1 else points * 2, fill=1)
    return np.asarray(image)


def count(hole: np.ndarray, marks: Marks) -> dict[str, int]:
    """Pieces of damage, those that were found, and wrong ones."""
    shape = (hole.shape[0], hole.shape[1])
    reach = ndimage.distance_transform_edt(~hole) <= NEAR if hole.any() else hole
    lines = [drawn(points, shape) for points in marks.damage]
    found = sum(float(reach[line].mean()) >= 0.5 for line in lines)
    near = ndimage.distance_transform_edt(~np.logical_or.reduce(lines)) <= 2 * NEAR
    intact = np.logical_or.reduce([drawn(box, shape, box=True) for box in marks.intact])
    labels, number = ndimage.label(hole, structure=np.ones((3, 3)))
    inside = ndimage.mean(intact & ~near, labels, np.arange(1, number + 1)) if number else np.zeros(0)
    return {"pieces": len(lines), "found": int(found), "wrong": int((np.atleast_1d(inside) > 0.5).sum())}


def sheet(pixels: np.ndarray, hole: np.ndarray, marks: Marks) -> Image.Image:
    """The photo, and beside it the found mask (red) under the marked damage (blue)."""
    shape = (hole.shape[0], hole.shape[1])
    shown = pixels // 2 + 64
    shown[hole] = (255, 0, 60)
    for points in marks.damage:
        shown[ndimage.binary_dilation(drawn(points, shape))] = (0, 120, 255)
    return Image.fromarray(np.concatenate([pixels, shown], axis=1))


def main() -> None:
    """Count and write the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--sensitivity", type=float, nargs="+", default=[0.3, 0.5, 0.7])
    parser.add_argument("--sheets", type=Path)
    given = parser.parse_args()
    finder, levels = DamageFinder(load_detector(given.weights)), given.sensitivity
    photos: dict[str, dict[str, Any]] = {}
    for stem, marks in read_marks().items():
        (path,) = given.photos.glob(f"{stem}.*")
        pixels = np.asarray(Image.open(path).convert("RGB"))
        scores = finder.scores(pixels)
        holes = {level: pieces_of(scores, level).hole for level in levels}
        photos[stem] = {str(level): count(hole, marks) for level, hole in holes.items()}
        if given.sheets:
            given.sheets.mkdir(parents=True, exist_ok=True)
            for level, hole in holes.items():
                sheet(pixels, hole, marks).save(given.sheets / f"{stem}-{level}.png")
    totals = {
        level: {key: sum(one[level][key] for one in photos.values()) for key in ("pieces", "found", "wrong")}
        for level in map(str, levels)
    }
    for one in totals.values():
        one["share"] = round(one["found"] / one["pieces"], 4)
        one["wrong_a_photo"] = round(one["wrong"] / len(photos), 2)
    report = {"weights": sha256(given.weights), "totals": totals, "photos": photos}
    if given.output:
        given.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
