"""The hole that is filled, the pixels that are hidden beside it, and notes about both."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from inlay.notes import Note

__all__ = ["Masked"]


@dataclass(frozen=True)
class Masked:
    """A hole. `distrusted` pixels are hidden from painters and steps, and are never changed."""

    hole: Bool[np.ndarray, "h w"]
    distrusted: Bool[np.ndarray, "h w"]
    notes: tuple[Note, ...] = ()

    @staticmethod
    def of(hole: Bool[np.ndarray, "h w"]) -> "Masked":
        """A hole without distrusted pixels."""
        return Masked(hole, np.zeros_like(hole))

    @property
    def unknown(self) -> Bool[np.ndarray, "h w"]:
        """The pixels that painters and steps do not see."""
        return self.hole | self.distrusted

    def noting(self, code: str, text: str) -> "Masked":
        """Add a note."""
        return replace(self, notes=(*self.notes, Note(code, text)))
