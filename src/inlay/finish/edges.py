"""Find the edges of a damage that a hole misses.

Scratches and stains have soft edges, and a hole painted over one seldom covers them. What it misses would be
continued into the hole and show as its outline. A hole's rim crosses light and dark places by chance, so the
mean of the outermost known pixels along all of it is close to a continuation from further away. Where they
are lighter or darker all along the rim, they belong to the damage.
"""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage
import scipy.special
from jaxtyping import Bool, Float, Int, UInt8

from inlay.geometry.tiles import Tile, tiles
from inlay.pixels.biharmonic import continued
from inlay.pixels.continuation import extend
from inlay.pixels.parallel import each

__all__ = ["EdgeSearch"]

Pixels = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Sums = Float[np.ndarray, "pieces rings 8"]
"""For each ring of a piece: the number of pixels, their differences in RGB from the continuation, the squares
of these, and how many pixels are lighter than the continuation."""

_Tally = tuple[Int[np.ndarray, " n"], Float[np.ndarray, "n 8"]]
"""Places in the sums, and what is to be added there."""

EIGHT = np.ones((3, 3))
"""Pixels that touch at a corner are connected."""


@dataclass(frozen=True)
class EdgeSearch:
    """How the edges of a damage are told from the photo.

    Each connected piece of a hole is measured by itself, in rings of one pixel up to `reach` (at most
    `most`), and again around what was added, `rounds` times in all. Rings belong to the edge, from the hole
    outwards, while three conditions hold. The mean difference from the continuation exceeds `levels`, plus
    `levels_inwards` for each ring closer to the hole, where the continuation is less sure; a ring of `few`
    pixels needs twice as much. Noise would give such a mean with the probability `chance` at most (Student's
    t, with one independent pixel in `grain`). The share `alike` of the ring differs in the same direction.
    """

    reach: float = 1.5  # units
    most: int = 4  # pixels
    rounds: int = 3
    levels: float = 4.0
    levels_inwards: float = 2.5
    few: float = 40.0  # pixels
    chance: float = 6e-5
    grain: float = 3.0  # pixels
    alike: float = 0.6
    shortest: int = 12  # pixels of a ring; shorter ones are left out
    smallest: int = 3  # pixels of a piece; smaller ones are left out
    inside: int = 4  # pixels: how far into the hole the continuation is biharmonic
    window: int = 384  # pixels: side of the windows that are worked on, which bounds memory
    margin: int = 20  # pixels around a window that are seen

    def widen(self, photo: Pixels, hole: Mask, unit: float) -> Mask:
        """The hole with the edges that it misses; the hole itself where it misses none.

        `unit` is in pixels of the photo. The photo is not read inside the hole.
        """
        if not hole.any():
            return hole
        reach = max(1, min(self.most, round(self.reach * unit)))
        margin = self.margin + self.rounds * self.most
        rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
        window = tuple(slice(max(0, p[0] - margin), p[-1] + margin + 1) for p in (rows, columns))
        near = added = hole[window]
        for _ in range(self.rounds):
            added = self._edges(photo[window], near, added, reach)
            if not added.any():
                break
            near = near | added
        added = near & ~hole[window]
        if not added.any():
            return hole
        # One ring more around what has grown: an edge ends more softly than can be measured.
        pieces, _ = scipy.ndimage.label(near, EIGHT)
        grew = np.isin(pieces, np.unique(pieces[added]))
        result = hole.copy()
        result[window] = near | scipy.ndimage.binary_dilation(grew)
        return hole if result.all() else result

    def measure(
        self, photo: Pixels, hole: Mask, pieces: Int[np.ndarray, "h w"], reach: int
    ) -> "tuple[Sums, list[_Rings]]":
        """The sums of the rings around the numbered pieces of a hole (0: not measured), and their pixels.

        Row 0 of the sums stays empty.
        """
        count = int(pieces.max()) + 1

        def measured(tile: Tile) -> "tuple[_Rings, _Tally] | None":
            inner = hole[tile.window]
            if not inner.any() or inner.all():
                return None
            away, nearest = scipy.ndimage.distance_transform_edt(~inner, return_indices=True)
            ring = np.where(tile.own(~inner), np.rint(away), 0).astype(np.int32)
            piece = pieces[tile.window][nearest[0], nearest[1]]
            place = np.flatnonzero((ring > 0) & (ring <= reach) & (piece > 0))
            if not place.size:
                return None
            rings = _Rings(tile.window, place, ring.flat[place], piece.flat[place])
            return rings, self._tally(rings, photo[tile.window], inner, away < reach + 0.5, reach)

        around = scipy.ndimage.binary_dilation(pieces > 0, EIGHT, reach)
        found = [one for one in each(measured, tiles(around, self.window, self.margin)) if one is not None]
        sums = np.zeros((count * (reach + 1), 8))
        for _, (bins, values) in found:
            sums[bins] += values
        return sums.reshape(count, reach + 1, 8)[:, 1:], [rings for rings, _ in found]

    def widths(self, sums: Sums) -> Int[np.ndarray, " pieces"]:
        """How many rings of each piece belong to the damage, from the innermost one on."""
        n = np.maximum(sums[..., :1], 1)
        mean, squares, share = np.abs(sums[..., 1:4] / n), sums[..., 4:7] / n, sums[..., 7] / n[..., 0]
        error = np.sqrt(np.maximum(squares - mean**2, 0) * self.grain / n)
        freedom = np.maximum(n / self.grain - 1, 1)
        sure = -scipy.special.stdtrit(freedom, self.chance / 2 / len(sums))
        inwards = np.arange(sums.shape[1])[::-1, None]
        limit = (self.levels + self.levels_inwards * inwards) * (1 + np.sqrt(self.few / n))
        is_off = (mean > np.maximum(limit, sure * error)).any(axis=-1)
        is_edge = is_off & (np.maximum(share, 1 - share) >= self.alike) & (sums[..., 0] >= self.shortest)
        return np.cumprod(is_edge, axis=1).sum(axis=1)

    def _edges(self, photo: Pixels, hole: Mask, among: Mask, reach: int) -> Mask:
        """What is to be added to those pieces of the hole that have pixels `among` the given ones."""
        pieces, count = scipy.ndimage.label(hole, EIGHT)
        watched = np.unique(pieces[among & hole])
        watched = watched[np.bincount(pieces.ravel())[watched] >= self.smallest]
        number = np.zeros(count + 1, np.int32)
        number[watched] = np.arange(1, len(watched) + 1)
        sums, shown = self.measure(photo, hole, number[pieces], reach)
        widths, added = self.widths(sums), np.zeros_like(hole)
        for part in shown:
            view = added[part.window]
            view[np.divmod(part.place[part.ring <= widths[part.piece]], view.shape[1])] = True
        return added

    def _tally(self, rings: "_Rings", photo: Pixels, hole: Mask, unknown: Mask, reach: int) -> "_Tally":
        """A window's differences from the photo's continuation from beyond the rings, as `Sums` has them.

        Pixels count only with known pixels behind them, not between two holes or a hole and the border.
        """
        nothing = np.zeros(0, dtype=np.int64), np.zeros((0, 8))
        if unknown.all():
            return nothing
        near = scipy.ndimage.distance_transform_edt(unknown).flat[rings.place] <= reach + 1.5
        if not near.any():
            return nothing
        known = photo.astype(np.float32)
        smooth = extend(known, unknown)
        edge = hole & scipy.ndimage.binary_dilation(~hole, iterations=self.inside)
        wrong = known - continued(smooth, (unknown & ~hole) | edge)
        wrong = wrong.reshape(-1, 3)[rings.place[near]].astype(np.float64)
        lighter = wrong.mean(axis=1, keepdims=True) > 0
        values = np.concatenate([np.ones_like(lighter), wrong, wrong**2, lighter], axis=1)
        bins, which = np.unique(rings.piece[near] * (reach + 1) + rings.ring[near], return_inverse=True)
        return bins, np.stack([np.bincount(which, column, len(bins)) for column in values.T], axis=1)


@dataclass(frozen=True)
class _Rings:
    """The pixels of rings in a window of the photo (flat), and the ring and the piece of each."""

    window: tuple[slice, slice]
    place: Int[np.ndarray, " n"]
    ring: Int[np.ndarray, " n"]
    piece: Int[np.ndarray, " n"]
