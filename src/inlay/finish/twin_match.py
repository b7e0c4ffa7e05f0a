"""Find where the reflection of a visible part agrees best with the fill of its hidden twin."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from inlay.finish.twin_parts import Point
from inlay.finish.twin_place import TwinPlace, box_around
from inlay.pixels.filters import LUMA, reduced, smoothed

__all__ = ["Match", "TwinMatch", "bilinear"]


@dataclass(frozen=True)
class Match:
    """The best place, and its correlation with all pixels and with known pixels alone, -1 to 1."""

    place: TwinPlace
    likeness: float
    outside: float


@dataclass(frozen=True)
class TwinMatch:
    """How a twin is compared with the fill. Lengths are in units (`Hidden.unit`): an eye's size.

    Luma between the Gaussians `fine` (below is grain) and `coarse` (above is light) is compared within
    `window` of the part. Pixels weigh less away from the middle, by Gaussians of `wide` across the face and
    `high` along its axis; known pixels weigh `known` times as much as filled ones. Likely offsets are up to
    `reach`, likely changes of size up to `stretch`, across the axis (perspective) and along it; a move as
    large as that must gain `doubt` of correlation.
    """

    window: float = 2.15
    fine: float = 0.14  # sigma
    coarse: float = 0.95  # sigma
    wide: float = 1.9
    high: float = 1.65
    known: float = 2.0
    reach: float = 0.48
    stretch: tuple[float, float] = (0.15, 0.1)  # share of the size
    doubt: float = 0.3  # correlation
    side: float = 12.0  # pixels to a unit; a picture that has more is reduced for the comparison

    def find(
        self, picture: Float[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], place: TwinPlace
    ) -> Match:
        """Move and stretch the twin until it agrees best with the fill and the known pixels around it."""
        factor = max(1.0, place.side / self.side)
        both = box_around([place.hidden, place.seen], 2 * self.window * place.side, hole.shape)
        luma = reduced((picture[both] @ LUMA).astype(np.float32), factor)
        known = reduced((~hole[both]).astype(np.float32), factor)
        compared = _Comparison(self, luma, known, place.within(both, factor))
        shift, stretch = compared.best()
        whole, outside = (compared.likeness(shift, stretch, w) for w in (compared.weight, compared.outside))
        return Match(replace(place, shift=shift * factor, stretch=stretch), whole, outside)


class _Comparison:
    """A hidden part and its twin's reflection, moved and stretched, between the two Gaussians."""

    def __init__(
        self,
        match: TwinMatch,
        luma: Float[np.ndarray, "h w"],
        known: Float[np.ndarray, "h w"],
        place: TwinPlace,
    ) -> None:
        self.match, self.place = match, place
        self.band = smoothed(luma, match.fine * place.side) - smoothed(luma, match.coarse * place.side)
        box = box_around([place.hidden], match.window * place.side, luma.shape)
        y, x = np.mgrid[box]
        self.points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        off, n = self.points[:2] - place.hidden[:, None], place.across
        wide = (n @ off) / (match.wide * place.side)
        high = (n[0] * off[1] - n[1] * off[0]) / (match.high * place.side)
        near, outside = np.exp(-(wide**2) - high**2), known[box].ravel() > 0.99
        self.weight, self.outside = near * (1 + (match.known - 1) * outside), near * outside
        self.there = self.band[box].ravel()

    def best(self) -> tuple[Point, Point]:
        """Shift and stretch: the best of a coarse grid, then of ever smaller steps around it."""
        reach = self.match.reach * self.place.side
        steps = np.linspace(-reach, reach, 7)
        grid = np.array([(x, y, wide, 1.0) for wide in (0.85, 1.0, 1.15) for x in steps for y in steps])
        found, score = self._best_of(grid)
        step = np.array([reach / 6, reach / 6, 0.075, 0.075])
        sides = np.concatenate([np.eye(4), -np.eye(4)])
        for _ in range(4):
            for _ in range(12):
                near, better = self._best_of(found + sides * step)
                if better <= score + 1e-4:
                    break
                found, score = near, better
            step = step / 2
        return found[:2], found[2:]

    def likeness(self, shift: Point, stretch: Point, weight: Float[np.ndarray, " n"]) -> float:
        """The weighted correlation of both; 0 where nothing has weight."""
        x, y = replace(self.place, shift=shift, stretch=stretch).matrix() @ self.points
        weight = weight / max(weight.sum(), 1e-6)
        here, there = (band - weight @ band for band in (bilinear(self.band, x, y).astype(float), self.there))
        return float(
            weight @ (here * there) / math.sqrt(max((weight @ here**2) * (weight @ there**2), 1e-12))
        )

    def _best_of(self, tried: Float[np.ndarray, "n 4"]) -> tuple[Float[np.ndarray, " 4"], float]:
        likeness = np.array([self.likeness(one[:2], one[2:], self.weight) for one in tried])
        scores = likeness - self._doubt(tried)
        return tried[scores.argmax()], float(scores.max())

    def _doubt(self, tried: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, " n"]:
        reach, stretch = self.match.reach * self.place.side, np.array(self.match.stretch)
        moves = tried[:, :2] / reach, (tried[:, 2:] - 1) / stretch
        return self.match.doubt * sum(np.square(one).sum(axis=1) for one in moves)


def bilinear(
    picture: Float[np.ndarray, "h w"], x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """The picture between its pixels; beyond its border it goes on as there."""
    h, w = picture.shape
    x, y = x.clip(0, w - 1), y.clip(0, h - 1)
    left, top = np.minimum(x.astype(int), max(w - 2, 0)), np.minimum(y.astype(int), max(h - 2, 0))
    right, bottom, p, q = np.minimum(left + 1, w - 1), np.minimum(top + 1, h - 1), x - left, y - top
    above = picture[top, left] * (1 - p) + picture[top, right] * p
    return above * (1 - q) + (picture[bottom, left] * (1 - p) + picture[bottom, right] * p) * q
