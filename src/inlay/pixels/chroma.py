"""Luma, chroma and subsampled chroma as JPEG files hold them (JFIF 1.02)."""

import numpy as np
import scipy.ndimage
from jaxtyping import Float, UInt8

__all__ = ["enlarged_samples", "from_luma_chroma", "luma_chroma", "reduced_samples", "samples_of"]

TO_LUMA_CHROMA = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype=np.float32
)
FROM_LUMA_CHROMA = np.array(
    [[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], dtype=np.float32
)  # fmt: skip

_ROOT = 8**0.5 - 3
SHARPEN = 2**0.5 * _ROOT ** np.abs(np.arange(-6, 7))
"""Inverse of the filter (1/8, 3/4, 1/8): what doubling linearly and taking means of pairs does to samples."""


def luma_chroma(pixels: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
    """Y, Cb and Cr of RGB pixels; grey has a Cb and Cr of 0."""
    return pixels.astype(np.float32) @ TO_LUMA_CHROMA.T


def from_luma_chroma(planes: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """RGB of Y, Cb and Cr, not rounded."""
    return planes @ FROM_LUMA_CHROMA.T


def enlarged_samples(
    samples: Float[np.ndarray, "th tw"], sampling: tuple[int, int]
) -> Float[np.ndarray, "h w"]:
    """Chroma at the picture's size, as libjpeg enlarges it: linearly by 2, by repeating otherwise."""
    for axis, factor in enumerate(sampling):
        samples = _doubled(samples, axis) if factor == 2 else samples.repeat(factor, axis=axis)
    return samples


def samples_of(plane: Float[np.ndarray, "h w"], sampling: tuple[int, int]) -> Float[np.ndarray, "th tw"]:
    """The chroma samples that `enlarged_samples` made a plane of; rounding errors aside."""
    samples = reduced_samples(plane, sampling)
    for axis, factor in enumerate(sampling):
        if factor == 2:
            samples = scipy.ndimage.correlate1d(samples, SHARPEN, axis, mode="reflect")
    return samples


def _doubled(samples: Float[np.ndarray, "th tw"], axis: int) -> Float[np.ndarray, "h w"]:
    """Twice as many samples on one axis, each of three parts of its own and one of its neighbour."""
    lines = np.moveaxis(samples, axis, 0)
    wide = np.pad(lines, ((1, 1), (0, 0)), mode="edge")
    pairs = np.stack([0.75 * lines + 0.25 * wide[:-2], 0.75 * lines + 0.25 * wide[2:]], axis=1)
    return np.moveaxis(pairs.reshape(-1, lines.shape[1]), 0, axis)


def reduced_samples(plane: Float[np.ndarray, "h w"], sampling: tuple[int, int]) -> Float[np.ndarray, "th tw"]:
    """The means of cells of so many pixels (down, across)."""
    down, across = sampling
    parts = [plane[row::down, column::across] for row in range(down) for column in range(across)]
    return sum(parts[1:], start=parts[0]) / np.float32(len(parts))
