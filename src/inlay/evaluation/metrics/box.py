"""LPIPS near the hole alone: over a whole photo a small hole hardly counts."""

import numpy as np
from jaxtyping import UInt8

from inlay.data.boxes import hole_box
from inlay.evaluation.metrics.perceptual import Lpips

__all__ = ["MARGIN", "box_lpips"]

MARGIN = 32
"""Pixels of known picture around the hole that LPIPS sees too, on each side."""

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = UInt8[np.ndarray, "h w"]


def box_lpips(distance: Lpips, truth: Pixels, result: Pixels, hole: Hole, margin: int = MARGIN) -> float:
    """Compute LPIPS of the hole's box.

    Lower is better, 0 for identical pictures; not a number without a hole.
    """
    if not hole.any():
        return float("nan")
    box = hole_box(hole, margin)
    return distance(truth[box], result[box])
