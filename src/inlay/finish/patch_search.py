"""Search a known token for each token of the hole, so that neighbours come from neighbours.

The randomised search of Barnes et al., PatchMatch (2009), here within each class of the layout.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["PatchSearch"]


@dataclass(frozen=True)
class PatchSearch:
    """The search's settings.

    A class with fewer than `fewest` usable tokens is left out: the same ones would repeat visibly. Each token
    starts with the best of `starts` random ones, which `sweeps` rounds improve.
    """

    fewest: int = 12  # tokens
    starts: int = 20  # tokens
    sweeps: int = 6
    seed: int = 0

    def find(
        self,
        features: Float[np.ndarray, "th tw f"],
        classes: Int[np.ndarray, "th tw"],
        asks: Bool[np.ndarray, "th tw"],
        usable: Bool[np.ndarray, "th tw"],
    ) -> tuple[Int[np.ndarray, " r"], Int[np.ndarray, " r"]]:
        """The asking tokens whose class has enough usable ones, and the usable token for each.

        The cost of a token is the squared distance of the features, plus 1 for each of the four neighbours
        whose own source is not the source's neighbour. The same input gives the same result.
        """
        search = _Search(self, features.reshape(-1, features.shape[2]), classes, usable)
        tokens = np.flatnonzero(asks & np.isin(classes, search.enough))
        search.begin(tokens)
        rows, columns = np.divmod(tokens, classes.shape[1])
        # No token's neighbours change in the same step as the token.
        fields = [tokens[(rows + columns) % 2 == field] for field in (0, 1)]
        for _ in range(self.sweeps):
            for field in fields:
                if len(field):
                    search.improve(field)
        return tokens, search.source[tokens]


@dataclass
class _Search:
    """`source` is the usable token that each asking one has found so far; -1 where a token does not ask."""

    settings: PatchSearch
    features: Float[np.ndarray, "n f"]
    classes: Int[np.ndarray, "th tw"]
    usable: Bool[np.ndarray, "th tw"]

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.settings.seed)
        self.of = self.classes.ravel()
        self.source = np.full(self.of.size, -1)
        counts = np.bincount(self.classes[self.usable], minlength=1)
        self.enough = np.flatnonzero(counts >= self.settings.fewest)
        self.pools = {c: np.flatnonzero(self.usable.ravel() & (self.of == c)) for c in self.enough.tolist()}

    def begin(self, tokens: Int[np.ndarray, " r"]) -> None:
        """Take the best of some random ones."""
        if not len(tokens):
            return
        some = np.stack([self._any(tokens) for _ in range(self.settings.starts)])
        far = np.stack([self._far(tokens, one) for one in some])
        self.source[tokens] = some[far.argmin(axis=0), np.arange(len(tokens))]

    def improve(self, tokens: Int[np.ndarray, " r"]) -> None:
        """Try the continuations of the neighbours' sources, places near the present one, and any place."""
        h, w = self.classes.shape
        present = self.source[tokens]
        tried = [present, self._any(tokens)]
        for beside, step in self._beside(tokens):
            tried.append(self._moved(self.source[beside], (-step[0], -step[1])))
        for reach in (max(h, w), max(h, w) // 4, max(h, w) // 12, 3):
            down, right = self.random.integers(-reach, reach + 1, (2, len(tokens)))
            tried.append(self._moved(present, (down, right)))
        stacked = np.stack(tried)
        fits = (stacked >= 0) & self.usable.ravel()[stacked] & (self.of[stacked] == self.of[tokens])
        stacked = np.where(fits, stacked, present)
        cost = np.stack([self._far(tokens, one) + self._seams(tokens, one) for one in stacked])
        self.source[tokens] = stacked[cost.argmin(axis=0), np.arange(len(tokens))]

    def _any(self, tokens: Int[np.ndarray, " r"]) -> Int[np.ndarray, " r"]:
        """A random usable token of each one's class."""
        chosen, share = np.empty(len(tokens), dtype=int), self.random.random(len(tokens))
        for c, pool in self.pools.items():
            alike = self.of[tokens] == c
            chosen[alike] = pool[(share[alike] * len(pool)).astype(int)]
        return chosen

    def _far(self, tokens: Int[np.ndarray, " r"], sources: Int[np.ndarray, " r"]) -> Float[np.ndarray, " r"]:
        return np.square(self.features[tokens] - self.features[sources]).sum(axis=1)

    def _seams(self, tokens: Int[np.ndarray, " r"], sources: Int[np.ndarray, " r"]) -> Int[np.ndarray, " r"]:
        """How many of the four neighbours' sources are not the source's neighbours."""
        seams = np.zeros(len(tokens), dtype=int)
        for beside, step in self._beside(tokens):
            theirs = np.where(beside >= 0, self.source[beside], -1)
            seams += (theirs >= 0) & (theirs != self._moved(sources, step))
        return seams

    def _beside(self, tokens: Int[np.ndarray, " r"]) -> list[tuple[Int[np.ndarray, " r"], tuple[int, int]]]:
        """The tokens below, above, to the right and left, -1 beyond the border, and the steps there."""
        return [(self._moved(tokens, step), step) for step in ((1, 0), (-1, 0), (0, 1), (0, -1))]

    def _moved(
        self, tokens: Int[np.ndarray, " r"], step: tuple[int | np.ndarray, int | np.ndarray]
    ) -> Int[np.ndarray, " r"]:
        """The tokens so many rows and columns away; -1 beyond the border, and for -1."""
        h, w = self.classes.shape
        row, column = tokens // w + step[0], tokens % w + step[1]
        inside = (tokens >= 0) & (row >= 0) & (row < h) & (column >= 0) & (column < w)
        return np.where(inside, row * w + column, -1)
