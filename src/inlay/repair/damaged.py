"""Repair a photo whose damage nobody has painted: find it, and fill it as any hole."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool
from PIL import Image

from inlay.damage.find import Found, bundled_finder
from inlay.repair.photo import Photo

if TYPE_CHECKING:
    from inlay.repair.inpainter import Result

__all__ = ["find_damage", "mask_picture", "repair_damage"]


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


def repair_damage(
    fill: "Callable[..., Result]", photo: Photo, sensitivity: float, **options: Any
) -> "Result":
    """Fill what is found by `fill`, which takes the photo and its hole; nothing found changes nothing."""
    from inlay.repair.inpainter import Result

    started = time.perf_counter()
    found = find_damage(photo, sensitivity)
    if found.pieces:
        result = fill(photo, found.hole, **options)
        return replace(result, notes=(found.note, *result.notes), seconds=time.perf_counter() - started)
    layout = np.zeros(photo.size, dtype=np.uint8)
    return Result(
        photo.copy(), layout, None, found.hole, "none", time.perf_counter() - started,
        (found.note, *photo.notes), photo.deep(photo.native), photo.origin,
    )  # fmt: skip
