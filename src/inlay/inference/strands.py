"""Hidden hair goes on along its strands from the hair around the hole, bent with them. Without PyTorch."""

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.inference.blend import enlarged, reduced
from inlay.inference.frame import unit_of
from inlay.inference.transport import Scales, transported
from inlay.labels import LabelSet

__all__ = ["hides_hair", "with_strands"]

Picture = Float[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Label = UInt8[np.ndarray, "h w"]

HAIR = "hair"

FINEST = 2.0
"""Strands are drawn at so many pixels a unit (`inlay.inference.frame.UNITS`) at most; what a larger photo has
beyond is left to the fill."""

BAND, BENDS, LONGEST, LOUD = 2.5, 6.0, 300.0, 6.0
"""As `inlay.inference.transport.Scales` has them."""

FEWEST = 64
"""Pixels of hidden and of known hair without which nothing is drawn."""


def hides_hair(hole: Mask, label: Label, labels: LabelSet) -> bool:
    """Whether a hole hides hair, by the layout."""
    return HAIR in labels.names and bool((hole & (label == labels.id_of(HAIR))).any())


def with_strands(fill: Picture, photo: Picture, hole: Mask, label: Label, labels: LabelSet) -> Picture:
    """The fill with the strands of known hair in its hidden hair; as it was elsewhere.

    Pictures are RGB from 0 to 255; the photo is taken as one portrait and not read inside the hole. Strands
    get the fill's colours. Where hardly any hair is seen or hidden the fill comes back as it is.
    """
    if not hides_hair(hole, label, labels):
        return fill
    hair = label == labels.id_of(HAIR)
    if min(np.count_nonzero(hair & part) for part in (hole, ~hole)) < FEWEST:
        return fill
    window = _window(hole & hair)
    inside, whole = hole[window], hair[window]
    picture = np.where(inside[..., None], fill[window], photo[window]).astype(np.float32, copy=False)
    unit = unit_of(hole.shape)
    factor = unit / FINEST
    if factor <= 1:
        change = _change(picture, inside, whole, unit)
    else:
        small = np.stack([reduced(picture[..., c], factor) for c in range(3)], axis=-1)
        hidden, most = (reduced(part.astype(np.float32), factor) for part in (inside, whole))
        drawn = _change(small, hidden > 0, most > 0.5, FINEST)
        change = np.stack([enlarged(drawn[..., c], factor, inside.shape) for c in range(3)], axis=-1)
    result = fill.copy()
    result[window] += np.where(inside[..., None], change, np.float32(0))
    return result


def _window(hidden: Mask) -> tuple[slice, slice]:
    """Around hidden hair, with as much again to every side as it is long."""
    spans = [np.flatnonzero(hidden.any(axis=axis))[[0, -1]] for axis in (1, 0)]
    reach = max(int(end - start) + 1 for start, end in spans)
    top, left = (slice(max(0, start - reach), end + reach + 1) for start, end in spans)
    return top, left


def _change(picture: Picture, hole: Mask, hair: Mask, unit: float) -> Picture:
    """What to add to a picture's hidden hair, a unit being so many pixels."""
    return transported(picture, hole, hair, hole & hair, Scales(unit, BAND, BENDS, LONGEST, LOUD))
