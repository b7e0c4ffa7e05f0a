"""Hidden hair goes on along its strands from the hair around the hole, bent with them. Without PyTorch.

The strand through a hidden pixel is followed both ways until it comes out of the hole, and as far again
along known hair. What is found there, less its mean around, replaces what the fill has: hair is reflected at
the rim, along curves. Directions are those of the structure tensor (Bigun and Granlund, Optimal Orientation
Detection of Linear Symmetry, 1987), continued into the hole. That is the coherence transport of Bornemann and
Maerz (Fast Image Inpainting Based on Coherence Transport, 2007), of a strip of hair in place of its rim.
"""

import math

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.inference.blend import enlarged, extend, reduced, smoothed
from inlay.inference.frame import portrait_height
from inlay.inference.photo import LUMA
from inlay.inference.streamlines import Ends, followed, sampled
from inlay.labels import LabelSet

__all__ = ["hides_hair", "with_strands"]

Picture = Float[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Map = Float[np.ndarray, "h w"]
Label = UInt8[np.ndarray, "h w"]

HAIR = "hair"

UNITS = 256
"""Lengths below are in units, so many to the height of a portrait."""

FINEST = 2.0
"""Strands are drawn at so many pixels a unit at most; what a larger photo has beyond is left to the fill."""

BAND = 2.5
"""What is finer than a Gaussian of so many units is taken from known hair, what is coarser is the fill's."""

SLOPES, BENDS = 0.5, 6.0
"""Slopes are taken after the first Gaussian; strands run where slopes within the second one do not."""

FLAT = 20.0
"""Slopes, in squared levels a unit, below which hair has no direction."""

FILLED = 0.5
"""How much the fill's own direction counts beside the one continued from known hair."""

UNSURE, SURE = 0.1, 0.35
"""How clear a direction (0 to 1) must be for strands to begin to show, and to show wholly."""

RIM, SOFT = 1.0, 1.2
"""Gaussians by which hair's border is kept out of directions, and by which strands fade towards it."""

STEP, LONGEST = 1.0, 300.0
"""Units that a strand is followed at a time, and after which it is given up."""

APART, TOGETHER = 6.0, 2.0
"""Units beyond which neighbours' strands do not lead to neighbours, and the Gaussian in which that counts."""

LOUD = 6.0
"""How many times the usual contrast of known hair (the median) comes over as it is."""

LEAST, MOST, DARK = 0.5, 2.0, 8.0
"""How much fainter or stronger strands get, in each channel, where hair is darker or lighter than where they
are from; the last one is added to either colour."""

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
    unit = portrait_height(hole.shape) / UNITS
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
    """What to add to a picture's hidden hair, so many pixels being a unit; 0 elsewhere."""
    hidden, known = hair & hole, hair & ~hole
    if not (hidden.any() and known.any()):
        return np.zeros_like(picture)
    way, clear = _directions(picture @ LUMA, hidden, known, unit)
    coarse = _mean(picture, hair, BAND * unit)
    fine = picture - coarse
    within = (2 * smoothed(hair.astype(np.float32), SOFT * unit) - 1).clip(0, 1)
    color = coarse.clip(0) + DARK
    values = np.concatenate([_quietened(fine, known), color, within[..., None]], axis=-1)
    start, along = np.argwhere(hidden), way[hidden]
    total, power, trust = np.zeros((len(start), 3), np.float32), np.zeros(len(start)), np.zeros(len(start))
    for side in (1, -1):
        step = STEP * unit
        ends = followed(start, side * step * along, step * way, hidden, known, round(LONGEST / STEP))
        there = sampled(values, ends.place)
        gain = (color[hidden] / there[:, 3:6]).clip(LEAST, MOST)
        good = np.where(ends.found, there[:, 6] * _together(ends, hidden, unit), 0)
        # Of two ends the nearer counts more; both together are as strong as either.
        weight = good / np.maximum(ends.steps, 1)
        total += weight[:, None] * gain * there[:, :3]
        power += weight**2
        trust = np.maximum(trust, good)
    laid = np.where(known[..., None], fine, np.float32(0))
    laid[hidden] = total / np.maximum(np.sqrt(power), 1e-9)[:, None]
    # Neighbours along a strand were found one by one.
    laid[hidden] = sum(sampled(laid, start + step * along) for step in (-1, 0, 1)) / 3
    share = np.zeros(hole.shape, np.float32)
    share[hidden] = trust * ((clear[hidden] - UNSURE) / (SURE - UNSURE)).clip(0, 1)
    share = _mean(share[..., None], hidden, SOFT * unit)[..., 0] * hidden * within
    return share[..., None] * (laid - fine)


def _directions(
    brightness: Map, hidden: Mask, known: Mask, unit: float
) -> tuple[Float[np.ndarray, "h w 2"], Map]:
    """Vectors of length 1 (down, right) along the strands, either way, and how clear they are.

    Known hair's own; hidden hair has those of known hair, continued smoothly, and the fill's.
    """
    down, right = _slopes(smoothed(brightness, SLOPES * unit))
    slopes = np.stack([right**2 - down**2, 2 * right * down, right**2 + down**2], axis=-1)
    inner = smoothed((~known).astype(np.float32), RIM * unit) < 0.01
    own, drawn = (
        mean / (mean[..., 2:] + FLAT / unit**2)
        for mean in (_mean(slopes, part, BENDS * unit) for part in (inner, hidden))
    )
    both = np.where(inner[..., None], own, extend(own, ~inner) + FILLED * drawn)
    angle = np.arctan2(both[..., 1], both[..., 0]) / 2 + math.pi / 2
    way = np.stack([np.sin(angle), np.cos(angle)], axis=-1).astype(np.float32)
    return way, np.hypot(both[..., 0], both[..., 1])


def _slopes(values: Map) -> tuple[Map, Map]:
    """Differences a pixel, down and right, by Scharr's filter, which leaves the direction of fine strands."""
    wide = np.pad(values, 1, mode="edge")
    across = (3 * wide[:, :-2] + 10 * wide[:, 1:-1] + 3 * wide[:, 2:]) / 16
    along = (3 * wide[:-2] + 10 * wide[1:-1] + 3 * wide[2:]) / 16
    return (across[2:] - across[:-2]) / 2, (along[:, 2:] - along[:, :-2]) / 2


def _quietened(fine: Picture, known: Mask) -> Picture:
    """The picture, no pixel farther from grey than is usual in its known part, `LOUD` times."""
    size = np.linalg.norm(fine, axis=-1)
    most = LOUD * float(np.median(size[known]))
    return fine * np.minimum(1, most / np.maximum(size, 1e-6))[..., None]


def _together(ends: Ends, hidden: Mask, unit: float) -> Float[np.ndarray, " n"]:
    """How many of the neighbours around each hidden pixel lead to places beside each other, 0 to 1."""
    place = np.full((*hidden.shape, 2), np.nan, np.float32)
    place[hidden] = np.where(ends.found[:, None], ends.place, np.nan)
    near, pairs = np.zeros(hidden.shape, np.float32), np.zeros(hidden.shape, np.float32)
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        both = hidden[one] & hidden[other]
        beside = both & (np.square(place[one] - place[other]).sum(axis=-1) < max(APART * unit, 2) ** 2)
        for end in (one, other):
            near[end] += beside
            pairs[end] += both
    spread = TOGETHER * unit
    return (smoothed(near, spread) / np.maximum(smoothed(pairs, spread), 1e-3))[hidden]


def _mean(values: Float[np.ndarray, "h w c"], part: Mask, spread: float) -> Float[np.ndarray, "h w c"]:
    """The values' Gaussian mean over a part alone; 0 far from it."""
    weight = part.astype(np.float32)
    total = smoothed(values * weight[..., None], spread)
    return total / np.maximum(smoothed(weight, spread), 1e-3)[..., None]
