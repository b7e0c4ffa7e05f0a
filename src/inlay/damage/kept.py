"""Scores of a photo, kept in little memory for all sensitivities."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from inlay.damage.find import MIDDLE, SPAN, WEAKER

__all__ = ["KeptScores"]

LOWEST = MIDDLE + SPAN * (0.5 - 1.0) - WEAKER
"""At no sensitivity is a score of this or less damage."""


@dataclass(frozen=True)
class KeptScores:
    """The scores above `LOWEST`, and where they are: 4 bytes for each, and a bit for each pixel."""

    shape: tuple[int, int]
    bits: UInt8[np.ndarray, "b"]
    values: Float32[np.ndarray, "n"]

    @staticmethod
    def of(scores: Float[np.ndarray, "h w"]) -> "KeptScores":
        """Keep what `DamageFinder.scores` gave."""
        is_high = scores > LOWEST
        values = scores[is_high].astype(np.float32)
        return KeptScores((scores.shape[0], scores.shape[1]), np.packbits(is_high), values)

    @property
    def scores(self) -> Float32[np.ndarray, "h w"]:
        """The scores, `LOWEST` where they were less; `pieces_of` finds the same in them.

        >>> KeptScores.of(np.array([[-50.0, 2.0]], np.float32)).scores.tolist()
        [[-4.0, 2.0]]
        """
        scores = np.full(self.shape, LOWEST, dtype=np.float32)
        scores[np.unpackbits(self.bits, count=scores.size).reshape(self.shape) > 0] = self.values
        return scores
