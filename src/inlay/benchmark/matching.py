"""Hold found faces against boxes drawn by hand: frames and boxes in, counts out."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool
from scipy.optimize import linear_sum_assignment

from inlay.errors import UserError
from inlay.geometry.boxes import overlap
from inlay.geometry.face_frame import FaceFrame

__all__ = [
    "Box",
    "Counts",
    "box_of",
    "by_kind",
    "judge",
    "match",
    "read_boxes",
    "summary",
    "visible_share",
]

ALIKE = 0.3
"""Intersection over union from which a frame's face counts as a box's: frames follow eyes and mouth alone."""

SMALLEST = 48
"""Height in pixels from which a face has to be found."""

VISIBLE = 0.5
"""Share of a face that has to be outside the hole for it to be looked for."""


class Box(NamedTuple):
    """A face from forehead to chin and ear to ear, in pixels; an ignored one counts neither way.

    `kind` is what a person called it, as frontal, turned or profile.
    """

    x: float
    y: float
    width: float
    height: float
    ignore: bool = False
    kind: str = ""

    @property
    def center(self) -> tuple[float, float]:
        """Its centre in pixels."""
        return self.x + self.width / 2, self.y + self.height / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether a place lies in it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


class Counts(NamedTuple):
    """What came of one photo under one hole.

    `expected` faces had to be found, `found` of them were; `false` frames lie on no face. `errors` are the
    distances between the centres of found faces and their boxes, as shares of the boxes' widths.
    """

    expected: int
    found: int
    false: int
    errors: tuple[float, ...]


def read_boxes(path: Path) -> dict[str, list[Box]]:
    """Read a CSV with the columns photo, x, y, width, height, and perhaps ignore (1 or 0) and kind.

    Returns the boxes of each photo by its name. Raises `UserError` for another table.
    """
    found: dict[str, list[Box]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                x, y, width, height = (float(row[name]) for name in ("x", "y", "width", "height"))
                ignore = (row.get("ignore") or "0").strip() not in ("0", "")
                box = Box(x, y, width, height, ignore, (row.get("kind") or "").strip())
                found.setdefault(row["photo"], []).append(box)
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path}: not readable as boxes of faces ({error!r}); expected a CSV with the columns photo, x, "
            "y, width, height and perhaps ignore, in pixels"
        ) from error
    return found


def box_of(frame: FaceFrame) -> Box:
    """Return the upright box around the middle of a frame's face.

    >>> box_of(FaceFrame.of_box(100.0, 50.0, 54.0, 67.5)) == Box(100, 50, 54, 67.5)
    True
    """
    x, y, width, height = (round(value, 6) for value in frame.face_box[:4])
    return Box(x, y, width, height)


def match(faces: Sequence[Box], boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Pair faces with boxes one to one, so that the sum of overlaps of at least `ALIKE` is largest.

    Returns pairs of numbers: the face's and the box's.
    """
    if not faces or not boxes:
        return []
    alike = np.array([[overlap(face[:4], box[:4]) for box in boxes] for face in faces])
    alike[alike < ALIKE] = 0
    rows, columns = linear_sum_assignment(alike, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if alike[i, j] > 0]


def visible_share(box: Box, hole: Bool[np.ndarray, "h w"]) -> float:
    """Return the share of a box's pixels in the photo that lie outside the hole; 0 outside the photo."""
    part = hole[_slice(box.y, box.height), _slice(box.x, box.width)]
    return 1 - float(part.mean()) if part.size else 0.0


def judge(frames: Sequence[FaceFrame], boxes: Sequence[Box], hole: Bool[np.ndarray, "h w"]) -> Counts:
    """Count found faces and false frames.

    A face is expected where its box is not ignored, is `SMALLEST` pixels high and `VISIBLE`. Other boxes
    count neither way, and so do frames whose face matches one of them or has its centre in one.
    """
    faces = [box_of(frame) for frame in frames]
    pairs = dict(match(faces, boxes))
    is_expected = [_is_expected(box, hole) for box in boxes]
    found = [(faces[i], boxes[j]) for i, j in pairs.items() if is_expected[j]]
    excused = [box for box, expected in zip(boxes, is_expected, strict=True) if not expected]
    false = [
        face
        for number, face in enumerate(faces)
        if number not in pairs and not any(box.holds(*face.center) for box in excused)
    ]
    errors = [float(np.hypot(*np.subtract(face.center, box.center))) / box.width for face, box in found]
    return Counts(sum(is_expected), len(found), len(false), tuple(errors))


def by_kind(
    frames: Sequence[FaceFrame], boxes: Sequence[Box], hole: Bool[np.ndarray, "h w"]
) -> dict[str, tuple[int, int]]:
    """Count expected and found faces of each kind that a person named, as `judge` counts them."""
    told = {}
    for kind in dict.fromkeys(box.kind for box in boxes if box.kind and not box.ignore):
        mine = [box if box.kind == kind else box._replace(ignore=True) for box in boxes]
        told[kind] = judge(frames, mine, hole)[:2]
    return told


def summary(counts: Iterable[Counts]) -> dict[str, Any]:
    """Sum over photos: recall, false frames, photos with one, and the median centre error (None without)."""
    every = list(counts)
    expected, found = sum(one.expected for one in every), sum(one.found for one in every)
    errors = [error for one in every for error in one.errors]
    return {
        "photos": len(every),
        "faces": expected,
        "found": found,
        "recall": found / expected if expected else None,
        "false_frames": sum(one.false for one in every),
        "photos_with_false": sum(one.false > 0 for one in every),
        "centre_error": median(errors) if errors else None,
    }


def _is_expected(box: Box, hole: Bool[np.ndarray, "h w"]) -> bool:
    return not box.ignore and box.height >= SMALLEST and visible_share(box, hole) >= VISIBLE


def _slice(start: float, length: float) -> slice:
    return slice(max(0, round(start)), max(0, round(start + length)))
