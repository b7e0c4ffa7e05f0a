"""What a session answers: patches of the photo, and where the model looked."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from inlay.images import eight_bit

__all__ = ["Heat", "Patch", "Refinement"]


@dataclass(frozen=True)
class Patch:
    """The part of the filled photo around its hole.

    `picture` is in the photo's own mode and stands at `left`, `top`; `hole` says which of its pixels are new.
    """

    left: int
    top: int
    picture: Image.Image
    hole: Bool[np.ndarray, "h w"]

    def shown(self) -> Image.Image:
        """The new pixels in RGB, on nothing."""
        picture = eight_bit(self.picture).convert("RGB")
        picture.putalpha(Image.fromarray(self.hole.astype(np.uint8) * 255))
        return picture


@dataclass(frozen=True)
class Heat:
    """Where the model looked for one pixel: weights from 0 to 1 (the most) at the layout's size."""

    weights: Float[np.ndarray, "h w"]
    label: int
    same_class: float

    def picture(self) -> Image.Image:
        """The weights as grey levels, white the most."""
        return Image.fromarray(np.rint(self.weights * 255).astype(np.uint8))


@dataclass(frozen=True)
class Refinement:
    """A refined patch: the step that was kept, and the error on check pixels before (step 0) and with it.

    With several faces the step is the furthest of them, the errors their means.
    """

    patch: Patch
    step: int
    before: float
    after: float
