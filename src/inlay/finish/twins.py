"""A hidden eye, brow, half of a mouth or of glasses gets the detail of its mirror twin that is seen.

So retouchers do it. Networks draw what was hidden softly. Where the face's other side shows the same, its
reflection lies ready at the photo's own resolution: it is laid where it agrees best with the fill and with
the known pixels around it, and what it has beyond low frequencies is taken, where it agrees well enough.
Colours and light stay the fill's. Without PyTorch.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from inlay.finish.scene import Fill, Scene
from inlay.finish.twin_parts import DRAWN, Hidden, Point, hidden_twins, middle_of
from inlay.labels import LabelSet
from inlay.pixels.filters import LUMA, enlarged, fading, reduced, smoothed

__all__ = ["Twins", "with_twins"]

Picture = Float[np.ndarray, "h w 3"]
Box = tuple[slice, slice]

BICUBIC, BILINEAR = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR

LIKENESS = {
    "l_eye": (0.6, 0.4),
    "r_eye": (0.6, 0.4),
    "l_brow": (0.8, 0.8),
    "r_brow": (0.8, 0.8),
    "mouth": (0.5, 0.5),
    "eye_g": (0.45, 0.45),
}
"""What is drawn so, and the correlation of twin and fill from which on the twin is believed: below it, it may
well stand elsewhere, as on a face that is turned away. The second one will do where the known pixels around
are like those around the twin: on a face seen from the front, of which the fill is poor. Networks draw brows
well."""

OUTSIDE = 0.5
"""How like the known pixels must be for that."""

SHAPE = 0.6
"""How far a part that somebody drew and its twin must overlap, of what they cover together."""

# Lengths below are in units (`Hidden.unit`): of an eye, a fifth of what lies between the two.
WINDOW = 2.15
"""How far what is compared and drawn reaches from the middle of the part, to each side."""

FINE, COARSE = 0.14, 0.95
"""What is compared lies between these Gaussians: neither grain nor the face's light."""

WIDE, HIGH = 1.9, 1.65
"""How fast what is compared counts less, away from the middle, across the face and along its axis."""

KNOWN = 2.0
"""How much more a known pixel counts there than a drawn one."""

REACH, STRETCH = 0.48, np.array([0.15, 0.1])
"""How far the part is likely to stand off from where the layout has it; how much larger or smaller it may
well be, across the face, which perspective shortens, and along its axis."""

DOUBT = 0.3
"""How much likeness must be gained to move or stretch it as far as that."""

GRAIN = 12.0
"""The side, in pixels, to which larger parts are reduced to be compared."""

LOW = 0.24
"""The Gaussian below which frequencies stay the fill's."""

SURROUNDINGS, RIM = 1.2, 0.14
"""Within which distance of the part detail is taken, all of it up to half that; how soon inside the rim."""

BESIDE = ("background", "hair", "hat", "l_ear", "r_ear", "ear_r", "neck", "neck_l", "cloth")
"""What lies beside a face: nothing of it is taken, nor laid where it is, or so near to it as the rim."""

STEPS = 16
"""In how many steps the former falls at least."""


@dataclass(frozen=True)
class Twins:
    """Copy the detail of a visible eye, brow or half of mouth or glasses into its hidden mirror twin."""

    name = "twins"

    def wants(self, scene: Scene) -> bool:
        """Where a part is hidden whose twin is seen, by the canvas's layout."""
        if scene.portrait is None:
            return False
        painted = scene.portrait.painted
        return bool(hidden_twins(painted.hole, painted.layout, scene.portrait.labels))

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """The fill with the twins' detail."""
        shown = scene.portrait
        assert shown is not None
        return with_twins(
            fill.astype(np.float32), scene.photo, scene.hole, shown.layout, shown.labels, shown.changed,
            exact=shown.given is not None,
        )  # fmt: skip


def with_twins(
    fill: Picture,
    photo: Picture,
    hole: Bool[np.ndarray, "h w"],
    label: UInt8[np.ndarray, "h w"],
    labels: LabelSet,
    asked: Collection[int] = (),
    *,
    exact: bool = False,
) -> Picture:
    """The fill, RGB from 0 to 255, whose hidden parts have the detail of their mirror twins that are seen.

    Parts of the classes that somebody `asked` to look otherwise are left; a fill without hidden twins comes
    back as it is. Under an `exact` layout, which somebody gave, the twin must have the part's shape.
    """
    pairs = [pair for pair in hidden_twins(hole, label, labels) if pair.classes.isdisjoint(asked)]
    if not pairs:
        return fill
    picture = np.where(hole[..., None], fill, photo)
    # All are compared with the fill before any is laid into it: a copy would be like what it is a copy of.
    found = [_found(picture, hole, _Place.of(pair)) for pair in pairs]
    kept = [one for one in asked if labels.names[one] in DRAWN]
    free = (hole & ~np.isin(label, kept)).astype(np.float32)
    beside = np.isin(label, [n for n, name in enumerate(labels.names) if name in BESIDE])
    for pair, (place, likeness, outside) in zip(pairs, found, strict=True):
        sure, unsure = LIKENESS[pair.name]
        if exact and _overlap(pair.part, pair.twin, place) < SHAPE:
            continue
        if likeness >= (unsure if outside >= OUTSIDE else sure):
            _lay(picture, hole, free, beside, pair.twin, place)
    return np.where(hole[..., None], picture, fill)


@dataclass(frozen=True)
class _Place:
    """Where a hidden part and its twin stand, and the unit vector across the face's axis.

    `side` is the unit of lengths, in pixels; `shift` is how far the hidden part stands
    off from `hidden`, and `stretch` how much larger than its twin it is, across the axis and along it.
    """

    hidden: Point
    seen: Point
    across: Point
    side: float
    shift: Point
    stretch: Point

    @staticmethod
    def of(pair: Hidden) -> "_Place":
        """The place by the layout alone."""
        side = pair.unit * math.sqrt(np.count_nonzero(pair.twin))
        return _Place(middle_of(pair.part), middle_of(pair.twin), pair.across, side, np.zeros(2), np.ones(2))

    def matrix(self) -> Float[np.ndarray, "2 3"]:
        """From a pixel (column, row, 1) of the hidden side to the one that shows its reflection."""
        n = self.across
        v = np.array([-n[1], n[0]])
        turn = -np.outer(n, n) / self.stretch[0] + np.outer(v, v) / self.stretch[1]
        return np.column_stack([turn, self.seen - turn @ (self.hidden + self.shift)])

    def within(self, box: Box, factor: float = 1.0) -> "_Place":
        """The same in a part of the picture, reduced."""
        corner = np.array([box[1].start, box[0].start])
        hidden, seen = ((point + 0.5 - corner) / factor - 0.5 for point in (self.hidden, self.seen))
        return replace(self, hidden=hidden, seen=seen, side=self.side / factor, shift=self.shift / factor)


def _box(points: list[Point], reach: float, size: tuple[int, int]) -> Box:
    """The part of a picture that reaches so far beyond each of the points."""
    low, high = np.min(points, axis=0) - reach, np.max(points, axis=0) + reach
    left, top = np.maximum(np.floor(low), 0).astype(int).tolist()
    right, bottom = (np.ceil(high) + 1).astype(int).tolist()
    return slice(top, min(bottom, size[0])), slice(left, min(right, size[1]))


def _lay(
    picture: Picture,
    hole: Bool[np.ndarray, "h w"],
    free: Float[np.ndarray, "h w"],
    beside: Bool[np.ndarray, "h w"],
    twin: Bool[np.ndarray, "h w"],
    place: _Place,
) -> None:
    """Lay the twin's detail into the picture where `free` says that no other part's was laid.

    But not what lies `beside` the face, nor there.
    """
    both = _box([place.hidden + place.shift, place.seen], 1.5 * WINDOW * place.side, hole.shape)
    box = _box([place.hidden + place.shift], WINDOW * place.side, hole.shape)
    here, inside = picture[box], hole[box]
    # From pixels of the one part of the picture to those of the other.
    turn = place.matrix()
    turn[:, 2] += turn[:, :2] @ [box[1].start, box[0].start] - [both[1].start, both[0].start]
    shown = np.stack([_moved(picture[both][..., c], turn, inside.shape, BICUBIC) for c in range(3)], axis=-1)
    # Beyond the photo's border there is nothing, which must not be smoothed into what lies within.
    there = _moved(np.ones(hole[both].shape), turn, inside.shape, BILINEAR) > 0.99
    shown = np.where(there[..., None], shown, here)
    around = _surroundings(twin[both], SURROUNDINGS * place.side)
    near = np.minimum(1, 2 * _moved(around, turn, inside.shape, BILINEAR))
    deep = 1 - fading(inside, math.ceil(RIM * place.side))
    apart = [_apart(beside[some], RIM * place.side) for some in (both, box)]
    share = near * deep * free[box] * _moved(apart[0], turn, inside.shape, BILINEAR) * apart[1]
    picture[box] += share[..., None] * (shown - here + smoothed(here - shown, LOW * place.side))
    free[box] -= share


def _apart(beside: Bool[np.ndarray, "h w"], reach: float) -> Float[np.ndarray, "h w"]:
    """0 at and in what is beside the face, rising to 1 at about twice so many pixels from it."""
    return np.clip(1 - 2 * smoothed(beside.astype(np.float32), reach), 0, 1)


def _surroundings(part: Bool[np.ndarray, "h w"], reach: float) -> Float[np.ndarray, "h w"]:
    """1 in a part, falling to 0 at so many pixels outside of it; a wide fall is coarser than a narrow one."""
    factor = max(1.0, reach // STEPS)
    small = reduced(part.astype(np.float32), factor) > 0.5
    return enlarged(small + fading(~small, max(1, round(reach / factor))), factor, part.shape)


def _overlap(part: Bool[np.ndarray, "h w"], twin: Bool[np.ndarray, "h w"], place: _Place) -> float:
    """How much a part and its twin's reflection have in common, of what they cover together."""
    reflected = _moved(twin.astype(np.float32), place.matrix(), part.shape, BILINEAR) > 0.5
    together = int(np.count_nonzero(part | reflected))
    return int(np.count_nonzero(part & reflected)) / max(together, 1)


def _found(picture: Picture, hole: Bool[np.ndarray, "h w"], place: _Place) -> tuple[_Place, float, float]:
    """Where the twin's reflection agrees best with the fill and the known pixels around it.

    How well it does in all, and how well with the known pixels alone.
    """
    factor = max(1.0, place.side / GRAIN)
    both = _box([place.hidden, place.seen], 2 * WINDOW * place.side, hole.shape)
    grey = reduced((picture[both] @ LUMA).astype(np.float32), factor)
    known = reduced((~hole[both]).astype(np.float32), factor)
    compared = _Comparison(grey, known, place.within(both, factor))
    shift, stretch = compared.best()
    likeness = [compared.likeness(shift, stretch, weight) for weight in (compared.weight, compared.outside)]
    return replace(place, shift=shift * factor, stretch=stretch), likeness[0], likeness[1]


class _Comparison:
    """A hidden part and its twin's reflection, moved and stretched, in the frequencies that tell them."""

    def __init__(
        self, grey: Float[np.ndarray, "h w"], known: Float[np.ndarray, "h w"], place: _Place
    ) -> None:
        self.place = place
        self.band = smoothed(grey, FINE * place.side) - smoothed(grey, COARSE * place.side)
        box = _box([place.hidden], WINDOW * place.side, grey.shape)
        y, x = np.mgrid[box]
        self.points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        off, n = self.points[:2] - place.hidden[:, None], place.across
        wide, high = (n @ off) / (WIDE * place.side), (n[0] * off[1] - n[1] * off[0]) / (HIGH * place.side)
        near, outside = np.exp(-(wide**2) - high**2), known[box].ravel() > 0.99
        self.weight, self.outside = near * (1 + (KNOWN - 1) * outside), near * outside
        self.there = self.band[box].ravel()

    def best(self) -> tuple[Point, Point]:
        """Shift and stretch: of a coarse grid the best, and from there on in ever smaller steps."""
        reach = REACH * self.place.side
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

    def _best_of(self, tried: Float[np.ndarray, "n 4"]) -> tuple[Float[np.ndarray, " 4"], float]:
        scores = np.array([self.likeness(one[:2], one[2:], self.weight) for one in tried]) - self._doubt(
            tried
        )
        return tried[scores.argmax()], float(scores.max())

    def _doubt(self, tried: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, " n"]:
        far = tried[:, :2] / (REACH * self.place.side), (tried[:, 2:] - 1) / STRETCH
        return DOUBT * sum(np.square(one).sum(axis=1) for one in far)

    def likeness(self, shift: Point, stretch: Point, weight: Float[np.ndarray, " n"]) -> float:
        """The weighted correlation of both bands; 0 where nothing counts."""
        x, y = replace(self.place, shift=shift, stretch=stretch).matrix() @ self.points
        weight = weight / max(weight.sum(), 1e-6)
        here, there = (
            band - weight @ band for band in (_bilinear(self.band, x, y).astype(float), self.there)
        )
        return float(
            weight @ (here * there) / math.sqrt(max((weight @ here**2) * (weight @ there**2), 1e-12))
        )


def _bilinear(
    picture: Float[np.ndarray, "h w"], x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """The picture between its pixels; beyond its border it goes on as there."""
    h, w = picture.shape
    x, y = x.clip(0, w - 1), y.clip(0, h - 1)
    left, top = np.minimum(x.astype(int), max(w - 2, 0)), np.minimum(y.astype(int), max(h - 2, 0))
    right, bottom, p, q = np.minimum(left + 1, w - 1), np.minimum(top + 1, h - 1), x - left, y - top
    above = picture[top, left] * (1 - p) + picture[top, right] * p
    return above * (1 - q) + (picture[bottom, left] * (1 - p) + picture[bottom, right] * p) * q


def _moved(
    picture: Float[np.ndarray, "h w"],
    matrix: Float[np.ndarray, "2 3"],
    size: tuple[int, int],
    method: Image.Resampling,
) -> Float[np.ndarray, "th tw"]:
    """What the picture shows where the matrix sends each pixel of a picture of that size; 0 beyond it."""
    # Pillow counts places from pixels' corners.
    data = matrix.copy()
    data[:, 2] += 0.5 - matrix[:, :2].sum(axis=1) / 2
    moved = Image.fromarray(picture.astype(np.float32)).transform(
        size[::-1], Image.Transform.AFFINE, data.ravel().tolist(), method
    )
    return np.asarray(moved)
