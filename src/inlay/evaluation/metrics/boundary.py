"""The seam: how the picture jumps across the hole's rim."""

import numpy as np
from jaxtyping import Bool, Float, UInt8

__all__ = ["boundary_error", "rim_jumps", "seam"]

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = UInt8[np.ndarray, "h w"]


def rim_jumps(image: Pixels, hole: Hole) -> Float[np.ndarray, "n 3"]:
    """The gradient jump at each place where a row or a column of pixels crosses the hole's rim.

    For four pixels a, b | c, d in line with the rim between b and c, the step across the rim is compared with
    the steps beside it: (c - b) - ((b - a) + (d - c)) / 2, which is 0 on any ramp. In grey levels of 255.
    """
    pixels, inside = image.astype(np.float64), hole > 0
    return np.concatenate([_in_rows(pixels, inside), _in_rows(pixels.swapaxes(0, 1), inside.T)])


def _in_rows(pixels: Float[np.ndarray, "h w 3"], inside: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "n 3"]:
    step = np.diff(pixels, axis=1)
    jump = step[:, 1:-1] - (step[:, :-2] + step[:, 2:]) / 2
    return jump[inside[:, 1:-2] != inside[:, 2:-1]]


def boundary_error(truth: Pixels, result: Pixels, hole: Hole) -> float:
    """Mean absolute difference between the result's jumps and the photo's; not a number without a rim."""
    difference = rim_jumps(result, hole) - rim_jumps(truth, hole)
    return float(np.abs(difference).mean()) if difference.size else float("nan")


def seam(truth: Pixels, result: Pixels, hole: Hole) -> float:
    """How much stronger the jumps of the result are than those of the photo there, mean, in grey levels.

    Above 0 a seam can be seen; below 0 the fill is smoother than the photo.
    """
    ours, theirs = rim_jumps(result, hole), rim_jumps(truth, hole)
    return float(np.abs(ours).mean() - np.abs(theirs).mean()) if ours.size else float("nan")
