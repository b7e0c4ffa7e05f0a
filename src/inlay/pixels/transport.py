"""Carry fine detail into a hole along the picture's own lines.

From a hole pixel the direction in which the picture changes least is followed both ways until it leaves the
hole, and as far again among known pixels. The detail found there, which is the picture less its local mean,
replaces the hole's: the picture is reflected at the rim, along curves. Directions are those of the structure
tensor (Bigun and Granlund, Optimal Orientation Detection of Linear Symmetry, 1987). Bornemann and Maerz (Fast
Image Inpainting Based on Coherence Transport, 2007) transport the rim alone; here a strip of the picture is.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from inlay.pixels.filters import LUMA, enlarged, reduced, smoothed
from inlay.pixels.streamlines import Ends, follow, sample

__all__ = ["LineTransport"]

Picture = Float[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Map = Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class LineTransport:
    """What is carried along lines, and how far. Lengths are in pixels of the reduced picture.

    `band` separates detail from the mean. Directions are shared within `bends`; they come from slopes after
    smoothing by `slopes`, taken `rim` away from the hole, and below a slope of `flat` there are none. The
    fill's own direction counts `filled` beside that of the known pixels. A line is given up after `longest`.

    What is carried shows from a clearness of direction of `unsure` on, and wholly from `sure` on. Lines of
    neighbours that end farther than `apart` from each other do not count, as a mean over `together`. The
    share is smoothed by `soft`. Detail becomes `faintest` to `strongest` times as strong where the picture is
    darker or lighter than where it comes from; `dark` is added to both colours.
    """

    band: float = 2.0  # sigma of a Gaussian
    bends: float = 2.0  # sigma
    slopes: float = 0.5  # sigma
    rim: float = 1.0  # sigma
    flat: float = 20.0  # squared levels a pixel
    filled: float = 0.5
    longest: float = 40.0
    unsure: float = 0.1  # clearness, 0 to 1
    sure: float = 0.35  # clearness, 0 to 1
    apart: float = 6.0
    together: float = 2.0  # sigma
    soft: float = 1.2  # sigma
    faintest: float = 0.5
    strongest: float = 2.0
    dark: float = 8.0  # levels

    def __call__(self, picture: Picture, hole: Mask, asked: Mask, factor: float = 1.0) -> Picture:
        """What to add to the `asked` hole pixels of a filled picture, RGB from 0 to 255; 0 elsewhere.

        It is computed in the picture reduced by `factor`, 1 or more.
        """
        if factor <= 1:
            return self._detail(picture, hole, asked)
        small = np.stack([reduced(picture[..., c], factor) for c in range(3)], axis=-1)
        inside, drawn = (reduced(part.astype(np.float32), factor) > 0 for part in (hole, asked))
        change = self._detail(small, inside, drawn & inside)
        whole = np.stack([enlarged(change[..., c], factor, hole.shape) for c in range(3)], axis=-1)
        return np.where(asked[..., None], whole, np.float32(0))

    def _detail(self, picture: Picture, hole: Mask, asked: Mask) -> Picture:
        if not asked.any() or hole.all():
            return np.zeros_like(picture)
        way, clear = self._directions(picture @ LUMA, hole)
        coarse = smoothed(picture, self.band)
        fine, color = picture - coarse, coarse.clip(0) + self.dark
        values = np.concatenate([fine, color], axis=-1)
        start, along, steps = np.argwhere(asked), way[asked], round(self.longest)
        total, power, trust = (
            np.zeros((len(start), 3), np.float32),
            np.zeros(len(start)),
            np.zeros(len(start)),
        )
        for side in (1, -1):
            ends = follow(start, side * along, way, hole, steps)
            there = sample(values, ends.place)
            gain = self._gain(color[asked], there[:, 3:6])
            good = np.where(ends.found, self._together(ends, asked), 0)
            # Of two ends the nearer counts more; both together are as strong as either.
            weight = good / np.maximum(ends.steps, 1)
            total += weight[:, None] * gain * there[:, :3]
            power += weight**2
            trust = np.maximum(trust, good)
        laid = np.where(hole[..., None], np.float32(0), fine)
        laid[asked] = total / np.maximum(np.sqrt(power), 1e-9)[:, None]
        # Neighbours along a line were found one by one.
        laid[asked] = sum(sample(laid, start + step * along) for step in (-1, 0, 1)) / 3
        share = np.zeros(hole.shape, np.float32)
        share[asked] = trust * ((clear[asked] - self.unsure) / (self.sure - self.unsure)).clip(0, 1)
        share = _mean(share[..., None], asked, self.soft)[..., 0] * asked
        return share[..., None] * (laid - fine)

    def _directions(self, brightness: Map, hole: Mask) -> tuple[Float[np.ndarray, "h w 2"], Map]:
        """Vectors of length 1 (down, right) along the lines, either way, and how clear they are.

        Hole pixels have the directions of known pixels near them, and the fill's.
        """
        down, right = _slopes(smoothed(brightness, self.slopes))
        tensor = np.stack([right**2 - down**2, 2 * right * down, right**2 + down**2], axis=-1)
        known = smoothed(hole.astype(np.float32), self.rim) < 0.01
        own, drawn = (
            mean / (mean[..., 2:] + self.flat)
            for mean in (_mean(tensor, part, self.bends) for part in (known, hole))
        )
        both = own + np.where(hole[..., None], self.filled * drawn, np.float32(0))
        angle = np.arctan2(both[..., 1], both[..., 0]) / 2 + math.pi / 2
        way = np.stack([np.sin(angle), np.cos(angle)], axis=-1).astype(np.float32)
        return way, np.hypot(both[..., 0], both[..., 1])

    def _gain(
        self, here: Float[np.ndarray, "n 3"], there: Float[np.ndarray, "n 3"]
    ) -> Float[np.ndarray, "n 3"]:
        """How much fainter or stronger each channel gets; the limits scale all three, so that hues stay."""
        ratio = here / there
        mean = ratio.mean(axis=-1, keepdims=True)
        return ratio * (mean.clip(self.faintest, self.strongest) / mean)

    def _together(self, ends: Ends, asked: Mask) -> Float[np.ndarray, " n"]:
        """The share, 0 to 1, of the neighbours around each pixel whose lines end beside each other."""
        place = np.full((*asked.shape, 2), np.nan, np.float32)
        place[asked] = np.where(ends.found[:, None], ends.place, np.nan)
        near, pairs = np.zeros(asked.shape, np.float32), np.zeros(asked.shape, np.float32)
        for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
            both = asked[one] & asked[other]
            distance = np.square(place[one] - place[other]).sum(axis=-1)
            beside = both & (distance < max(self.apart, 2) ** 2)
            for end in (one, other):
                near[end] += beside
                pairs[end] += both
        shares = smoothed(near, self.together) / np.maximum(smoothed(pairs, self.together), 1e-3)
        return shares[asked]


def _slopes(values: Map) -> tuple[Map, Map]:
    """Differences a pixel, down and right, by Scharr's filter, which keeps the direction of fine lines."""
    wide = np.pad(values, 1, mode="edge")
    across = (3 * wide[:, :-2] + 10 * wide[:, 1:-1] + 3 * wide[:, 2:]) / 16
    along = (3 * wide[:-2] + 10 * wide[1:-1] + 3 * wide[2:]) / 16
    return (across[2:] - across[:-2]) / 2, (along[:, 2:] - along[:, :-2]) / 2


def _mean(values: Float[np.ndarray, "h w c"], part: Mask, spread: float) -> Float[np.ndarray, "h w c"]:
    """The values' Gaussian mean over a part alone; 0 far from it."""
    weight = part.astype(np.float32)
    total = smoothed(values * weight[..., None], spread)
    return total / np.maximum(smoothed(weight, spread), 1e-3)[..., None]
