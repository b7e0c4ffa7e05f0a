"""Holes by which others' models are known on CelebA-HQ at 256 px: a brush, both eyes, or the mouth.

Widths and margins are for 256 px and follow the picture's size.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw

from inlay.data.boxes import hole_box
from inlay.data.folder import Pair
from inlay.data.parts import read_layout
from inlay.labels import LabelSet

__all__ = ["KINDS", "frozen_peers", "peer_hole"]

KINDS = ("brush", "eyes", "mouth")
SCALE = 256
POINTS = 4
MIDDLE = (0.2, 0.8)
WIDTHS = (20, 44)
MARGINS = {"eyes": 8, "mouth": 12}
ROLES = {"eyes": ("eye", "brow"), "mouth": ("mouth",)}


def peer_hole(
    rng: np.random.Generator, label: UInt8[np.ndarray, "h w"], labels: LabelSet, kind: str
) -> UInt8[np.ndarray, "h w"]:
    """Draw one hole, 1 = to be filled, of one of `KINDS`.

    'brush' joins four random points in the middle three fifths, 20 to 44 px wide, with round ends. 'eyes' is
    the box of both eyes and brows with 8 px around, 'mouth' that of mouth and lips with 12 px. A layout
    without the part gives no hole.
    """
    scale = min(label.shape) / SCALE
    if kind == "brush":
        return _brush(rng, (label.shape[0], label.shape[1]), scale)
    ids = [one for role in ROLES[kind] for one in labels.with_role(role)]
    hole = np.zeros_like(label)
    region: Bool[np.ndarray, "h w"] = np.isin(label, ids)
    hole[hole_box(region, round(MARGINS[kind] * scale))] = region.any()
    return hole


def frozen_peers(
    seed: int, pairs: Sequence[Pair], size: tuple[int, int], labels: LabelSet
) -> tuple[UInt8[np.ndarray, "n h w"], list[str]]:
    """Draw a hole a pair at `size`, the kinds in turn, the n-th from the generator (seed, n).

    Returns the holes and their kinds.
    """
    kinds = [KINDS[n % len(KINDS)] for n in range(len(pairs))]
    holes = [
        peer_hole(np.random.default_rng((seed, n)), read_layout(pair, size, labels), labels, kind)
        for n, (pair, kind) in enumerate(zip(pairs, kinds, strict=True))
    ]
    return np.stack(holes), kinds


def _brush(rng: np.random.Generator, size: tuple[int, int], scale: float) -> UInt8[np.ndarray, "h w"]:
    h, w = size
    places = rng.uniform(*MIDDLE, size=(POINTS, 2)) * (w, h)
    radius = rng.uniform(*WIDTHS) * scale / 2
    hole = Image.new("L", (w, h), 0)
    draw = ImageDraw.Draw(hole)
    draw.line([(float(x), float(y)) for x, y in places], fill=1, width=round(2 * radius))
    for x, y in places:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(hole, dtype=np.uint8)
