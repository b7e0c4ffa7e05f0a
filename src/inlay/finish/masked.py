"""A hole as it is to be filled: what was asked for, how the photo is seen, what is to be said."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8

from inlay.images import JpegBlocks
from inlay.notes import Note

__all__ = ["Masked"]


@dataclass(frozen=True)
class Masked:
    """`hole` is filled; `distrusted` pixels are hidden from painters and steps, and stay as they are.

    `seen` is the photo as painters and steps see it, where that is not as it is. `blocks` are those of the
    photo's JPEG file, None of other photos.
    """

    hole: Bool[np.ndarray, "h w"]
    distrusted: Bool[np.ndarray, "h w"]
    notes: tuple[Note, ...] = ()
    blocks: JpegBlocks | None = None
    seen: UInt8[np.ndarray, "h w 3"] | None = None

    @staticmethod
    def of(hole: Bool[np.ndarray, "h w"], blocks: JpegBlocks | None = None) -> "Masked":
        """A hole as it was painted."""
        return Masked(hole, np.zeros_like(hole), blocks=blocks)

    @property
    def unknown(self) -> Bool[np.ndarray, "h w"]:
        """What painters and steps do not see."""
        return self.hole | self.distrusted

    def noting(self, code: str, text: str) -> "Masked":
        """The same with one more note."""
        return replace(self, notes=(*self.notes, Note(code, text)))
