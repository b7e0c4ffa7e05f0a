"""What scans and small files do to a picture: blur, few pixels, grain, JPEG. Layouts stay as they are."""

import io
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFilter

__all__ = ["DEGRADATIONS", "Degradation", "blur", "downscale", "grain", "jpeg"]

Pixels = UInt8[np.ndarray, "h w 3"]

Degradation = Callable[[np.random.Generator, Pixels], Pixels]
"""Draws how strong it is; the size stays, and a grey picture stays grey."""


def blur(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """A Gaussian blur of 0.4 to 2 pixels: out of focus."""
    image = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 2.0)))
    return np.asarray(image)


def downscale(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Reduced by a factor of 1.5 to 3.5 and enlarged again."""
    image, factor = Image.fromarray(pixels), rng.uniform(1.5, 3.5)
    small = image.resize((round(image.width / factor), round(image.height / factor)), Image.Resampling.BOX)
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC))


def grain(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Gaussian noise of 2 to 16 levels, the same in all channels, as film has it."""
    noise = rng.normal(0.0, rng.uniform(2.0, 16.0), size=(*pixels.shape[:2], 1))
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def jpeg(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """JPEG of a quality from 15 to 90."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="JPEG", quality=int(rng.integers(15, 91)))
    with Image.open(file) as image:
        return np.asarray(image)


DEGRADATIONS: dict[str, Degradation] = {"blur": blur, "downscale": downscale, "grain": grain, "jpeg": jpeg}
"""By the name of their share in the settings, in the order in which a photo meets with them."""
