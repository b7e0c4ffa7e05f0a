"""Match the patches that touch a hole with known patches, at one size of a picture."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float, Int

__all__ = ["UNMATCHED", "Level", "PatchMatch"]

UNMATCHED = -(2**30)
"""Stands in a step for no match."""

BESIDE = ((1, 0), (-1, 0), (0, 1), (0, -1))
AROUND = (*BESIDE, (1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass
class Level:
    """One size of the picture, padded by half a patch: features, and what is known of them.

    `values` change inside the hole. Places are numbers of the padded picture's pixels. `asking` are those
    whose patch touches the hole, `sources` those whose whole patch may be copied.
    """

    values: Float[np.ndarray, "h w f"]
    hole: Bool[np.ndarray, "h w"]
    trust: Float[np.ndarray, "h w"]
    asking: Int[np.ndarray, " n"]
    sources: Int[np.ndarray, " k"]
    reach: int
    is_source: Bool[np.ndarray, " m"] = field(repr=False)

    @staticmethod
    def of(
        values: Float[np.ndarray, "h w f"],
        hole: Bool[np.ndarray, "h w"],
        usable: Bool[np.ndarray, "h w"],
        side: int,
    ) -> "Level":
        """Pad a picture and find its patches."""
        reach = side // 2
        edges = ((reach, reach), (reach, reach))
        wide = np.pad(values, (*edges, (0, 0))).astype(np.float32)
        unknown, inside = np.pad(hole, edges), np.pad(np.ones_like(hole), edges)
        depth = scipy.ndimage.distance_transform_edt(unknown)
        trust = np.where(inside, FADING**-depth, 0).astype(np.float32)
        asks = scipy.ndimage.maximum_filter(unknown, side, mode="constant") & inside
        whole = scipy.ndimage.minimum_filter(np.pad(usable, edges), side, mode="constant") & inside
        return Level(wide, unknown, trust, np.flatnonzero(asks), np.flatnonzero(whole), reach, whole.ravel())

    @property
    def width(self) -> int:
        """The padded picture's."""
        return self.hole.shape[1]

    @cached_property
    def patch(self) -> Int[np.ndarray, " s"]:
        """The steps from a place to the pixels of its patch."""
        along = np.arange(-self.reach, self.reach + 1)
        return (along[:, None] * self.width + along).ravel()

    @cached_property
    def flat(self) -> Float[np.ndarray, "m f"]:
        """A view of the values, one row a place."""
        return self.values.reshape(-1, self.values.shape[2])

    def patches(self, places: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n s f"]:
        """The patches around some places."""
        return self.flat[places[:, None] + self.patch]

    def trusts(self, places: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n s"]:
        """How far each pixel of the patches around some places counts: 1 where known, less in the hole."""
        return self.trust.ravel()[places[:, None] + self.patch]

    def steps(self, matches: Int[np.ndarray, " n"]) -> Int[np.ndarray, "h w 2"]:
        """The matches of the asking places as steps down and right, for the picture without padding."""
        r, shape = self.reach, self.hole.shape
        result = np.full((*shape, 2), UNMATCHED)
        there, here = np.divmod(matches, self.width), np.divmod(self.asking, self.width)
        result[here] = np.stack([a - b for a, b in zip(there, here, strict=True)], axis=-1)
        return result[r : shape[0] - r, r : shape[1] - r]


FADING = 1.3
"""By how much a hole's pixel counts less than its neighbour further out."""

LEAST = np.float32(1e-3)
"""The least vote of a patch beside the best one's."""


@dataclass(frozen=True)
class PatchMatch:
    """How patches are matched.

    `compared` bounds the work of an exhaustive search; above it matches are carried on and only improved.
    """

    side: int = 7  # pixels of a patch, odd
    compared: float = 1e9  # products
    rounds: int = 5  # at the smallest size
    more_rounds: int = 2  # at the others
    sharp: float = 0.75  # quantile of the distances that is the votes' spread

    def begin(self, level: Level) -> Int[np.ndarray, "h w 2"]:
        """Fill the smallest size from its rim inwards, and match it."""
        rest = level.hole.copy()
        while rest.any():
            layer = rest & scipy.ndimage.binary_dilation(~rest)
            places = np.flatnonzero(layer)
            trust = level.trusts(places) * ~rest.ravel()[places[:, None] + level.patch]
            level.flat[places] = level.flat[
                self._nearest(level, places, trust, self._every(level, int(level.hole.sum())))
            ]
            rest &= ~layer
        matches = None
        for _ in range(self.rounds):
            matches = self._search(level, matches)
            self._vote(level, matches)
        assert matches is not None
        return level.steps(matches)

    def refine(self, level: Level, steps: Int[np.ndarray, "th tw 2"]) -> Int[np.ndarray, "h w 2"]:
        """Carry the matches of the size below on to a level, fill it and improve them."""
        r = level.reach
        row, column = np.divmod(level.asking, level.width)
        low = ((row - r) // 2).clip(0, steps.shape[0] - 1), ((column - r) // 2).clip(0, steps.shape[1] - 1)
        found = steps[low]
        new = found[:, 0] == UNMATCHED
        found[new] = 0
        h, w = level.hole.shape
        there = (row + 2 * found[:, 0]).clip(r, h - r - 1), (column + 2 * found[:, 1]).clip(r, w - r - 1)
        matches = there[0] * level.width + there[1]
        # What was too thin to be a hole of the size below, and what came to lie on no source.
        new |= ~level.is_source[matches]
        places = level.asking[new]
        if len(places):
            trust = level.trusts(places) * ~level.hole.ravel()[places[:, None] + level.patch]
            matches[new] = self._nearest(level, places, trust, self._every(level, len(places)))
        self._vote(level, matches, blind=True)
        for _ in range(self.more_rounds):
            matches = self._search(level, matches)
            self._vote(level, matches)
        return level.steps(matches)

    def _search(self, level: Level, matches: Int[np.ndarray, " n"] | None) -> Int[np.ndarray, " n"]:
        places = level.asking
        every = self._every(level, len(places))
        if matches is None or every == 1:
            matches = self._nearest(level, places, level.trusts(places), every)
        return matches if every == 1 else self._improved(level, matches)

    def _every(self, level: Level, count: int) -> int:
        """Every how manieth source is compared with so many patches."""
        work = count * len(level.sources) * len(level.patch) * level.flat.shape[1]
        return max(1, math.ceil(work / self.compared))

    def _nearest(
        self, level: Level, places: Int[np.ndarray, " n"], trust: Float[np.ndarray, "n s"], every: int
    ) -> Int[np.ndarray, " n"]:
        """The best for each place of every so manieth source."""
        sources = level.sources[::every]
        theirs = level.patches(sources)
        k, s, f = theirs.shape
        squares = np.square(theirs).sum(axis=2)
        theirs, result = theirs.reshape(k, s * f), np.empty(len(places), dtype=np.int64)
        chunk = max(1, 4_000_000 // k)
        for start in range(0, len(places), chunk):
            part = slice(start, start + chunk)
            ours = (level.patches(places[part]) * trust[part, :, None]).reshape(-1, s * f)
            cost = trust[part] @ squares.T - 2 * (ours @ theirs.T)
            result[part] = sources[cost.argmin(axis=1)]
        return result

    def _improved(self, level: Level, matches: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """The best of the present matches, places beside them, and what neighbours' matches suggest."""
        places = level.asking
        ours, trust = level.patches(places), level.trusts(places)
        best, matches = self._cost(level, ours, trust, matches), matches.copy()
        number = np.full(level.hole.size, -1)
        number[places] = np.arange(len(places))
        for is_jump, (down, right) in [(True, step) for step in AROUND] + [(False, step) for step in BESIDE]:
            step = down * level.width + right
            if is_jump:
                tried = matches + step
            else:
                neighbor = number[places + step]
                tried = np.where(neighbor >= 0, matches[neighbor] - step, -1)
            fits = (tried >= 0) & (tried < level.hole.size)
            fits &= level.is_source[np.where(fits, tried, 0)] & (tried != matches)
            which = np.flatnonzero(fits)
            cost = self._cost(level, ours[which], trust[which], tried[which])
            better = cost < best[which]
            matches[which[better]], best[which[better]] = tried[which[better]], cost[better]
        return matches

    def _cost(
        self,
        level: Level,
        ours: Float[np.ndarray, "n s f"],
        trust: Float[np.ndarray, "n s"],
        matches: Int[np.ndarray, " n"],
    ) -> Float[np.ndarray, " n"]:
        difference = level.patches(matches) - ours
        return np.einsum("nsf,nsf,ns->n", difference, difference, trust)

    def _vote(self, level: Level, matches: Int[np.ndarray, " n"], *, blind: bool = False) -> None:
        """Fill the hole with the weighted mean of what the matches of the patches over it have there."""
        weight = np.ones(len(matches), np.float32)
        if not blind:
            trust = level.trusts(level.asking)
            cost = self._cost(level, level.patches(level.asking), trust, matches) / trust.sum(axis=1)
            weight = np.exp(-cost / (2 * max(float(np.quantile(cost, self.sharp)), 1.0))).clip(LEAST)
        source, share = np.full(level.hole.size, -1), np.zeros(level.hole.size, np.float32)
        source[level.asking], share[level.asking] = matches, weight
        places = np.flatnonzero(level.hole)
        total = np.zeros((len(places), level.flat.shape[1]), np.float32)
        weights = np.zeros((len(places), 1), np.float32)
        for step in level.patch:
            one = share[places + step][:, None]
            total += one * level.flat[source[places + step] - step]
            weights += one
        level.flat[places] = total / np.maximum(weights, 1e-6)
