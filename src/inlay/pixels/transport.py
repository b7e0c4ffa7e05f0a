"""What is fine is carried into a hole along the picture's own directions. Without PyTorch.

From a hidden pixel the line along which the picture changes least is followed both ways until it comes out of
the hole, and as far again among known pixels. What is found there, less its mean around, replaces what the
fill has: the picture is reflected at the rim, along curves. Directions are those of the structure tensor
(Bigun and Granlund, Optimal Orientation Detection of Linear Symmetry, 1987), continued into the hole. That is
the coherence transport of Bornemann and Maerz (Fast Image Inpainting Based on Coherence Transport, 2007), of
a strip of the picture in place of its rim.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from inlay.pixels.continuation import extend
from inlay.pixels.filters import LUMA, enlarged, reduced, smoothed
from inlay.pixels.streamlines import Ends, followed, sampled

__all__ = ["Scales", "transported"]

Picture = Float[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Map = Float[np.ndarray, "h w"]

FLAT = 20.0
"""Slopes, in squared levels a unit, below which a picture has no direction."""

FILLED = 0.5
"""How much the fill's own direction counts beside the one continued from known pixels."""

UNSURE, SURE = 0.1, 0.35
"""How clear a direction (0 to 1) must be for what is carried to begin to show, and to show wholly."""

SLOPES, RIM, SOFT = 0.5, 1.0, 1.2
"""Gaussians, in units: slopes are taken after the first; the second keeps the region's border out of
directions; within the third what is carried fades towards it."""

APART, TOGETHER = 6.0, 2.0
"""Units beyond which neighbours' lines do not lead to neighbours, and the Gaussian in which that counts."""

LEAST, MOST, DARK = 0.5, 2.0, 8.0
"""How much fainter or stronger it gets at most, where the picture is darker or lighter than where it is from;
the last one is added to either colour."""


@dataclass(frozen=True)
class Scales:
    """What is carried, and how far. Lengths are in units of so many pixels.

    Of more than `finest` pixels a unit the picture is reduced to so many, and what it has beyond is left.
    Finer than a Gaussian of `band` is what is carried; directions are what slopes share within one of
    `bends`; a line is given up after `longest`. What is more than `loud` times the median contrast of known
    pixels comes over as no more than that. `far` continues directions into all of the hole; else there are
    some only where known pixels are near.
    """

    unit: float
    finest: float
    band: float
    bends: float
    longest: float
    loud: float = math.inf
    far: bool = True


def transported(picture: Picture, hole: Mask, region: Mask, asked: Mask, scales: Scales) -> Picture:
    """What to add to the `asked` pixels of a filled picture, RGB from 0 to 255; 0 elsewhere.

    They are hidden and of the `region`, within which alone lines are followed and from which all is taken.
    """
    factor = scales.unit / scales.finest
    if factor <= 1:
        return _transported(picture, hole, region, asked, scales)
    small = np.stack([reduced(picture[..., c], factor) for c in range(3)], axis=-1)
    shares = [reduced(part.astype(np.float32), factor) for part in (hole, region, asked)]
    gone, within, drawn = shares[0] > 0, shares[1] > 0.5, shares[2] > 0
    change = _transported(small, gone, within, drawn & gone & within, replace(scales, unit=scales.finest))
    whole = np.stack([enlarged(change[..., c], factor, hole.shape) for c in range(3)], axis=-1)
    return np.where(asked[..., None], whole, np.float32(0))


def _transported(picture: Picture, hole: Mask, region: Mask, asked: Mask, scales: Scales) -> Picture:
    hidden, known = region & hole, region & ~hole
    if not (asked.any() and known.any()):
        return np.zeros_like(picture)
    unit = scales.unit
    way, clear = _directions(picture @ LUMA, hidden, known, scales)
    coarse = _mean(picture, region, scales.band * unit)
    fine, color = picture - coarse, coarse.clip(0) + DARK
    within = (2 * smoothed(region.astype(np.float32), SOFT * unit) - 1).clip(0, 1)
    values = np.concatenate([_quietened(fine, known, scales.loud), color, within[..., None]], axis=-1)
    start, along, steps = np.argwhere(asked), way[asked], round(scales.longest)
    total, power, trust = np.zeros((len(start), 3), np.float32), np.zeros(len(start)), np.zeros(len(start))
    for side in (1, -1):
        ends = followed(start, side * unit * along, unit * way, hidden, known, steps)
        there = sampled(values, ends.place)
        gain = _gain(color[asked], there[:, 3:6])
        good = np.where(ends.found, there[:, 6] * _together(ends, asked, unit), 0)
        # Of two ends the nearer counts more; both together are as strong as either.
        weight = good / np.maximum(ends.steps, 1)
        total += weight[:, None] * gain * there[:, :3]
        power += weight**2
        trust = np.maximum(trust, good)
    laid = np.where(known[..., None], fine, np.float32(0))
    laid[asked] = total / np.maximum(np.sqrt(power), 1e-9)[:, None]
    # Neighbours along a line were found one by one.
    laid[asked] = sum(sampled(laid, start + step * along) for step in (-1, 0, 1)) / 3
    share = np.zeros(hole.shape, np.float32)
    share[asked] = trust * ((clear[asked] - UNSURE) / (SURE - UNSURE)).clip(0, 1)
    share = _mean(share[..., None], asked, SOFT * unit)[..., 0] * asked * within
    return share[..., None] * (laid - fine)


def _directions(
    brightness: Map, hidden: Mask, known: Mask, scales: Scales
) -> tuple[Float[np.ndarray, "h w 2"], Map]:
    """Vectors of length 1 (down, right) along the lines, either way, and how clear they are.

    Known pixels' own; hidden ones have those of known ones, continued smoothly, and the fill's.
    """
    unit = scales.unit
    down, right = _slopes(smoothed(brightness, SLOPES * unit))
    slopes = np.stack([right**2 - down**2, 2 * right * down, right**2 + down**2], axis=-1)
    inner = smoothed((~known).astype(np.float32), RIM * unit) < 0.01
    own, drawn = (
        mean / (mean[..., 2:] + FLAT / unit**2)
        for mean in (_mean(slopes, part, scales.bends * unit) for part in (inner, hidden))
    )
    if scales.far:
        own = np.where(inner[..., None], own, extend(own, ~inner))
    both = own + np.where(hidden[..., None], FILLED * drawn, np.float32(0))
    angle = np.arctan2(both[..., 1], both[..., 0]) / 2 + math.pi / 2
    way = np.stack([np.sin(angle), np.cos(angle)], axis=-1).astype(np.float32)
    return way, np.hypot(both[..., 0], both[..., 1])


def _slopes(values: Map) -> tuple[Map, Map]:
    """Differences a pixel, down and right, by Scharr's filter, which leaves the direction of fine lines."""
    wide = np.pad(values, 1, mode="edge")
    across = (3 * wide[:, :-2] + 10 * wide[:, 1:-1] + 3 * wide[:, 2:]) / 16
    along = (3 * wide[:-2] + 10 * wide[1:-1] + 3 * wide[2:]) / 16
    return (across[2:] - across[:-2]) / 2, (along[:, 2:] - along[:, :-2]) / 2


def _gain(here: Float[np.ndarray, "n 3"], there: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """How much fainter or stronger each channel gets, limited for all of them alike: hues stay."""
    ratio = here / there
    mean = ratio.mean(axis=-1, keepdims=True)
    return ratio * (mean.clip(LEAST, MOST) / mean)


def _quietened(fine: Picture, known: Mask, loud: float) -> Picture:
    """The picture, no pixel farther from grey than is usual in its known part, `loud` times."""
    size = np.linalg.norm(fine, axis=-1)
    if math.isinf(loud):
        return fine
    most = loud * float(np.median(size[known]))
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
