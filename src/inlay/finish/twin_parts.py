"""Hidden parts whose mirror twin is seen: eyes, brows, halves of mouths and of glasses. Without PyTorch."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.labels import LabelSet

__all__ = ["DRAWN", "HALVES", "Hidden", "Point", "hidden_twins", "middle_of"]

Point = Float[np.ndarray, " 2"]
"""Column and row."""

SIDES = ("l_eye", "r_eye", "l_brow", "r_brow")
"""What stands on either side of the face. Left out are ears, which lie in another light and before another
background."""

HALVES = {"mouth": ("mouth", "u_lip", "l_lip"), "eye_g": ("eye_g",)}
"""What stands astride the face's axis, and its classes: either half is the other one's twin. Left out are
noses, whose halves lie in unlike light."""

DRAWN = frozenset({*SIDES, *(name for names in HALVES.values() for name in names)})
"""The classes of all that is drawn after its twin."""

HIDDEN, LEAST = 0.3, 20
"""A part is drawn after its twin if so large a share of it is hidden, and if both have so many pixels."""

SEEN, SEEN_HALF = 0.5, 0.75
"""Of the twin no more than so many times that share may be hidden: a scratch over it is filled well enough to
be copied; and a hole over half a mouth begins in the other half."""

HALF = 0.65
"""The unit of a half: mouths and glasses are larger than eyes beside what is drawn of them."""

ASIDE = 0.3
"""How far from the face's axis the middle of what is cut in halves may lie, in sides of a square as large."""


@dataclass(frozen=True)
class Hidden:
    """A hidden part of the face, its mirror twin, and the vector of length 1 across the face's axis.

    `unit` is what lengths are counted in, in sides of a square as large as the twin.
    """

    name: str
    classes: frozenset[int]
    part: Bool[np.ndarray, "h w"]
    twin: Bool[np.ndarray, "h w"]
    across: Point
    unit: float = 1.0


def hidden_twins(
    hole: Bool[np.ndarray, "h w"], label: UInt8[np.ndarray, "h w"], labels: LabelSet
) -> list[Hidden]:
    """The hidden parts that a layout shows: glasses, which hide eyes, and then the most hidden first."""
    axis = _axis(label, labels)
    if axis is None or not hole.any():
        return []
    hidden = list[tuple[float, Hidden]]()
    for pair in _pairs(label, labels, *axis):
        share, seen = (_share(one, hole) for one in (pair.part, pair.twin))
        if share >= max(HIDDEN, seen / (SEEN_HALF if pair.name in HALVES else SEEN)):
            hidden.append((share, pair))
    hidden.sort(key=lambda found: (found[1].name != "eye_g", -found[0]))
    return [pair for _, pair in hidden]


def _share(part: Bool[np.ndarray, "h w"], hole: Bool[np.ndarray, "h w"]) -> float:
    """How much of a part is hidden."""
    return int(np.count_nonzero(part & hole)) / max(int(np.count_nonzero(part)), 1)


def _pairs(
    label: UInt8[np.ndarray, "h w"], labels: LabelSet, middle: Point, across: Point
) -> Iterator[Hidden]:
    """Each part that may be drawn after its twin, both large enough."""
    present = _present(label)
    for part, twin in enumerate(labels.twins):
        name = labels.names[part]
        if part != twin and name in SIDES and {part, twin} <= present:
            yield Hidden(name, frozenset({part}), label == part, label == twin, across)
    for name, classes in HALVES.items():
        ids = frozenset(labels.id_of(kind) for kind in classes if kind in labels.names)
        whole = np.isin(label, list(ids))
        if not whole.any():
            continue
        own = middle_of(whole)
        if abs((own - middle) @ across) > ASIDE * math.sqrt(np.count_nonzero(whole)):
            continue
        rows, columns = np.nonzero(whole)
        side = np.zeros(whole.shape, dtype=np.float32)
        side[whole] = (np.stack([columns, rows], axis=1) - own) @ across
        one, other = side < 0, side > 0
        if min(np.count_nonzero(one), np.count_nonzero(other)) >= LEAST:
            yield Hidden(name, ids, one, other, across, HALF)
            yield Hidden(name, ids, other, one, across, HALF)


def middle_of(part: Bool[np.ndarray, "h w"]) -> Point:
    """The mean place of a part's pixels."""
    rows, columns = np.nonzero(part)
    return np.array([columns.mean(), rows.mean()])


def _present(label: UInt8[np.ndarray, "h w"]) -> set[int]:
    """The classes that are large enough to be gone by."""
    return set(np.flatnonzero(np.bincount(label.ravel()) >= LEAST).tolist())


def _axis(label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> tuple[Point, Point] | None:
    """A point of the face's axis and the vector of length 1 across it; `None` where no part has its twin.

    The means of what lies between the twins and of the steps from each to the other, as
    `inlay.networks.reflection.face_axis` has it, of one face.
    """
    present = _present(label)
    ends = [
        (middle_of(label == part), middle_of(label == twin))
        for part, twin in enumerate(labels.twins)
        if part < twin and {part, twin} <= present
    ]
    if not ends:
        return None
    step = np.sum([twin - part for part, twin in ends], axis=0)
    return np.mean(ends, axis=(0, 1)), step / max(float(np.linalg.norm(step)), 1e-6)
