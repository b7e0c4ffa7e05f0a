"""Hidden hair, clothes and background take half their hue from what is known of them. Without PyTorch.

What a model makes up deep in a hole drifts from the colour around, which is seen in large surfaces as a tint.
There the mean of its hue and of the known pixels', continued smoothly, is nearer to the truth than either.
Brightness, which has shadows and folds, stays the model's.
"""

from collections.abc import Collection

import numpy as np
import scipy.ndimage
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

DRIFT, OTHER = 24.0, 48.0
"""What is off by fewer levels than the first has drifted; by more than the second it is something else, as a
shirt's collar under a jacket; between them less and less is taken off. What known hues differ by is added."""

SOFT = 2.0
"""The Gaussian, in units, within which it fades towards a class's border."""

FEWEST = 64
"""Squares of a unit's side (pixels, of a portrait that has fewer) that must be known of a class."""


def hides_surfaces(hole: Bool[np.ndarray, "h w"], label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> bool:
    """Whether a hole hides any hair, clothes or background, by the layout."""
    return bool(_hidden(hole, label, labels))


def with_known_hues(
    fill: Float[np.ndarray, "h w 3"],
    photo: Float[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    label: UInt8[np.ndarray, "h w"],
    labels: LabelSet,
    asked: Collection[int] = (),
) -> Float[np.ndarray, "h w 3"]:
    """The fill with hues nearer to those around it; as it was outside the hole and in classes `asked` for.

    Pictures are RGB from 0 to 255; the photo is taken as one portrait and not read inside the hole.
    """
    classes = [k for k in _hidden(hole, label, labels) if k not in asked]
    if not classes:
        return fill
    unit = unit_of(hole.shape)
    factor = max(1.0, unit)
    # Of a large photo some of the pixels tell as much.
    every = max(1, int(factor / 2))
    some = np.s_[::every, ::every]
    picture = np.where(hole[some][..., None], fill[some], photo[some])
    result = fill.copy()
    for k in classes:
        region = label == k
        known, seen = _means(picture, (region & ~hole)[some], factor / every)
        if np.count_nonzero(seen > 0.5) < FEWEST:
            continue
        drawn, within = _means(picture, region[some], factor / every)
        low = _drift(drawn, within, known, seen > 0, unit / factor)
        hidden = hole & region
        (window,) = scipy.ndimage.find_objects(hidden.astype(int))
        part, corner = hidden[window], (window[0].start, window[1].start)
        off = np.stack([enlarged(layer, factor, part.shape, corner) for layer in low], axis=-1)
        result[window] += _room(result[window], SHARE * off * part[..., None])
    return result


def _means(
    picture: Float[np.ndarray, "h w 3"], part: Bool[np.ndarray, "h w"], factor: float
) -> tuple[Float[np.ndarray, "th tw 3"], Float[np.ndarray, "th tw"]]:
    """A part's mean colours in squares of `factor` pixels, 0 where there is none, and its share of them."""
    share = reduced(part.astype(np.float32), factor)
    sums = [reduced(np.where(part, picture[..., c], np.float32(0)), factor) for c in range(3)]
    return np.stack(sums, axis=-1) / np.maximum(share, 1e-6)[..., None], share


def _drift(
    drawn: Float[np.ndarray, "th tw 3"],
    within: Float[np.ndarray, "th tw"],
    known: Float[np.ndarray, "th tw 3"],
    seen: Bool[np.ndarray, "th tw"],
    unit: float,
) -> list[Float[np.ndarray, "th tw"]]:
    """Each channel of what hues are off by, without brightness, faded out at the class's border."""
    hue = known - (known @ LUMA)[..., None]
    mean, squares = (extend(values, ~seen) for values in (hue, hue**2))
    off = mean - (drawn - (drawn @ LUMA)[..., None])
    # Known hues that are unlike each other say little about what lies between them.
    unlike = np.sqrt((squares - mean**2).clip(0).sum(axis=-1))
    taken = ((OTHER - np.linalg.norm(off, axis=-1) - unlike) / (OTHER - DRIFT)).clip(0, 1) * within
    low = (
        smoothed(off * taken[..., None], LOW * unit)
        / np.maximum(smoothed(within, LOW * unit), 1e-3)[..., None]
    )
    low *= (2 * smoothed(within, SOFT * unit) - 1).clip(0, 1)[..., None]
    return [np.ascontiguousarray(low[..., c]) for c in range(3)]


def _room(fill: Float[np.ndarray, "h w 3"], off: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
    """So much of what is to be added that no channel leaves 0 to 255, which would change brightness."""
    room = np.where(off > 0, 255 - fill, fill).clip(0)
    return off * (room / np.maximum(np.abs(off), 1e-6)).min(axis=-1, keepdims=True).clip(0, 1)


def _hidden(hole: Bool[np.ndarray, "h w"], label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> list[int]:
    """The surfaces of which something is hidden."""
    ids = [labels.id_of(name) for name in SURFACES if name in labels.names]
    return [k for k in ids if (hole & (label == k)).any()]
