"""LPIPS near the hole alone: over a whole photo a small hole hardly counts."""

import numpy as np
from jaxtyping import UInt8

from inlay.evaluation.metrics.perceptual import Lpips

__all__ = ["MARGIN", "box_lpips", "hole_box"]

MARGIN = 32
"""Pixels of known picture around the hole that LPIPS sees too, on each side."""

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = UInt8[np.ndarray, "h w"]


def hole_box(hole: Hole, margin: int = MARGIN) -> tuple[slice, slice]:
    """Return rows and columns of the smallest box around the hole, grown by `margin` pixels.

    The box ends with the picture. Without a hole it is empty.
    """
    lines = [np.flatnonzero(hole.any(axis=axis)) for axis in (1, 0)]
    if not lines[0].size:
        return slice(0, 0), slice(0, 0)
    rows, columns = (slice(max(0, int(line[0]) - margin), int(line[-1]) + 1 + margin) for line in lines)
    return rows, columns


def box_lpips(distance: Lpips, truth: Pixels, result: Pixels, hole: Hole, margin: int = MARGIN) -> float:
    """Compute LPIPS of the hole's box.

    Lower is better, 0 for identical pictures; not a number without a hole.
    """
    if not hole.any():
        return float("nan")
    box = hole_box(hole, margin)
    return distance(truth[box], result[box])
