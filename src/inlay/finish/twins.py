"""Copy the detail of a visible eye, brow, or half of a mouth or of glasses into its hidden mirror twin.

Painters draw hidden parts softly, while the face's other side often shows the same part in the photo's own
resolution. Its reflection is laid where it agrees best with the fill and the known pixels around it, if it
agrees well enough. Only high frequencies are copied: colours and light stay the fill's.
"""

import math
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from jaxtyping import Bool, Float

from inlay.finish.scene import Fill, Portrayed, Scene
from inlay.finish.twin_match import Match, TwinMatch
from inlay.finish.twin_parts import HALVES, SIDES, Hidden, TwinParts, twin_classes
from inlay.finish.twin_place import BICUBIC, BILINEAR, TwinPlace, box_around, transform
from inlay.labels import LabelSet
from inlay.pixels.filters import enlarged, fading, reduced, smoothed

__all__ = ["Twins", "fall_off"]


@dataclass(frozen=True)
class Twins:
    """Copy the detail of a visible eye, brow, or half of mouth or glasses into its hidden mirror twin.

    `eye`, `brow`, `mouth` and `glasses` are the correlations of twin and fill from which the twin is copied;
    below, as on a face turned away, it may lie elsewhere. The second number applies where the known pixels
    around part and twin correlate by `outside`: then the face is seen from the front, and the fill is poor.
    Under a layout that a person gave, part and twin must also overlap by `shape`.

    Lengths are in units (`Hidden.unit`): an eye's size. Detail comes from within `surroundings` of the twin,
    all of it up to half that, and fades in over `rim` from the hole's edge. Nothing is taken from, or laid
    on, what lies beside the face.
    """

    eye: tuple[float, float] = (0.6, 0.4)
    brow: tuple[float, float] = (0.8, 0.8)
    mouth: tuple[float, float] = (0.5, 0.5)
    glasses: tuple[float, float] = (0.45, 0.45)
    outside: float = 0.5  # correlation
    shape: float = 0.6  # intersection over union
    low: float = 0.24  # sigma below which frequencies stay the fill's
    surroundings: float = 1.2
    rim: float = 0.14
    falls: float = 16.0  # steps in which the surroundings fade out at least
    parts: TwinParts = field(default_factory=TwinParts)
    match: TwinMatch = field(default_factory=TwinMatch)

    name = "twins"

    def missing(self, labels: LabelSet) -> str | None:
        """Which roles the label set lacks."""
        if twin_classes(labels):
            return None
        return (
            f"no detail is copied from mirror twins: the label set '{labels.name}' has no class with a twin "
            f"and the role {' or '.join(SIDES)}, nor one with the role {' or '.join(HALVES)} (docs/labels.md)"
        )

    def wants(self, scene: Scene) -> bool:
        """Only where the canvas's layout shows a hidden part whose twin is visible."""
        if scene.portrait is None:
            return False
        painted = scene.portrait.painted
        return bool(self.parts.find(painted.hole, painted.layout, scene.portrait.labels))

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Copy what agrees. Parts of classes that a person changed keep their fill."""
        shown = scene.portrait
        assert shown is not None
        pairs = [
            pair
            for pair in self.parts.find(scene.hole, shown.layout, shown.labels)
            if pair.classes.isdisjoint(shown.changed)
        ]
        if not pairs:
            return fill
        fill = fill.astype(np.float32)
        picture = np.where(scene.hole[..., None], fill, scene.photo)
        # All are compared with the fill before any is laid into it: a copy agrees with its original.
        matches = [self.match.find(picture, scene.hole, TwinPlace.of(pair)) for pair in pairs]
        laying = _Laying(self, picture, scene.hole, shown)
        for pair, match in zip(pairs, matches, strict=True):
            if self._is_believed(pair, match, is_given=shown.given is not None):
                laying.lay(pair.twin, match.place)
        return np.where(scene.hole[..., None], picture, fill)

    def _is_believed(self, pair: Hidden, match: Match, *, is_given: bool) -> bool:
        if is_given and match.place.overlap(pair.part, pair.twin) < self.shape:
            return False
        limits = {"eye": self.eye, "brow": self.brow, "mouth": self.mouth, "glasses": self.glasses}
        sure, unsure = limits[pair.role]
        return match.likeness >= (unsure if match.outside >= self.outside else sure)


class _Laying:
    """A picture into which twins are laid, one after the other; none over another one."""

    def __init__(
        self,
        twins: Twins,
        picture: Float[np.ndarray, "h w 3"],
        hole: Bool[np.ndarray, "h w"],
        shown: Portrayed,
    ) -> None:
        self.twins, self.picture, self.hole = twins, picture, hole
        kept = [one for one in shown.changed if one in twin_classes(shown.labels)]
        self.free = (hole & ~np.isin(shown.layout, kept)).astype(np.float32)
        self.beside = np.isin(shown.layout, shown.labels.with_role("beside"))

    def lay(self, twin: Bool[np.ndarray, "h w"], place: TwinPlace) -> None:
        """Add the twin's high frequencies to the picture where they are wanted."""
        twins, hole = self.twins, self.hole
        window, rim = twins.match.window * place.side, twins.rim * place.side
        both = box_around([place.hidden + place.shift, place.seen], 1.5 * window, hole.shape)
        box = box_around([place.hidden + place.shift], window, hole.shape)
        here, inside = self.picture[box], hole[box]
        # From pixels of the one part of the picture to those of the other.
        turn = place.matrix()
        turn[:, 2] += turn[:, :2] @ [box[1].start, box[0].start] - [both[1].start, both[0].start]
        reflected = partial(transform, matrix=turn, size=inside.shape, method=BILINEAR)
        shown = np.stack([reflected(self.picture[both][..., c], method=BICUBIC) for c in range(3)], axis=-1)
        # Beyond the photo's border there is nothing, which must not be smoothed into what lies within.
        there = reflected(np.ones(hole[both].shape)) > 0.99
        shown = np.where(there[..., None], shown, here)
        around = fall_off(twin[both], twins.surroundings * place.side, twins.falls)
        near = np.minimum(1, 2 * reflected(around))
        deep = 1 - fading(inside, math.ceil(rim))
        apart = [_apart(self.beside[some], rim) for some in (both, box)]
        share = near * deep * self.free[box] * reflected(apart[0]) * apart[1]
        high = shown - here + smoothed(here - shown, twins.low * place.side)
        self.picture[box] += share[..., None] * high
        self.free[box] -= share


def _apart(beside: Bool[np.ndarray, "h w"], reach: float) -> Float[np.ndarray, "h w"]:
    """0 at and in what is beside the face, rising to 1 at about twice so many pixels from it."""
    return np.clip(1 - 2 * smoothed(beside.astype(np.float32), reach), 0, 1)


def fall_off(part: Bool[np.ndarray, "h w"], reach: float, steps: float) -> Float[np.ndarray, "h w"]:
    """1 in a part, falling to 0 at `reach` pixels outside of it.

    A wide fall is computed in a reduced picture, where it has `steps` steps.
    """
    factor = max(1.0, reach // steps)
    small = reduced(part.astype(np.float32), factor) > 0.5
    return enlarged(small + fading(~small, max(1, round(reach / factor))), factor, part.shape)
