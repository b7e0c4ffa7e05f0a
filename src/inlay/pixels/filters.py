"""Gaussians, reduced and enlarged pictures, and the distance from a hole's edge."""

import math

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float
from PIL import Image

__all__ = ["LUMA", "enlarged", "fading", "reduced", "smoothed"]

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in luma: ITU-R BT.601, as Pillow converts colour to grey."""

NARROW = 5.0
"""Gaussians of twice as many pixels and more are computed at a reduced size."""


def fading(hole: Bool[np.ndarray, "h w"], pixels: int) -> Float[np.ndarray, "h w"]:
    """Weights that are 1 at the rim and fall to 0 at so many pixels inside the hole."""
    inner, depth = hole, np.zeros(hole.shape, dtype=np.float32)
    for _ in range(pixels + 1):
        if not inner.any():
            break
        depth += inner
        wide = np.pad(inner, 1, mode="edge")
        inner = inner & wide[2:, 1:-1] & wide[:-2, 1:-1] & wide[1:-1, 2:] & wide[1:-1, :-2]
    return np.clip(1 - (depth - 1) / pixels, 0, 1) * hole


def smoothed(values: Float[np.ndarray, "h w *c"], spread: float) -> Float[np.ndarray, "h w *c"]:
    """Smooth by a Gaussian with a sigma of `spread` pixels; beyond the border values go on as there.

    A wide Gaussian is computed at a reduced size. The result differs only near the border.
    """
    factor = spread // NARROW
    if factor > 1:
        if values.ndim == 3:
            return np.stack([smoothed(values[..., c], spread) for c in range(values.shape[2])], axis=-1)
        # Block means and linear interpolation smooth a little too.
        rest = math.sqrt(spread**2 - factor**2 / 4)
        return enlarged(smoothed(reduced(values, factor), rest / factor), factor, values.shape)
    reach = max(1, math.ceil(3 * spread))
    return scipy.ndimage.gaussian_filter(values, spread, radius=reach, mode="nearest", axes=(0, 1))


def reduced(picture: Float[np.ndarray, "h w"], factor: float) -> Float[np.ndarray, "th tw"]:
    """Reduce a picture to means over squares of `factor` pixels; beyond its border it goes on as there."""
    h, w = (math.ceil(side / factor) for side in picture.shape)
    more = [(0, math.ceil(n * factor) - side) for n, side in zip((h, w), picture.shape, strict=True)]
    values = picture.astype(np.float32, copy=False)
    whole = Image.fromarray(np.pad(values, more, mode="edge") if np.any(more) else values)
    return np.asarray(whole.resize((w, h), Image.Resampling.BOX, box=(0, 0, w * factor, h * factor)))


def enlarged(
    picture: Float[np.ndarray, "th tw"],
    factor: float,
    size: tuple[int, ...],
    corner: tuple[int, int] = (0, 0),
) -> Float[np.ndarray, "h w"]:
    """Enlarge a reduced picture to its former size (height, width) by linear interpolation.

    With a smaller size the result is the window of that size whose upper left corner lies at `corner`.
    """
    (h, w), (top, left) = size, corner
    box = (left / factor, top / factor, (left + w) / factor, (top + h) / factor)
    return np.asarray(Image.fromarray(picture).resize((w, h), Image.Resampling.BILINEAR, box=box))
