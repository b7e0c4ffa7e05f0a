"""Parts of a photo as windows of bounded size, which bounds the memory of what is done in them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

__all__ = ["Tile", "tiles"]


class Tile(NamedTuple):
    """A box of the photo with a margin, and where in the box its own part lies, which no other one has."""

    top: int
    left: int
    bottom: int
    right: int
    inner: tuple[slice, slice]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom, right."""
        return self.top, self.left, self.bottom, self.right

    @property
    def window(self) -> tuple[slice, slice]:
        """The same as slices of the photo."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def own(self, part: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
        """What a part of the box has of the tile's own."""
        result = np.zeros_like(part)
        result[self.inner] = part[self.inner]
        return result


def tiles(part: Bool[np.ndarray, "h w"], side: int, margin: int) -> list[Tile]:
    """Tiles of at most `side` pixels whose own parts hold all of a part; margins end with the photo."""
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not rows.size:
        return []
    (high, low), (near, far) = (rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1)
    h, w = part.shape
    found = []
    for top in range(int(high), int(low), side):
        for left in range(int(near), int(far), side):
            bottom, right = min(top + side, int(low)), min(left + side, int(far))
            if part[top:bottom, left:right].any():
                y, x = max(0, top - margin), max(0, left - margin)
                inner = slice(top - y, bottom - y), slice(left - x, right - x)
                found.append(Tile(y, x, min(h, bottom + margin), min(w, right + margin), inner))
    return found
