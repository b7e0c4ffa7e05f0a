"""Pixel errors of a result against the photo, over the whole picture and inside the hole alone."""

import numpy as np
from jaxtyping import UInt8

__all__ = ["hole_mae", "hole_psnr", "psnr"]

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = UInt8[np.ndarray, "h w"]


def psnr(truth: Pixels, result: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all pixels and channels; infinite for identical pictures."""
    return _decibels(_difference(truth, result))


def hole_psnr(truth: Pixels, result: Pixels, hole: Hole) -> float:
    """PSNR in dB over hole pixels; not a number where there is no hole, infinite for identical ones."""
    return _decibels(_difference(truth, result)[hole > 0])


def hole_mae(truth: Pixels, result: Pixels, hole: Hole) -> float:
    """Compute the mean absolute error over hole pixels and channels, 0 to 1; not a number without a hole."""
    inside = _difference(truth, result)[hole > 0]
    return float(np.abs(inside).mean() / 255) if inside.size else float("nan")


def _difference(truth: Pixels, result: Pixels) -> np.ndarray:
    return result.astype(np.float64) - truth.astype(np.float64)


def _decibels(difference: np.ndarray) -> float:
    if not difference.size:
        return float("nan")
    error = float(np.square(difference).mean())
    return float(10 * np.log10(255**2 / error)) if error else float("inf")
