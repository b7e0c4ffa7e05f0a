"""The composite (paper, eq. 9): the photo's own values, its hole taken from one fill after another."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.repair.photo import Photo

__all__ = ["Composite", "Part"]


@dataclass(frozen=True)
class Part:
    """A window of the photo, what was painted there (RGB, 0 to 255), and which of its pixels to take."""

    window: tuple[slice, slice]
    fill: Float[np.ndarray, "h w 3"]
    taken: Bool[np.ndarray, "h w"]


class Composite:
    """`native` begins as the photo's values and takes parts; outside them it stays the photo bit for bit.

    In the whole `hole` its opacity is continued before the first part comes.
    """

    def __init__(self, photo: Photo, hole: Bool[np.ndarray, "h w"]) -> None:
        self.photo, self.hole = photo, hole
        self.native: np.ndarray = photo.visible_in(hole).native.copy()

    def put(self, part: Part) -> None:
        """Take a part's fill where it says so."""
        window = part.window
        piece = Photo(self.photo.pixels[window], self.native[window])
        self.native[window] = piece.colored(part.fill, part.taken)

    @property
    def pixels(self) -> UInt8[np.ndarray, "h w 3"]:
        """What a painter would see of it: outside the hole what it sees of the photo."""
        return np.where(self.hole[..., None], Photo.of(self.native).pixels, self.photo.pixels)
