"""A hole as it is to be filled: what was asked for, what is not to be learnt from, what is to be said."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from inlay.notes import Note

__all__ = ["Masked"]


@dataclass(frozen=True)
class Masked:
    """`hole` is filled; `distrusted` pixels are hidden from painters and steps, and stay as they are."""

    hole: Bool[np.ndarray, "h w"]
    distrusted: Bool[np.ndarray, "h w"]
    notes: tuple[Note, ...] = ()

    @staticmethod
    def of(hole: Bool[np.ndarray, "h w"]) -> "Masked":
        """A hole as it was painted."""
        return Masked(hole, np.zeros_like(hole))

    @property
    def unknown(self) -> Bool[np.ndarray, "h w"]:
        """What painters and steps do not see."""
        return self.hole | self.distrusted

    def noting(self, code: str, text: str) -> "Masked":
        """The same with one more note."""
        return replace(self, notes=(*self.notes, Note(code, text)))
