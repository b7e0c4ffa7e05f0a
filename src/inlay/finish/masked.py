"""The hole that is filled, what is hidden beside it, how the photo is seen, and notes about it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8

from inlay.images import JpegBlocks
from inlay.notes import Note

__all__ = ["Masked"]


@dataclass(frozen=True)
class Masked:
    """A hole. `distrusted` pixels are hidden from painters and steps, and are never changed.

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
        """A hole without distrusted pixels."""
        return Masked(hole, np.zeros_like(hole), blocks=blocks)

    @property
    def unknown(self) -> Bool[np.ndarray, "h w"]:
        """The pixels that painters and steps do not see."""
        return self.hole | self.distrusted

    def noting(self, code: str, text: str) -> "Masked":
        """Add a note."""
        return replace(self, notes=(*self.notes, Note(code, text)))
