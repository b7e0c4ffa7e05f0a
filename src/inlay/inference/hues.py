"""Hidden hair, clothes and background take half their hue from what is known of them. Without PyTorch.

What a model makes up deep in a hole drifts from the colour around, which is seen in large surfaces as a tint.
There the mean of its hue and of the known pixels', continued smoothly, is nearer to the truth than either.
Brightness, which has shadows and folds, stays the model's.
"""

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.inference.blend import enlarged, extend, reduced, smoothed
from inlay.inference.frame import unit_of
from inlay.inference.photo import LUMA
from inlay.labels import LabelSet

__all__ = ["hides_surfaces", "with_known_hues"]

SURFACES = ("background", "hair", "cloth")
"""Skin's hues the model knows better, and what is small has its own."""

SHARE, LOW = 0.5, 4.0
"""How much of the continuation is taken, and the Gaussian, in units, of which it is: finer hues stay."""

FEWEST = 64
"""Units that must be known of a class, without which it is left."""


def hides_surfaces(hole: Bool[np.ndarray, "h w"], label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> bool:
    """Whether a hole hides any hair, clothes or background, by the layout."""
    return bool(_hidden(hole, label, labels))


def with_known_hues(
    fill: Float[np.ndarray, "h w 3"],
    photo: Float[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    label: UInt8[np.ndarray, "h w"],
    labels: LabelSet,
    asked: frozenset[int] = frozenset(),
) -> Float[np.ndarray, "h w 3"]:
    """The fill with hues nearer to those around it; as it was outside the hole and in classes `asked` for.

    Pictures are RGB from 0 to 255; the photo is taken as one portrait and not read inside the hole.
    """
    classes = [k for k in _hidden(hole, label, labels) if k not in asked]
    if not classes:
        return fill
    factor = max(1.0, unit_of(hole.shape))
    picture = np.where(hole[..., None], fill, photo)
    small = np.stack([reduced(picture[..., c], factor) for c in range(3)], axis=-1)
    result = fill.copy()
    for k in classes:
        region = label == k
        known = reduced((region & ~hole).astype(np.float32), factor) > 0.5
        if np.count_nonzero(known) < FEWEST:
            continue
        within = reduced(region.astype(np.float32), factor)
        off = (extend(small, ~known) - small) * within[..., None]
        off -= (off @ LUMA)[..., None]
        low = smoothed(off, LOW) / np.maximum(smoothed(within, LOW), 1e-3)[..., None]
        hidden = hole & region
        top, left, bottom, right = _box(hidden)
        size, corner, part = (bottom - top, right - left), (top, left), hidden[top:bottom, left:right]
        for c in range(3):
            whole = enlarged(np.ascontiguousarray(low[..., c]), factor, size, corner)
            result[top:bottom, left:right, c] += SHARE * whole * part
    return result


def _hidden(hole: Bool[np.ndarray, "h w"], label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> list[int]:
    """The surfaces of which something is hidden."""
    ids = [labels.id_of(name) for name in SURFACES if name in labels.names]
    return [k for k in ids if (hole & (label == k)).any()]


def _box(part: Bool[np.ndarray, "h w"]) -> tuple[int, int, int, int]:
    """The first row and column of a part, and those after its last."""
    rows, columns = (np.flatnonzero(part.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
