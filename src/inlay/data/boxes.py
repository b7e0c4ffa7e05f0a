"""Boxes: holes that are one upright rectangle, drawn by a NumPy generator, and the box around a hole."""

import numpy as np
from jaxtyping import Bool, UInt8

from inlay.errors import UserError

__all__ = ["box_hole", "frozen_boxes", "hole_box"]

MAX_TRIES = 10_000


def box_hole(
    rng: np.random.Generator, size: tuple[int, int], *, low: float, high: float
) -> UInt8[np.ndarray, "h w"]:
    """A rectangle inside the picture, of a ratio from `low` to `high`, at most twice as long as wide."""
    h, w = size
    if not 0 < low < high <= 1:
        raise UserError(f"box ratio {low} to {high}: expected 0 < low < high <= 1")
    for _ in range(MAX_TRIES):
        area, aspect = rng.uniform(low, high) * h * w, np.exp(rng.uniform(-np.log(2), np.log(2)))
        bh, bw = round(float(np.sqrt(area * aspect))), round(float(np.sqrt(area / aspect)))
        if 1 <= bh <= h and 1 <= bw <= w and low <= bh * bw / (h * w) <= high:
            top, left = int(rng.integers(h - bh + 1)), int(rng.integers(w - bw + 1))
            hole = np.zeros(size, dtype=np.uint8)
            hole[top : top + bh, left : left + bw] = 1
            return hole
    raise UserError(
        f"no box of ratio {low} to {high} in {MAX_TRIES} tries at {h} x {w}; widen the range (--low, --high)"
    )


def frozen_boxes(
    seed: int, count: int, size: tuple[int, int], *, low: float, high: float
) -> UInt8[np.ndarray, "n h w"]:
    """`count` boxes, each from the generator (seed, number)."""
    return np.stack(
        [box_hole(np.random.default_rng((seed, n)), size, low=low, high=high) for n in range(count)]
    )


def hole_box(hole: UInt8[np.ndarray, "h w"] | Bool[np.ndarray, "h w"], margin: int) -> tuple[slice, slice]:
    """Return rows and columns of the smallest box around the hole, grown by `margin` pixels.

    The box ends with the picture. Without a hole it is empty.
    """
    lines = [np.flatnonzero(hole.any(axis=axis)) for axis in (1, 0)]
    if not lines[0].size:
        return slice(0, 0), slice(0, 0)
    rows, columns = (slice(max(0, int(line[0]) - margin), int(line[-1]) + 1 + margin) for line in lines)
    return rows, columns
