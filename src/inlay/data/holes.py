"""Free-form holes and scratches as pure functions of a NumPy generator.

A free-form hole (CoModGAN, the paper's reference 15) is a union of rectangles and brush strokes. A stroke is
a zigzag: a polyline whose corners turn alternately by about half a turn less the mean angle, drawn with a
round brush.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from inlay.errors import UserError

__all__ = ["FreeForm", "free_form_hole", "frozen_holes", "pack_holes", "scratch_hole", "unpack_holes"]

MAX_TRIES = 10_000


@dataclass(frozen=True)
class FreeForm:
    """How free-form holes are drawn.

    `low` and `high` bound the hole ratio; `brush` is the range of brush widths in pixels of a picture of
    `brush_at` pixels (it scales with the size), or in pixels of any picture where `brush_at` is None, as the
    released program has it.
    """

    low: float = 0.01
    high: float = 0.2
    brush: tuple[int, int] = (12, 48)
    brush_at: int | None = 256

    def __post_init__(self) -> None:
        """Check the range."""
        if not 0 <= self.low < self.high <= 1:
            raise UserError(f"hole range {self.low} to {self.high}: expected 0 <= low < high <= 1")

    @staticmethod
    def released(low: float = 0.01, high: float = 0.2) -> "FreeForm":
        """The released program's holes: a brush of 12 to 48 pixels whatever the size."""
        return FreeForm(low, high, brush_at=None)


def free_form_hole(
    rng: np.random.Generator, size: tuple[int, int], form: FreeForm
) -> UInt8[np.ndarray, "h w"]:
    """Draw one hole of `size` (height, width), 1 = to be filled, of a ratio strictly inside the range."""
    amount = min(form.low + form.high, 1.0)
    for _ in range(MAX_TRIES):
        hole = Image.new("L", (size[1], size[0]), 0)
        draw = ImageDraw.Draw(hole)
        _rectangles(rng, draw, size, count=_below(rng, int(10 * amount)), limit=min(size) // 2)
        _rectangles(rng, draw, size, count=_below(rng, int(5 * amount)), limit=min(size))
        for _ in range(_below(rng, int(20 * amount))):
            _stroke(rng, draw, size, form)
        drawn = np.asarray(hole, dtype=np.uint8)
        if form.low < drawn.mean() < form.high:
            return drawn
    raise UserError(
        f"no hole of ratio {form.low} to {form.high} in {MAX_TRIES} tries at {size[0]} x {size[1]}; "
        "widen the range"
    )


def _below(rng: np.random.Generator, stop: int) -> int:
    return int(rng.integers(stop)) if stop > 0 else 0


def _rectangles(
    rng: np.random.Generator, draw: ImageDraw.ImageDraw, size: tuple[int, int], *, count: int, limit: int
) -> None:
    """Rectangles with sides below `limit` whose centres lie anywhere in the picture."""
    h, w = size
    for _ in range(count):
        rw, rh = _below(rng, limit), _below(rng, limit)
        left = int(rng.integers(-(rw // 2), w - rw + rw // 2))
        top = int(rng.integers(-(rh // 2), h - rh + rh // 2))
        if rw and rh:
            draw.rectangle((left, top, left + rw - 1, top + rh - 1), fill=1)


def _stroke(
    rng: np.random.Generator, draw: ImageDraw.ImageDraw, size: tuple[int, int], form: FreeForm
) -> None:
    """A zigzag of 4 to 17 corners, clipped to the picture."""
    h, w = size
    scale = min(size) / form.brush_at if form.brush_at else 1.0
    corners = int(rng.integers(4, 18))
    spread = rng.uniform(0, 2 * np.pi / 15, size=2)
    low, high = 2 * np.pi / 5 - spread[0], 2 * np.pi / 5 + spread[1]
    angles = rng.uniform(low, high, size=corners)
    angles[::2] = 2 * np.pi - angles[::2]
    radius = np.hypot(h, w) / 8
    x, y = float(rng.integers(w)), float(rng.integers(h))
    points = [(x, y)]
    for angle in angles:
        step = float(np.clip(rng.normal(radius, radius / 2), 0, 2 * radius))
        x = float(np.clip(x + step * np.cos(angle), 0, w))
        y = float(np.clip(y + step * np.sin(angle), 0, h))
        points.append((x, y))
    width = max(1, round(float(rng.uniform(*form.brush)) * scale))
    draw.line([(int(px), int(py)) for px, py in points], fill=1, width=width)
    for px, py in points:
        draw.ellipse((px - width // 2, py - width // 2, px + width // 2, py + width // 2), fill=1)


SCRATCH_SEGMENTS = 12
SCRATCH_WIDTHS = (2, 8)
"""Of a picture of 512 pixels, the second one excluded."""


def scratch_hole(rng: np.random.Generator, size: tuple[int, int], count: int = 5) -> UInt8[np.ndarray, "h w"]:
    """Draw scratches of `size` (height, width), 1 = to be filled: crooked lines across a picture.

    Each is 0.4 to 1.4 % of the height wide and 60 % of it long; it may leave the picture.
    """
    h, w = size
    hole = Image.new("L", (w, h), 0)
    draw = ImageDraw.Draw(hole)
    for _ in range(count):
        place, angle = rng.uniform(0, (w, h)), rng.uniform(0, 2 * np.pi)
        points = [(float(place[0]), float(place[1]))]
        for _ in range(SCRATCH_SEGMENTS):
            angle += rng.normal(0, 0.3)
            place = place + h / 20 * np.array([np.cos(angle), np.sin(angle)])
            points.append((float(place[0]), float(place[1])))
        width = max(1, round(int(rng.integers(*SCRATCH_WIDTHS)) * h / 512))
        draw.line(points, fill=1, width=width, joint="curve")
    return np.asarray(hole, dtype=np.uint8)


def frozen_holes(seed: int, count: int, size: tuple[int, int], form: FreeForm) -> UInt8[np.ndarray, "n h w"]:
    """`count` holes, each from the generator (seed, number): the first ones do not depend on the count."""
    return np.stack([free_form_hole(np.random.default_rng((seed, n)), size, form) for n in range(count)])


def pack_holes(
    holes: UInt8[np.ndarray, "n h w"], kinds: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Eight pixels a byte, with the width and perhaps each hole's kind, in the form of an .npz file."""
    packed = {"holes": np.packbits(holes, axis=-1), "width": np.array(holes.shape[-1])}
    return packed if kinds is None else packed | {"kinds": np.array(kinds)}


def unpack_holes(data: dict[str, np.ndarray]) -> UInt8[np.ndarray, "n h w"]:
    """The inverse of `pack_holes`; a file without `width` has a width that is a multiple of 8."""
    holes = np.unpackbits(data["holes"], axis=-1)
    return holes[..., : int(data["width"])] if "width" in data else holes
