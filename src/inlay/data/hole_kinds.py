"""Kinds of training holes with one signature: (generator, layout) in, hole out.

Holes of parts of the face are `inlay.data.parts.part_hole`.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from inlay.data.boxes import box_hole
from inlay.data.holes import FreeForm, free_form_hole

__all__ = ["HoleKind", "box", "free_form", "no_hole"]

Plane = UInt8[np.ndarray, "h w"]

HoleKind = Callable[[np.random.Generator, Plane], Plane]
"""Draws a hole (1 = to be filled) of the layout's size; it pickles, since loader processes call it."""


def free_form(rng: np.random.Generator, label: Plane, *, form: FreeForm) -> Plane:
    """Draw strokes and boxes as CoModGAN does."""
    return free_form_hole(rng, (label.shape[0], label.shape[1]), form)


def box(rng: np.random.Generator, label: Plane, *, low: float, high: float) -> Plane:
    """Draw one upright rectangle of a ratio from `low` to `high`."""
    return box_hole(rng, (label.shape[0], label.shape[1]), low=low, high=high)


def no_hole(rng: np.random.Generator, label: Plane) -> Plane:
    """Hide nothing."""
    return np.zeros(label.shape, dtype=np.uint8)
