"""Hidden hair goes on along its strands from the hair around the hole, bent with them. Without PyTorch."""

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.inference.frame import unit_of
from inlay.inference.transport import Scales, transported
from inlay.labels import LabelSet

__all__ = ["hides_hair", "with_strands"]

Picture = Float[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Label = UInt8[np.ndarray, "h w"]

HAIR = "hair"

FINEST, BAND, BENDS, LONGEST, LOUD = 2.0, 2.5, 6.0, 300.0, 6.0
"""As `inlay.inference.transport.Scales` has them, in units of `inlay.inference.frame.UNITS`."""

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
    scales = Scales(unit_of(hole.shape), FINEST, BAND, BENDS, LONGEST, LOUD)
    result = fill.copy()
    result[window] += transported(picture, inside, whole, inside & whole, scales)
    return result


def _window(hidden: Mask) -> tuple[slice, slice]:
    """Around hidden hair, with as much again to every side as it is long."""
    spans = [np.flatnonzero(hidden.any(axis=axis))[[0, -1]] for axis in (1, 0)]
    reach = max(int(end - start) + 1 for start, end in spans)
    top, left = (slice(max(0, start - reach), end + reach + 1) for start, end in spans)
    return top, left
