"""Where a hidden part and its mirror twin lie, and the reflection from one to the other."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from inlay.finish.twin_parts import Hidden, Point, center_of

__all__ = ["BICUBIC", "BILINEAR", "Box", "TwinPlace", "box_around", "transform"]

Box = tuple[slice, slice]
"""Rows and columns."""

BICUBIC, BILINEAR = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR


@dataclass(frozen=True)
class TwinPlace:
    """The centres of a hidden part and of its twin, and the unit vector across the face's axis.

    `side` is the unit of lengths, in pixels. `shift` is the hidden part's offset from `hidden`, in pixels,
    `stretch` its size relative to its twin's, across the axis and along it.
    """

    hidden: Point
    seen: Point
    across: Point
    side: float
    shift: Point
    stretch: Point

    @staticmethod
    def of(pair: Hidden) -> "TwinPlace":
        """The place by the layout alone."""
        side = pair.unit * math.sqrt(np.count_nonzero(pair.twin))
        centers = center_of(pair.part), center_of(pair.twin)
        return TwinPlace(*centers, pair.across, side, np.zeros(2), np.ones(2))

    def matrix(self) -> Float[np.ndarray, "2 3"]:
        """From a pixel (column, row, 1) of the hidden side to the one that shows its reflection."""
        n = self.across
        v = np.array([-n[1], n[0]])
        turn = -np.outer(n, n) / self.stretch[0] + np.outer(v, v) / self.stretch[1]
        return np.column_stack([turn, self.seen - turn @ (self.hidden + self.shift)])

    def within(self, box: Box, factor: float = 1.0) -> "TwinPlace":
        """The same in a part of the picture that was reduced by a factor."""
        corner = np.array([box[1].start, box[0].start])
        hidden, seen = ((point + 0.5 - corner) / factor - 0.5 for point in (self.hidden, self.seen))
        return replace(self, hidden=hidden, seen=seen, side=self.side / factor, shift=self.shift / factor)

    def overlap(self, part: Bool[np.ndarray, "h w"], twin: Bool[np.ndarray, "h w"]) -> float:
        """Intersection over union of a part and its twin's reflection."""
        reflected = transform(twin.astype(np.float32), self.matrix(), part.shape, BILINEAR) > 0.5
        together = int(np.count_nonzero(part | reflected))
        return int(np.count_nonzero(part & reflected)) / max(together, 1)


def box_around(points: list[Point], reach: float, size: tuple[int, int]) -> Box:
    """The part of a picture that reaches so far beyond each of the points."""
    low, high = np.min(points, axis=0) - reach, np.max(points, axis=0) + reach
    left, top = np.maximum(np.floor(low), 0).astype(int).tolist()
    right, bottom = (np.ceil(high) + 1).astype(int).tolist()
    return slice(top, min(bottom, size[0])), slice(left, min(right, size[1]))


def transform(
    picture: Float[np.ndarray, "h w"],
    matrix: Float[np.ndarray, "2 3"],
    size: tuple[int, int],
    method: Image.Resampling,
) -> Float[np.ndarray, "th tw"]:
    """A picture of that size, each pixel from where the matrix sends it; 0 from beyond the picture."""
    # Pillow counts places from pixels' corners.
    data = matrix.copy()
    data[:, 2] += 0.5 - matrix[:, :2].sum(axis=1) / 2
    moved = Image.fromarray(picture.astype(np.float32)).transform(
        size[::-1], Image.Transform.AFFINE, data.ravel().tolist(), method
    )
    return np.asarray(moved)
