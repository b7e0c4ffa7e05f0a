"""Detail for a fill that was computed at the model's size: patches of the known photo that match. No PyTorch.

What the known pixels have beyond their reduced picture is copied into the hole. For each token of the canvas
a known one of the same class is looked for that is alike in colour and in the direction of its strands, and
whose neighbours are the neighbours of the one beside it, so that whole pieces of texture are copied as they
are. After Hertzmann et al., Image Analogies (2001): the fill is to its detail as the reduced photo is to the
photo; the search is that of Barnes et al., PatchMatch (2009).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from inlay.finish.patch_grid import PatchGrid
from inlay.finish.scene import Fill, Scene
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.pixels.filters import LUMA, smoothed

__all__ = ["Detail", "carry_matched", "matches"]

TOKEN = 4
"""Pixels of the canvas that a token is wide."""

COLOR, DIRECTION = 12.0, 0.2
"""How many grey levels of colour, and how much of the direction of strands (0 to 1), count like a seam."""

SMOOTH, SLOPES, STRANDS = 6.0, 1.8, 6.0
"""Colours are compared after this Gaussian, in pixels of the canvas; slopes are taken after the second one,
and strands are what slopes have in common within the third."""

FLAT = 20.0
"""Slopes, in squared levels a pixel, below which there is no direction."""

FEWEST = 12
"""Known tokens that a class must have; of fewer one would see the same again and again."""

LOUD, GRAIN = 1.7, 0.2
"""How many times the usual detail of its class, and how many levels more, a token may have (root of the mean
square): no ornaments."""

SWEEPS, STARTS = 6, 20
"""Rounds of the search, and random tokens of which each begins with the best."""


@dataclass(frozen=True)
class Detail:
    """Copy detail beyond the painter's size into the hole, from known patches that match."""

    name = "detail"

    def wants(self, scene: Scene) -> bool:
        """Only where the canvas was enlarged."""
        return scene.portrait is not None and scene.resampled

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """The fill with the detail added."""
        assert scene.portrait is not None
        painted = scene.portrait.painted
        residual = scene.photo - fill
        return fill + carry_matched(
            residual, scene.hole, scene.portrait.frame, painted.picture, painted.hole, painted.layout
        )


def carry_matched(
    residual: Float[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    frame: CanvasFrame,
    canvas: Float[np.ndarray, "th tw 3"],
    drawn: Bool[np.ndarray, "th tw"],
    label: UInt8[np.ndarray, "th tw"],
) -> Float[np.ndarray, "h w 3"]:
    """What to add to the enlarged fill inside the hole; 0 elsewhere, and where little of a class is known.

    `residual` is what the photo has beyond its reduced and enlarged picture; it is not read inside the hole.
    `canvas` is the filled picture at the model's size, 0 to 255, `drawn` and `label` its hole and its layout;
    its sides are multiples of `TOKEN`.
    """
    classes = label[TOKEN // 2 :: TOKEN, TOKEN // 2 :: TOKEN].astype(int)
    th, tw = classes.shape
    asks = np.asarray(drawn.reshape(th, TOKEN, tw, TOKEN).any(axis=(1, 3)))
    grid = PatchGrid.of(frame, (th, tw))
    if not asks.any():
        return np.zeros_like(residual)
    known = np.where(hole[..., None], np.float32(0), residual)
    near = _neighbours(classes)
    usable = grid.within() & ~_neighbours(asks).any(axis=0) & (near == classes).all(axis=0)
    usable &= ~_loud(grid.means(np.einsum("hwc,hwc->hw", known, known) / 3) ** 0.5, classes, usable)
    tokens, sources = matches(_features(canvas), classes, asks, usable)
    if not len(tokens):
        return np.zeros_like(known)
    return np.where(hole[..., None], grid.lay(grid.take(known, sources), tokens), np.float32(0))


def matches(
    features: Float[np.ndarray, "th tw f"],
    classes: Int[np.ndarray, "th tw"],
    asks: Bool[np.ndarray, "th tw"],
    usable: Bool[np.ndarray, "th tw"],
) -> tuple[Int[np.ndarray, " r"], Int[np.ndarray, " r"]]:
    """The asking tokens whose class has enough usable ones, and the usable token for each.

    They are to be as near as can be by the squares of their features' differences, plus 1 for each of the
    four neighbours whose own source is not the source's neighbour. The search is random, of a fixed seed.
    """
    search = _Search(features.reshape(-1, features.shape[2]), classes, usable)
    tokens = np.flatnonzero(asks & np.isin(classes, search.enough))
    search.begin(tokens)
    rows, columns = np.divmod(tokens, classes.shape[1])
    # No token's neighbours are moved with it.
    fields = [tokens[(rows + columns) % 2 == field] for field in (0, 1)]
    for _ in range(SWEEPS):
        for field in fields:
            if len(field):
                search.improve(field)
    return tokens, search.source[tokens]


@dataclass
class _Search:
    """Which usable token each asking one has found so far; -1 where it asks for none."""

    features: Float[np.ndarray, "n f"]
    classes: Int[np.ndarray, "th tw"]
    usable: Bool[np.ndarray, "th tw"]

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.of = self.classes.ravel()
        self.source = np.full(self.of.size, -1)
        counts = np.bincount(self.classes[self.usable], minlength=1)
        self.enough = np.flatnonzero(counts >= FEWEST)
        self.pools = {c: np.flatnonzero(self.usable.ravel() & (self.of == c)) for c in self.enough.tolist()}

    def begin(self, tokens: Int[np.ndarray, " r"]) -> None:
        """Of some random ones the best."""
        if not len(tokens):
            return
        some = np.stack([self._any(tokens) for _ in range(STARTS)])
        far = np.stack([self._far(tokens, one) for one in some])
        self.source[tokens] = some[far.argmin(axis=0), np.arange(len(tokens))]

    def improve(self, tokens: Int[np.ndarray, " r"]) -> None:
        """Try what the neighbours' sources tell, places around the present source, and any."""
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
        """The tokens so many rows and columns away; -1 where that is beyond the border, or for -1."""
        h, w = self.classes.shape
        row, column = tokens // w + step[0], tokens % w + step[1]
        inside = (tokens >= 0) & (row >= 0) & (row < h) & (column >= 0) & (column < w)
        return np.where(inside, row * w + column, -1)


def _neighbours(tokens: np.ndarray) -> np.ndarray:
    """The nine tokens around and at each, (9,th,tw); beyond the border it goes on as there."""
    wide = np.pad(tokens, 1, mode="edge")
    h, w = tokens.shape
    return np.stack([wide[y : y + h, x : x + w] for y in range(3) for x in range(3)])


def _loud(
    detail: Float[np.ndarray, "th tw"], classes: Int[np.ndarray, "th tw"], usable: Bool[np.ndarray, "th tw"]
) -> Bool[np.ndarray, "th tw"]:
    """Tokens with far more detail than is usual in their class."""
    usual = np.zeros(int(classes.max()) + 1)
    for c in np.unique(classes[usable]).tolist():
        usual[c] = np.median(detail[usable & (classes == c)])
    return detail > LOUD * usual[classes] + GRAIN


def _features(canvas: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "th tw 5"]:
    """Each token's colour, and the direction of its strands as twice their angle, by how clear it is."""
    down, right = np.gradient(smoothed(canvas @ LUMA, SLOPES))
    along = np.stack([right**2 - down**2, 2 * right * down, right**2 + down**2], axis=-1)
    along = smoothed(along, STRANDS)
    direction = along[..., :2] / (along[..., 2:] + FLAT)
    both = np.concatenate([smoothed(canvas, SMOOTH) / COLOR, direction / DIRECTION], axis=-1)
    h, w, parts = both.shape
    return both.reshape(h // TOKEN, TOKEN, w // TOKEN, TOKEN, parts).mean(axis=(1, 3))
