"""The damage of a photo as a hole."""

from dataclasses import replace
from functools import cache

import numpy as np
from jaxtyping import Bool
from PIL import Image

from inlay.damage.detector import WEIGHTS
from inlay.damage.find import Found, bundled_finder
from inlay.files import sha256
from inlay.repair.photo import Photo

__all__ = ["detector_sha256", "find_damage", "mask_picture"]


@cache
def detector_sha256() -> str:
    """The hash of the damage detector's weights."""
    return sha256(WEIGHTS)


def find_damage(photo: Photo, sensitivity: float = 0.5) -> Found:
    """Find the damage of a photo; pixels that are fully transparent are none of it."""
    found = bundled_finder().find(photo.pixels, sensitivity)
    if photo.opacity is None or not found.pieces:
        return found
    hole = found.hole & (photo.opacity > 0)
    return replace(found, hole=hole, pieces=found.pieces if hole.any() else 0)


def mask_picture(hole: Bool[np.ndarray, "h w"]) -> Image.Image:
    """A picture of a hole, white on black, as `inlay fill --hole` takes it."""
    return Image.fromarray(hole.astype(np.uint8) * 255)
