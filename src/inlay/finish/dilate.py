"""Grow a hole."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage
from jaxtyping import UInt8

from inlay.errors import UserError
from inlay.finish.masked import Masked

__all__ = ["Dilate"]


@dataclass(frozen=True)
class Dilate:
    """Grow a hole by so many pixels on each side."""

    pixels: int

    name = "dilate"

    def __post_init__(self) -> None:
        """Check the range."""
        if self.pixels < 0:
            raise UserError(f"dilate {self.pixels}: expected 0 pixels or more")

    def __call__(self, photo: UInt8[np.ndarray, "h w 3"], masked: Masked) -> Masked:
        """Grow the hole."""
        if not self.pixels:
            return masked
        grown = scipy.ndimage.binary_dilation(masked.hole, iterations=self.pixels)
        return replace(masked, hole=grown, distrusted=masked.distrusted & ~grown)
