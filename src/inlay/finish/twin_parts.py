"""Find hidden parts of a face whose mirror twin is visible: eyes, brows, halves of mouths and glasses."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.labels import LabelSet

__all__ = ["HALVES", "SIDES", "Hidden", "Point", "TwinParts", "center_of", "twin_classes"]

Point = Float[np.ndarray, " 2"]
"""Column and row."""

SIDES = ("eye", "brow")
"""Roles of classes on either side of the face, each with a twin. Ears are left out: light and background
differ between the two."""

HALVES = ("mouth", "glasses")
"""Roles of classes across the face's axis: either half is the other one's twin. Noses are left out: light
differs between their halves."""


@dataclass(frozen=True)
class Hidden:
    """A hidden part of the face, its mirror twin, and the vector of length 1 across the face's axis.

    `role` is the part's role in the label set, `classes` are its ids. `unit` is the unit of lengths, in sides
    of a square of the twin's area.
    """

    role: str
    classes: frozenset[int]
    part: Bool[np.ndarray, "h w"]
    twin: Bool[np.ndarray, "h w"]
    across: Point
    unit: float = 1.0


@dataclass(frozen=True)
class TwinParts:
    """Which hidden parts have a visible twin.

    A part is taken if the hole hides at least the share `hidden` of it, and of the twin at most `seen` times
    (of a half `seen_half` times) as large a share. A scratch over the twin is filled well enough to be
    copied, and a hole over half a mouth begins in the other half.
    """

    hidden: float = 0.3  # share of the part's pixels
    fewest: int = 20  # pixels of a part, and of its twin
    seen: float = 0.5
    seen_half: float = 0.75
    half: float = 0.65  # unit of a half: mouths and glasses are large beside their details
    aside: float = 0.3  # sides of a square of its area: distance of a halved part from the face's axis

    def find(
        self, hole: Bool[np.ndarray, "h w"], label: UInt8[np.ndarray, "h w"], labels: LabelSet
    ) -> list[Hidden]:
        """List the hidden parts of a layout: glasses, which hide eyes, then the most hidden first."""
        axis = self._axis(label, labels)
        if axis is None or not hole.any():
            return []
        hidden = list[tuple[float, Hidden]]()
        for pair in (*self._sides(label, labels, axis[1]), *self._halves(label, labels, *axis)):
            share, seen = (_share(one, hole) for one in (pair.part, pair.twin))
            if share >= max(self.hidden, seen / (self.seen_half if pair.role in HALVES else self.seen)):
                hidden.append((share, pair))
        hidden.sort(key=lambda found: (found[1].role != "glasses", -found[0]))
        return [pair for _, pair in hidden]

    def _sides(self, label: UInt8[np.ndarray, "h w"], labels: LabelSet, across: Point) -> Iterator[Hidden]:
        """Parts on either side of the face that are large enough, with their twins."""
        present = self._present(label)
        roles = {part: role for role in SIDES for part in labels.with_role(role)}
        for part, twin in enumerate(labels.twins):
            if part != twin and part in roles and {part, twin} <= present:
                yield Hidden(roles[part], frozenset({part}), label == part, label == twin, across)

    def _halves(
        self, label: UInt8[np.ndarray, "h w"], labels: LabelSet, middle: Point, across: Point
    ) -> Iterator[Hidden]:
        """Halves of parts across the face's axis that are large enough, each with the other as its twin."""
        for role in HALVES:
            ids = frozenset(labels.with_role(role))
            whole = np.isin(label, list(ids))
            if not whole.any():
                continue
            center = center_of(whole)
            if abs((center - middle) @ across) > self.aside * math.sqrt(np.count_nonzero(whole)):
                continue
            rows, columns = np.nonzero(whole)
            side = np.zeros(whole.shape, dtype=np.float32)
            side[whole] = (np.stack([columns, rows], axis=1) - center) @ across
            one, other = side < 0, side > 0
            if min(np.count_nonzero(one), np.count_nonzero(other)) >= self.fewest:
                yield Hidden(role, ids, one, other, across, self.half)
                yield Hidden(role, ids, other, one, across, self.half)

    def _present(self, label: UInt8[np.ndarray, "h w"]) -> set[int]:
        """The classes that have enough pixels."""
        return set(np.flatnonzero(np.bincount(label.ravel()) >= self.fewest).tolist())

    def _axis(self, label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> tuple[Point, Point] | None:
        """A point of the face's axis and the vector of length 1 across it; None where no twins are present.

        The mean of the midpoints between twins, and of the vectors from each to the other, as
        `inlay.networks.reflection.face_axis` computes them for one face.
        """
        present = self._present(label)
        ends = [
            (center_of(label == part), center_of(label == twin))
            for part, twin in enumerate(labels.twins)
            if part < twin and {part, twin} <= present
        ]
        if not ends:
            return None
        step = np.sum([twin - part for part, twin in ends], axis=0)
        return np.mean(ends, axis=(0, 1)), step / max(float(np.linalg.norm(step)), 1e-6)


def twin_classes(labels: LabelSet) -> frozenset[int]:
    """The ids of all classes whose parts are copied from twins."""
    sides = {one for role in SIDES for one in labels.with_role(role) if labels.twins[one] != one}
    return frozenset(sides.union(*(labels.with_role(role) for role in HALVES)))


def center_of(part: Bool[np.ndarray, "h w"]) -> Point:
    """The mean place of a part's pixels."""
    rows, columns = np.nonzero(part)
    return np.array([columns.mean(), rows.mean()])


def _share(part: Bool[np.ndarray, "h w"], hole: Bool[np.ndarray, "h w"]) -> float:
    """How much of a part is hidden."""
    return int(np.count_nonzero(part & hole)) / max(int(np.count_nonzero(part)), 1)
