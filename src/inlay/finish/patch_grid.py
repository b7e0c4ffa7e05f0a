"""Patches of the photo for the tokens of a canvas. They overlap, on whole pixels: nothing is resampled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from inlay.geometry.canvas_frame import CanvasFrame

__all__ = ["PatchGrid"]

CORNER = 0.25
"""The weight of a patch at its token's corner, so that a token without neighbours is covered entirely."""


@dataclass(frozen=True)
class PatchGrid:
    """Where each token's patch begins in the photo, and how large patches are; tokens are row-major.

    A patch is twice as wide as its token, centred on it. All sizes are (height, width).
    """

    tops: Int[np.ndarray, " th"]
    lefts: Int[np.ndarray, " tw"]
    side: tuple[int, int]
    photo: tuple[int, int]

    @staticmethod
    def of(frame: CanvasFrame, size: tuple[int, int]) -> "PatchGrid":
        """The grid of so many rows and columns of tokens on a frame's canvas."""
        starts, sides = [], []
        for axis in (0, 1):
            pitch = frame.canvas[axis] / size[axis]
            stretch = frame.photo[axis] / frame.content[axis]
            side = 2 * max(1, round(pitch * stretch))
            center = ((np.arange(size[axis]) + 0.5) * pitch - frame.corner[axis]) * stretch
            starts.append(np.rint(center - side / 2).astype(int))
            sides.append(side)
        return PatchGrid(starts[0], starts[1], (sides[0], sides[1]), frame.photo)

    def within(self) -> Bool[np.ndarray, "th tw"]:
        """Which tokens' patches lie in the photo as a whole."""
        rows, columns = (
            (starts >= 0) & (starts + side <= length)
            for starts, side, length in zip((self.tops, self.lefts), self.side, self.photo, strict=True)
        )
        return rows[:, None] & columns

    def take(
        self, image: Float[np.ndarray, "h w c"], tokens: Int[np.ndarray, " r"]
    ) -> Iterator[Float[np.ndarray, "s t c"]]:
        """The tokens' patches, one after the other; the photo is continued beyond its border."""
        wide = np.pad(image, [(side, side) for side in self.side] + [(0, 0)], mode="edge")
        return (wide[place] for place in self._places(tokens))

    def lay(
        self, patches: Iterable[Float[np.ndarray, "s t c"]], tokens: Int[np.ndarray, " r"]
    ) -> Float[np.ndarray, "h w 3"]:
        """The patches at the tokens' places, their overlaps blended; beyond tokens they fade to 0."""
        (s, t), (h, w) = self.side, self.photo
        laid, total = (
            np.zeros((h + 2 * s, w + 2 * t, 3), np.float32),
            np.zeros((h + 2 * s, w + 2 * t), np.float32),
        )
        rise, run = (np.hanning(side + 2)[1:-1].astype(np.float32) for side in self.side)
        window = rise[:, None] * run
        for patch, place in zip(patches, self._places(tokens), strict=True):
            laid[place] += window[..., None] * patch
            total[place] += window
        inside = np.s_[s : h + s, t : w + t]
        return laid[inside] / np.maximum(total[inside], CORNER)[..., None]

    def means(self, values: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "th tw"]:
        """The mean over each token's patch, as far as it lies in the photo; nothing is negative."""
        above = np.pad(values.astype(np.float64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
        (top, bottom), (left, right) = (
            (starts.clip(0, length), (starts + side).clip(0, length))
            for starts, side, length in zip((self.tops, self.lefts), self.side, self.photo, strict=True)
        )
        rows = above[bottom] - above[top]
        count = (bottom - top)[:, None] * (right - left)
        # Differences of large sums may come out a little below 0.
        return np.maximum(rows[:, right] - rows[:, left], 0) / np.maximum(count, 1)

    def _places(self, tokens: Int[np.ndarray, " r"]) -> Iterator[tuple[slice, slice]]:
        """The patches' places in the photo with a margin as wide as they; outer ones are moved into it."""
        (s, t), (h, w) = self.side, self.photo
        tops, lefts = (self.tops + s).clip(0, h + s), (self.lefts + t).clip(0, w + t)
        for row, column in zip(*np.divmod(tokens, len(self.lefts)), strict=True):
            yield slice(tops[row], tops[row] + s), slice(lefts[column], lefts[column] + t)
