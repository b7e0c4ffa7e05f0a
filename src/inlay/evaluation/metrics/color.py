"""Colour errors as people see them (CIEDE2000), pixel by pixel and class by class."""

from types import ModuleType

import numpy as np
from jaxtyping import Float, UInt8

from inlay.extras import require

__all__ = ["class_color_error", "class_color_shift", "color_error"]

Pixels = UInt8[np.ndarray, "h w 3"]
Plane = UInt8[np.ndarray, "h w"]
MIN_PIXELS = 16
"""A class counts in a picture if this many of its pixels lie inside the hole, and as many outside."""


def color_error(truth: Pixels, result: Pixels, hole: Plane) -> float:
    """Mean CIEDE2000 difference over hole pixels; about 1 is just visible, not a number without a hole."""
    inside = hole > 0
    if not inside.any():
        return float("nan")
    return float(_delta(_lab(truth[inside]), _lab(result[inside])).mean())


def class_color_shift(picture: Pixels, hole: Plane, label: Plane | None) -> float:
    """How far a class's mean colour inside the hole lies from its mean colour outside, mean over classes.

    This is the colour inconsistency that the paper sets out to cure (its abstract). A photo has some of it
    too, for a face is lit from one side, so quote it beside the photo's own figure. CIEDE2000 of mean Lab
    colours; not a number where no class lies on both sides, or without a layout.
    """
    if label is None:
        return float("nan")
    lab, inside = _lab(picture.reshape(-1, 3)).reshape(picture.shape), hole > 0
    pairs = [
        (lab[part & inside].mean(axis=0), lab[part & ~inside].mean(axis=0))
        for part in _on_both_sides(label, inside)
    ]
    return _mean_delta(pairs)


def class_color_error(truth: Pixels, result: Pixels, hole: Plane, label: Plane | None) -> float:
    """Compute how far a class's mean colour in the hole lies from the photo's there, mean over classes.

    Not a number where no class lies on both sides of the rim, or without a layout.
    """
    if label is None:
        return float("nan")
    inside = hole > 0
    ours, theirs = (_lab(p.reshape(-1, 3)).reshape(p.shape) for p in (result, truth))
    pairs = [
        (ours[part & inside].mean(axis=0), theirs[part & inside].mean(axis=0))
        for part in _on_both_sides(label, inside)
    ]
    return _mean_delta(pairs)


def _on_both_sides(label: Plane, inside: np.ndarray) -> list[np.ndarray]:
    parts = [label == k for k in np.unique(label[inside])]
    return [p for p in parts if min((p & inside).sum(), (p & ~inside).sum()) >= MIN_PIXELS]


def _mean_delta(pairs: list[tuple[np.ndarray, np.ndarray]]) -> float:
    if not pairs:
        return float("nan")
    ours, theirs = (np.stack(side) for side in zip(*pairs, strict=True))
    return float(_delta(ours, theirs).mean())


def _lab(pixels: UInt8[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    return _skimage_color().rgb2lab(pixels)


def _delta(ours: Float[np.ndarray, "n 3"], theirs: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    return _skimage_color().deltaE_ciede2000(ours, theirs)


def _skimage_color() -> ModuleType:
    return require("skimage.color", package="scikit-image", install="pip install 'inlay[eval]'")
