"""Degrade a picture as scans and small files are degraded. Layouts stay as they are."""

import io
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFilter

__all__ = ["DEGRADATIONS", "Degradation", "blur", "downscale", "grain", "jpeg"]

Pixels = UInt8[np.ndarray, "h w 3"]

Degradation = Callable[[np.random.Generator, Pixels], Pixels]
"""Draws its own strength. The size stays the same, and a grey picture stays grey."""


def blur(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Blur as if out of focus, by a Gaussian of 0.4 to 2 pixels."""
    image = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 2.0)))
    return np.asarray(image)


def downscale(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Reduce by a factor of 1.5 to 3.5 and enlarge again."""
    image, factor = Image.fromarray(pixels), rng.uniform(1.5, 3.5)
    small = image.resize((round(image.width / factor), round(image.height / factor)), Image.Resampling.BOX)
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC))


def grain(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Add Gaussian noise of 2 to 16 levels, the same in all channels, as film has it."""
    noise = rng.normal(0.0, rng.uniform(2.0, 16.0), size=(*pixels.shape[:2], 1))
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def jpeg(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Encode as JPEG of a quality from 15 to 90, and decode."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="JPEG", quality=int(rng.integers(15, 91)))
    with Image.open(file) as image:
        return np.asarray(image)


DEGRADATIONS: dict[str, Degradation] = {"blur": blur, "downscale": downscale, "grain": grain, "jpeg": jpeg}
"""By the name of their share in `[augmentation]`, in the order in which they are applied."""
