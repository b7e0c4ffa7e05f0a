"""The kinds of training holes as one signature: (generator, layout) in, hole out."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from inlay.data.boxes import box_hole
from inlay.data.holes import FreeForm, free_form_hole
from inlay.data.parts import PARTS, REACH, part_hole
from inlay.labels import LabelSet

__all__ = ["HoleKind", "box", "free_form", "no_hole", "part"]

Plane = UInt8[np.ndarray, "h w"]

HoleKind = Callable[[np.random.Generator, Plane], Plane]
"""Draws a hole (1 = to be filled) of the layout's size; it pickles, since loader processes call it."""


def free_form(rng: np.random.Generator, label: Plane, *, form: FreeForm) -> Plane:
    """Strokes and boxes of CoModGAN."""
    return free_form_hole(rng, (label.shape[0], label.shape[1]), form)


def box(rng: np.random.Generator, label: Plane, *, low: float, high: float) -> Plane:
    """One upright rectangle of a ratio from `low` to `high`."""
    return box_hole(rng, (label.shape[0], label.shape[1]), low=low, high=high)


def part(
    rng: np.random.Generator,
    label: Plane,
    *,
    labels: LabelSet,
    parts: tuple[str, ...] = PARTS,
    reach: float = REACH,
) -> Plane:
    """One whole part of the face, such as an eye or the mouth, with `reach` around it."""
    return part_hole(rng, label, labels, parts=parts, reach=reach)


def no_hole(rng: np.random.Generator, label: Plane) -> Plane:
    """Nothing to fill."""
    return np.zeros(label.shape, dtype=np.uint8)
