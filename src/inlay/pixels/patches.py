"""Fill a hole with patches of the picture's known part, coarse to fine.

At each size of a pyramid each patch that touches the hole is given the known patch most like it, and the hole
the weighted mean of what these patches have there, in turns: Wexler, Shechtman and Irani, Space-Time
Completion of Video (2007). Patches are compared by colour and by texture, as in Newson et al., Non-Local
Patch-Based Image Inpainting (2017). Small sizes are searched exhaustively; from there matches are carried on
to the finer ones, as PatchMatch (Barnes et al. 2009) propagates them. Nothing is random.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float, Int

from inlay.pixels.continuation import extend, known_means
from inlay.pixels.filters import LUMA, smoothed
from inlay.pixels.patch_match import UNMATCHED, Level, PatchMatch

__all__ = ["PatchFill"]

Picture = Float[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class PatchFill:
    """How a hole is filled with patches.

    The pyramid ends where the hole is no deeper than `depth`. Holes of more than `working` pixels are matched
    in a reduced picture; their pixels are copied at full size all the same. `texture` is how much a level of
    mean slope counts beside a level of colour. The fill's error at the rim is smoothed by `rim` before it is
    taken off. With fewer than `fewest` known patches nothing is filled.
    """

    match: PatchMatch = field(default_factory=PatchMatch)
    depth: float = 3.0  # pixels
    working: int = 12_000  # pixels
    texture: float = 6.0
    rim: float = 2.0  # pixels: sigma
    fewest: int = 60  # patches

    def __call__(self, picture: Picture, hole: Mask, usable: Mask) -> Picture | None:
        """The picture with its hole filled from `usable` pixels; None where these are too few.

        RGB from 0 to 255. The picture is not read inside the hole.
        """
        known = np.where(hole[..., None], np.float32(0), picture.astype(np.float32, copy=False))
        factor = math.ceil(math.sqrt(np.count_nonzero(hole) / self.working))
        levels = list(self._levels(known, hole, usable & ~hole, factor))
        if not levels:
            return None
        matches = self.match.begin(levels[-1])
        for level in reversed(levels[:-1]):
            matches = self.match.refine(level, matches)
        return self._copied(known, hole, matches, factor)

    def _levels(self, known: Picture, hole: Mask, usable: Mask, factor: int) -> Iterator[Level]:
        """The pyramid, finest first, as far as it has enough known patches."""
        unseen = hole
        if factor > 1:
            known, unseen, usable = _reduced(known, hole, usable, factor)
        values = np.concatenate([known, self.texture * _slopes(known, unseen)], axis=-1)
        while True:
            level = Level.of(values, unseen, usable, self.match.side)
            if len(level.sources) < self.fewest or not unseen.any():
                return
            yield level
            if scipy.ndimage.distance_transform_edt(np.pad(unseen, 1, mode="edge")).max() <= self.depth:
                return
            values, unseen, usable = _reduced(values, unseen, usable, 2)

    def _copied(
        self, known: Picture, hole: Mask, matches: Int[np.ndarray, "th tw 2"], factor: int
    ) -> Picture:
        """The matches' pixels at full size, and what they miss at the rim continued into the hole."""
        h, w = hole.shape
        found = matches[..., 0] > UNMATCHED
        cells = np.repeat(np.repeat(found, factor, axis=0), factor, axis=1)[:h, :w]
        near = scipy.ndimage.binary_dilation(hole, iterations=max(2, factor)) & cells
        rows, columns = np.nonzero(near | hole)
        total, weights = np.zeros((len(rows), 3), np.float32), np.zeros((len(rows), 1), np.float32)
        (top, down), (left, across) = (_spline(place, factor) for place in (rows, columns))
        th, tw = found.shape
        for i in range(3):
            for j in range(3):
                y, x = top + i - 1, left + j - 1
                inside = (y >= 0) & (y < th) & (x >= 0) & (x < tw)
                y, x = y.clip(0, th - 1), x.clip(0, tw - 1)
                weight = down[i] * across[j] * (inside & found[y, x])
                step = np.where(found[y, x][:, None], factor * matches[y, x], 0)
                there = known[(rows + step[:, 0]).clip(0, h - 1), (columns + step[:, 1]).clip(0, w - 1)]
                total += weight[:, None] * there
                weights += weight[:, None]
        copy = known.copy()
        copy[rows, columns] = total / np.maximum(weights, 1e-6)
        ring = near & ~hole
        share = smoothed(ring.astype(np.float32), self.rim)[..., None]
        wrong = smoothed((known - copy) * ring[..., None], self.rim) / np.maximum(share, 1e-3)
        copy += extend(wrong, ~ring)
        return np.where(hole[..., None], copy, known)


def _spline(
    place: Int[np.ndarray, " n"], factor: int
) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, "3 n"]]:
    """The cell of each place, and the weights of the cells before, at and after it: a quadratic B-spline."""
    cell = place // factor
    t = ((place + 0.5) / factor - cell - 0.5).astype(np.float32)
    return cell, np.stack([0.5 * (0.5 - t) ** 2, 0.75 - t**2, 0.5 * (0.5 + t) ** 2])


def _slopes(known: Picture, hole: Mask) -> Float[np.ndarray, "h w 2"]:
    """How much the brightness changes from pixel to pixel, down and right; 0 in and beside the hole."""
    brightness = known @ LUMA
    slopes = np.stack([np.abs(np.gradient(brightness, axis=axis)) for axis in (0, 1)], axis=-1)
    beside = scipy.ndimage.binary_dilation(hole)
    mean = smoothed(np.where(beside[..., None], np.float32(0), slopes), 1.0)
    share = smoothed((~beside).astype(np.float32), 1.0)[..., None]
    return np.where(hole[..., None], np.float32(0), mean / np.maximum(share, 0.05))


def _reduced(
    values: Float[np.ndarray, "h w f"], hole: Mask, usable: Mask, factor: int
) -> tuple[Float[np.ndarray, "th tw f"], Bool[np.ndarray, "th tw"], Bool[np.ndarray, "th tw"]]:
    """Means of known pixels. A cell is known if most of it is, usable if all of it is."""
    means, none = known_means(values, hole, factor)
    shares = [
        known_means(part.astype(np.float32)[..., None], np.zeros_like(part), factor)[0][..., 0]
        for part in (hole, usable)
    ]
    return means, none | (shares[0] > 0.5), shares[1] > 0.999
