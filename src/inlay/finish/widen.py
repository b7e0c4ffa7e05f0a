"""What a mask misses of a damage: a rim that as a whole is unlike what lies behind it. Without PyTorch.

The edges of scratches and stains are soft, and a mask that is painted over one seldom takes all of them. What
is left counts as known, goes on into the hole and shows as its outline. A hole's rim crosses light and dark
places by chance, so that along all of it the outermost known pixels are on the mean what a continuation from
further behind says; where they are lighter or darker than that all along, they belong to the damage.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage
import scipy.special
from jaxtyping import Bool, Float, Int, UInt8

from inlay.errors import UserError
from inlay.finish.masked import Masked
from inlay.geometry.canvas_frame import unit_of
from inlay.geometry.tiles import tiles
from inlay.pixels.biharmonic import continued
from inlay.pixels.continuation import extend

__all__ = ["Dilate", "Distrust", "Widen", "widened"]

REACH, MOST = 1.5, 4
"""How far around a hole is looked at in one go: in units (`UNITS`), and in how many
pixels at most."""

ROUNDS = 3
"""How often it is looked again around what has grown."""

FAR, NEARER = 4.0, 2.5
"""How many levels the mean of a ring may be off: the outermost one, and how much more each ring further in,
which the continuation reaches less surely."""

FEW = 40
"""Of rings of so many pixels the mean must be twice as far off, of longer ones less."""

CHANCE, GRAIN = 6e-5, 3.0
"""How likely a photo's noise may be to put any ring as far off, by Student's t, if neighbours on a ring are
alike over so many pixels."""

ALIKE = 0.6
"""The share of a ring's pixels that must be off in the same direction."""

SHORTEST, SMALLEST = 12, 3
"""Rings of fewer pixels tell nothing, and no shorter ones lie around pieces of fewer."""

EIGHT = np.ones((3, 3))
"""A piece holds together over corners too."""

SIDE, MARGIN, INSIDE = 384, 20, 4
"""The windows in which this is done, what they see around them, and how far into the hole the continuation is
as smooth as around it."""

Pixels = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]
Sums = Float[np.ndarray, "pieces rings 8"]
"""Of each piece's rings: how many pixels were measured, how far off they are in RGB, the squares of that, and
how many are lighter than the continuation."""


@dataclass(frozen=True)
class Widen:
    """Take the damage's edges that a hole misses into it."""

    name = "widen"

    def __call__(self, photo: Pixels, masked: Masked) -> Masked:
        """The wider hole, mostly the very one that came, and a note about it."""
        wide = widened(photo, masked.hole, unit_of(masked.hole.shape))
        more = int(np.count_nonzero(wide)) - int(np.count_nonzero(masked.hole))
        if not more:
            return masked
        text = f"the hole was widened by {more} pixels along its rim, which look like the damage's edge"
        return replace(masked, hole=wide).noting("widened", text)


@dataclass(frozen=True)
class Distrust:
    """Hide the damage's edge that a hole misses from painters and steps, and leave it as it is."""

    name = "distrust"

    def __call__(self, photo: Pixels, masked: Masked) -> Masked:
        """The same hole with its distrusted rim, mostly none, and a note about it."""
        rim = widened(photo, masked.hole, unit_of(masked.hole.shape)) & ~masked.hole
        if not rim.any():
            return masked
        text = (
            f"the hole's rim looks like the damage's edge: {np.count_nonzero(rim)} pixels there are left as "
            "they are and nothing is learnt from them; --widen fills them too"
        )
        return replace(masked, distrusted=masked.distrusted | rim).noting("damage-edge", text)


@dataclass(frozen=True)
class Dilate:
    """Grow a hole by so many pixels on each side."""

    pixels: int
    name = "dilate"

    def __post_init__(self) -> None:
        """Check the range."""
        if self.pixels < 0:
            raise UserError(f"dilate {self.pixels}: expected 0 pixels or more")

    def __call__(self, photo: Pixels, masked: Masked) -> Masked:
        """The grown hole."""
        if not self.pixels:
            return masked
        grown = scipy.ndimage.binary_dilation(masked.hole, iterations=self.pixels)
        return replace(masked, hole=grown, distrusted=masked.distrusted & ~grown)


@dataclass(frozen=True)
class _Shown:
    """The rings in one window: where in it their pixels lie (flat), of which ring and which piece each is."""

    window: tuple[slice, slice]
    place: Int[np.ndarray, " n"]
    ring: Int[np.ndarray, " n"]
    piece: Int[np.ndarray, " n"]


def widened(photo: Pixels, hole: Mask, unit: float) -> Mask:
    """The hole with the damage's edges that it misses, some three times `MOST` pixels wide at most.

    Mostly that is the very hole. A unit is so many pixels of the photo. Each of a hole's separate pieces is
    looked at by itself. The photo is not read inside the hole.
    """
    if not hole.any():
        return hole
    reach, margin = max(1, min(MOST, round(REACH * unit))), MARGIN + ROUNDS * MOST
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    window = tuple(slice(max(0, p[0] - margin), p[-1] + margin + 1) for p in (rows, columns))
    near = added = hole[window]
    for _ in range(ROUNDS):
        added = _edges(photo[window], near, added, reach)
        if not added.any():
            break
        near = near | added
    added = near & ~hole[window]
    if not added.any():
        return hole
    # One ring more around what has grown: an edge ends more softly than is seen.
    pieces, _ = scipy.ndimage.label(near, EIGHT)
    grew = np.isin(pieces, np.unique(pieces[added]))
    result = hole.copy()
    result[window] = near | scipy.ndimage.binary_dilation(grew)
    return hole if result.all() else result


def _edges(photo: Pixels, hole: Mask, among: Mask, reach: int) -> Mask:
    """What is to be added to those pieces of the hole that have pixels `among` the given ones."""
    pieces, count = scipy.ndimage.label(hole, EIGHT)
    watched = np.unique(pieces[among & hole])
    watched = watched[np.bincount(pieces.ravel())[watched] >= SMALLEST]
    number = np.zeros(count + 1, np.int32)
    number[watched] = np.arange(1, len(watched) + 1)
    pieces = number[pieces]
    sums, shown = np.zeros(((len(watched) + 1) * (reach + 1), 8)), list[_Shown]()
    for tile in tiles(scipy.ndimage.binary_dilation(pieces > 0, EIGHT, reach), SIDE, MARGIN):
        gone = hole[tile.window]
        if not gone.any() or gone.all():
            continue
        away, nearest = scipy.ndimage.distance_transform_edt(~gone, return_indices=True)
        ring = np.where(tile.own(~gone), np.rint(away), 0).astype(np.int32)
        piece = pieces[tile.window][nearest[0], nearest[1]]
        place = np.flatnonzero((ring > 0) & (ring <= reach) & (piece > 0))
        if place.size:
            shown.append(_Shown(tile.window, place, ring.flat[place], piece.flat[place]))
            _measure(sums, shown[-1], photo[tile.window], gone, away < reach + 0.5, reach)
    wide = _widths(sums.reshape(-1, reach + 1, 8)[:, 1:])
    added = np.zeros_like(hole)
    for part in shown:
        view = added[part.window]
        view[np.divmod(part.place[part.ring <= wide[part.piece]], view.shape[1])] = True
    return added


def _measure(
    sums: Float[np.ndarray, "bins 8"], shown: _Shown, photo: Pixels, gone: Mask, unknown: Mask, reach: int
) -> None:
    """Add what the pixels of a window's rings are off from the photo's continuation from beyond the rings.

    Only those count behind which known pixels lie, not those between two holes or a hole and the border.
    """
    if unknown.all():
        return
    near = scipy.ndimage.distance_transform_edt(unknown).flat[shown.place] <= reach + 1.5
    if not near.any():
        return
    known = photo.astype(np.float32)
    smooth = extend(known, unknown)
    inside = gone & scipy.ndimage.binary_dilation(~gone, iterations=INSIDE)
    wrong = known - continued(smooth, (unknown & ~gone) | inside)
    wrong = wrong.reshape(-1, 3)[shown.place[near]].astype(np.float64)
    lighter = wrong.mean(axis=1, keepdims=True) > 0
    told = np.concatenate([np.ones_like(lighter), wrong, wrong**2, lighter], axis=1)
    bins, which = np.unique(shown.piece[near] * (reach + 1) + shown.ring[near], return_inverse=True)
    sums[bins] += np.stack([np.bincount(which, each, len(bins)) for each in told.T], axis=1)


def _widths(sums: Sums) -> Int[np.ndarray, " pieces"]:
    """How many rings of each piece belong to the damage, from the innermost one on."""
    n = np.maximum(sums[..., :1], 1)
    mean, squares, share = np.abs(sums[..., 1:4] / n), sums[..., 4:7] / n, sums[..., 7] / n[..., 0]
    error = np.sqrt(np.maximum(squares - mean**2, 0) * GRAIN / n)
    sure = -scipy.special.stdtrit(np.maximum(n / GRAIN - 1, 1), CHANCE / 2 / len(sums))
    rings = np.arange(sums.shape[1])[::-1, None]
    limit = (FAR + NEARER * rings) * (1 + np.sqrt(FEW / n))
    is_off = (mean > np.maximum(limit, sure * error)).any(axis=-1)
    is_edge = is_off & (np.maximum(share, 1 - share) >= ALIKE) & (sums[..., 0] >= SHORTEST)
    return np.cumprod(is_edge, axis=1).sum(axis=1)
