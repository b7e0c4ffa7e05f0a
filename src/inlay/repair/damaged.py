"""The damage of a photo as a hole."""

from dataclasses import replace
from functools import cache

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from inlay.damage.detector import WEIGHTS
from inlay.damage.find import Found, bundled_finder, pieces_of
from inlay.errors import UserError
from inlay.files import sha256
from inlay.finish.recipe import Watch, ignore
from inlay.repair.photo import Photo

__all__ = ["damage_at", "damage_scores", "detector_sha256", "find_damage", "mask_picture"]


@cache
def detector_sha256() -> str:
    """The hash of the damage detector's weights."""
    return sha256(WEIGHTS)


def find_damage(photo: Photo, sensitivity: float = 0.5, watch: Watch = ignore) -> Found:
    """Find the damage of a photo; pixels that are fully transparent are none of it.

    `sensitivity` is 0 to 1. Raises `UserError` for any other.
    """
    if not 0 <= sensitivity <= 1:
        raise UserError(f"sensitivity {sensitivity}: expected a number from 0 to 1")
    return damage_at(photo, damage_scores(photo, watch), sensitivity)


def damage_scores(photo: Photo, watch: Watch = ignore) -> Float[np.ndarray, "h w"]:
    """Compute what `damage_at` takes, which is nearly all of the work; `watch` may end it."""
    return bundled_finder().scores(photo.pixels, watch)


def damage_at(photo: Photo, scores: Float[np.ndarray, "h w"], sensitivity: float) -> Found:
    """Find the damage of a photo whose scores are known."""
    found = pieces_of(scores, sensitivity)
    if photo.opacity is None or not found.pieces:
        return found
    hole = found.hole & (photo.opacity > 0)
    return replace(found, hole=hole, pieces=found.pieces if hole.any() else 0)


def mask_picture(hole: Bool[np.ndarray, "h w"]) -> Image.Image:
    """A picture of a hole, white on black, as `inlay fill --hole` takes it."""
    return Image.fromarray(hole.astype(np.uint8) * 255)
