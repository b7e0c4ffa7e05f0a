"""Holes that hide one whole part of a face, the case at which the paper fails (section IV.E, fig. 5)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.data.folder import Pair
from inlay.errors import UserError
from inlay.labels import LabelSet
from inlay.layers import read_label

__all__ = [
    "EYES",
    "PARTS",
    "REACH",
    "SMALLEST",
    "TWINS",
    "PartClasses",
    "frozen_parts",
    "part_classes",
    "part_hole",
    "read_layout",
    "twin_hole",
]

PARTS = ("eye", "brow", "nose", "mouth", "hair")
"""The parts that may be hidden, each a role of the label set (`inlay.labels.ROLES`)."""

EYES = "eyes"
"""Both eyes as one part; never hidden unless asked for by name."""

TWINS = ("eye", "brow", "mouth", "glasses")
"""Parts with a mirror twin; of one component each half is the other one's twin."""

REACH = 0.025
"""How far a hole reaches beyond its component, as a share of the shorter side: labels are never exact."""

SMALLEST = 0.0004
"""A component smaller than this share of the picture is a speck of labelling, not a part."""


PartClasses = tuple[tuple[int, ...], ...]
"""The class ids of each component of a part."""


def part_hole(
    rng: np.random.Generator,
    label: UInt8[np.ndarray, "h w"],
    *,
    parts: Sequence[PartClasses],
    reach: float = REACH,
) -> UInt8[np.ndarray, "h w"]:
    """Hide one component of one of the parts that the picture has; no hole if it has none of them.

    `parts` are the results of `part_classes`. The hole reaches beyond the component by `reach`, a share of
    the shorter side.
    """
    found = [components for part in parts if (components := _components(label, part))]
    if not found:
        return np.zeros(label.shape, dtype=np.uint8)
    components = found[int(rng.integers(len(found)))]
    component = components[int(rng.integers(len(components)))]
    return _dilated(component, max(1, round(reach * min(label.shape)))).astype(np.uint8)


def twin_hole(
    rng: np.random.Generator,
    label: UInt8[np.ndarray, "h w"],
    labels: LabelSet,
    *,
    parts: Sequence[str] = TWINS,
    reach: float = REACH,
) -> UInt8[np.ndarray, "h w"]:
    """Hide one eye or brow, or half of the mouth or glasses, whose mirror twin stays seen.

    Returns no hole where the picture has no part with a twin. `reach` is as in `part_hole`.
    """
    for part in parts:
        if part not in TWINS:
            raise UserError(f"unknown part '{part}'; expected one of {', '.join(TWINS)}")
    found = [pair for pair in (_twins(label, labels, part) for part in parts) if pair]
    if not found:
        return np.zeros(label.shape, dtype=np.uint8)
    pair = found[int(rng.integers(len(found)))]
    hidden = pair[int(rng.integers(2))]
    return _dilated(hidden, max(1, round(reach * min(label.shape)))).astype(np.uint8)


def frozen_parts(
    seed: int,
    pairs: list[Pair],
    size: tuple[int, int],
    labels: LabelSet,
    *,
    parts: Sequence[str] = PARTS,
    reach: float = REACH,
    in_turn: bool = False,
) -> UInt8[np.ndarray, "n h w"]:
    """Draw one hole a pair, at `size`, the n-th from the generator (seed, n).

    With `in_turn` the n-th pair's hole hides the n-th part, counted round; otherwise one by chance of those
    that the layout shows. `reach` is as in `part_hole`.
    """
    classes, holes = [part_classes(labels, part) for part in parts], []
    for n, pair in enumerate(pairs):
        choice = [classes[n % len(classes)]] if in_turn else classes
        label = read_layout(pair, size, labels)
        holes.append(part_hole(np.random.default_rng((seed, n)), label, parts=choice, reach=reach))
    return np.stack(holes)


def read_layout(pair: Pair, size: tuple[int, int], labels: LabelSet) -> UInt8[np.ndarray, "h w"]:
    """Read the layout of a pair at `size` (height, width), by nearest neighbour."""
    whole = Image.fromarray(read_label(pair.label, labels))
    return np.asarray(whole.resize((size[1], size[0]), Image.Resampling.NEAREST))


def part_classes(labels: LabelSet, part: str) -> PartClasses:
    """The class ids of each component of a part, of which one is hidden as a whole.

    Each class with a mirror twin is a component; the classes without one make up another one together. A
    `UserError` where no class of the label set has the part's role.
    """
    if part == EYES:
        return (tuple(one for side in part_classes(labels, "eye") for one in side),)
    if part not in (*PARTS, *TWINS):
        raise UserError(f"unknown part '{part}'; expected one of {', '.join(PARTS)}")
    ids = labels.with_role(part)
    if not ids:
        raise UserError(
            f"the label set '{labels.name}' has no class with the role '{part}'; give one that role "
            "(docs/labels.md), or leave the part out"
        )
    sides = tuple((one,) for one in ids if labels.twins[one] != one)
    rest = tuple(one for one in ids if labels.twins[one] == one)
    return (*sides, rest) if rest else sides


def _components(label: UInt8[np.ndarray, "h w"], part: PartClasses) -> list[Bool[np.ndarray, "h w"]]:
    """The components of a part that the picture shows."""
    regions = (np.isin(label, ids) for ids in part)
    return [region for region in regions if region.mean() >= SMALLEST]


def _twins(label: UInt8[np.ndarray, "h w"], labels: LabelSet, part: str) -> list[Bool[np.ndarray, "h w"]]:
    """The two twins of a part; none where either is too small."""
    regions = [np.isin(label, ids) for ids in part_classes(labels, part)]
    if len(regions) == 1:
        (whole,) = regions
        columns = np.arange(label.shape[1])
        middle = float(np.nonzero(whole)[1].mean()) if whole.any() else 0.0
        regions = [whole & (columns <= middle), whole & (columns > middle)]
    return regions if all(region.mean() >= SMALLEST for region in regions) else []


def _dilated(region: Bool[np.ndarray, "h w"], radius: int) -> Bool[np.ndarray, "h w"]:
    """All pixels within `radius` of the region."""
    h, w = region.shape
    padded, grown = np.pad(region, radius), np.zeros_like(region)
    for dy in range(-radius, radius + 1):
        reach = int(np.sqrt(radius**2 - dy**2))
        for dx in range(-reach, reach + 1):
            grown |= padded[radius + dy : radius + dy + h, radius + dx : radius + dx + w]
    return grown
