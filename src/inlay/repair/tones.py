"""Levels of a faded photo: each channel stretched to the full range."""

import numpy as np
from jaxtyping import Bool, UInt8, UInt16

__all__ = ["full_range"]

CUT = 0.5
"""Per cent of the known pixels that may become black, and white."""

Values = UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w *c"]


def full_range(values: Values, known: Bool[np.ndarray, "h w"]) -> Values:
    """Stretch grey or colours so that `CUT` per cent of the known pixels are black and as many white.

    Each channel by itself, so that a cast goes too. A channel of one level stays, and so does opacity, the
    last of two or four channels.

    >>> faded = np.array([[60, 120, 180]], np.uint8)
    >>> full_range(faded, np.ones((1, 3), dtype=bool)).tolist()
    [[0, 127, 255]]
    """
    most = np.iinfo(values.dtype).max
    result = values.copy()
    planes = result if result.ndim == 3 else result[..., None]
    for n in range(planes.shape[2] - (planes.shape[2] in (2, 4))):
        plane = planes[..., n]
        low, high = np.percentile(plane[known], (CUT, 100 - CUT)) if known.any() else (0, most)
        if high > low:
            plane[...] = np.clip((plane.astype(np.float32) - low) * (most / (high - low)), 0, most)
    return result
