"""What a session answers: patches of the photo, and where the painter looked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from inlay.deep import eight_bits_of, is_deep
from inlay.images import eight_bit
from inlay.repair.photo import Photo

__all__ = ["Heat", "Patch", "RefinementCourse", "with_patches"]


@dataclass(frozen=True)
class Patch:
    """The part of the filled photo around its hole.

    `values` are the photo's own (its channels and depth) from row `top` and column `left` on; `hole` says
    which of them are new. `profile` is the photo's colour profile.
    """

    left: int
    top: int
    values: np.ndarray
    hole: Bool[np.ndarray, "h w"]
    profile: bytes | None = None

    @property
    def picture(self) -> Image.Image:
        """The part as a picture, in 8 bits where the photo has colour in 16."""
        picture = Image.fromarray(eight_bits_of(self.values) if is_deep(self.values) else self.values)
        if self.profile is not None:
            picture.info["icc_profile"] = self.profile
        return picture

    def shown(self) -> Image.Image:
        """The new pixels in RGB, on nothing."""
        picture = eight_bit(self.picture).convert("RGB")
        picture.putalpha(Image.fromarray(self.hole.astype(np.uint8) * 255))
        return picture


def with_patches(photo: Photo, patches: Iterable[Patch]) -> Photo:
    """Return the photo with patches in it, one on the other; its own values elsewhere stay bit for bit."""
    native = photo.native.copy()
    pixels = native if photo.pixels is photo.native else photo.pixels.copy()
    for patch in patches:
        h, w = patch.hole.shape
        window = np.s_[patch.top : patch.top + h, patch.left : patch.left + w]
        native[window] = patch.values
        if pixels is not native:
            pixels[window] = Photo.of(patch.values).pixels
    return replace(photo, native=native, pixels=pixels)


@dataclass(frozen=True)
class Heat:
    """Where the painter looked for one pixel: weights from 0 to 1 (the most) at the layout's size."""

    weights: Float[np.ndarray, "h w"]
    label: int
    same_class: float

    def picture(self) -> Image.Image:
        """The weights as grey levels, white the most."""
        return Image.fromarray(np.rint(self.weights * 255).astype(np.uint8))


@dataclass(frozen=True)
class RefinementCourse:
    """What a refinement came to: the step that was kept, the error on check pixels before and with it.

    With several faces the step is the furthest of them, the errors their means.
    """

    step: int
    before: float
    after: float
