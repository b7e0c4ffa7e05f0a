"""Damage a clean photo, and say where: ageing first, then marks, then what scanning and saving do."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageFilter
from scipy import ndimage

from inlay.data.damage.age import age, jpeg, to_bytes, toned
from inlay.data.damage.fields import log_uniform
from inlay.data.damage.lines import Canvas, crack, crease, hair, pen, scratch
from inlay.data.damage.pieces import Pieces
from inlay.data.damage.spots import dust, foxing, ink, loss, stain, tape, tear

__all__ = ["AREA", "FAINT", "LINE", "SPOT", "Damaged", "synthesise"]

LINE, SPOT, AREA, FAINT = 1, 2, 3, 4
"""Kinds of damage in a map; 0 is none. Lines are scratches, cracks and creases."""

VISIBLE, BUSY, SEEN = 10.0, 0.7, 3.0
"""Grey levels from which a change is damage, how much more where the picture is busy, and from which it is
at least faint."""

Mark = Callable[[np.random.Generator, Canvas, float], None]


@dataclass(frozen=True)
class Damaged:
    """A damaged photo, the photo as it was before, and the kind of damage of each pixel."""

    pixels: UInt8[np.ndarray, "h w 3"]
    before: UInt8[np.ndarray, "h w 3"]
    kinds: UInt8[np.ndarray, "h w"]

    @property
    def mask(self) -> Bool[np.ndarray, "h w"]:
        """Where the damage can be seen."""
        return (self.kinds > 0) & (self.kinds < FAINT)


def synthesise(
    rng: np.random.Generator,
    pixels: UInt8[np.ndarray, "h w 3"],
    pieces: Pieces | None = None,
    *,
    damaged: float = 0.8,
    aged: float = 0.8,
) -> Damaged:
    """Make a photo old with the probability `aged`, and damage it with the probability `damaged`.

    Lines are from one pixel to about 1/60 of the photo's longer side wide. Changes too weak to be seen are
    of the kind `FAINT` and no part of the mask.

    >>> grey = np.full((96, 128, 3), 128, np.uint8)
    >>> synthesise(np.random.default_rng(0), grey, damaged=0.0).mask.any()
    np.False_
    """
    canvas = age(rng, pixels) if rng.random() < aged else pixels.astype(np.float32)
    before, torn = canvas, np.zeros(pixels.shape[:2], dtype=bool)
    kinds = np.zeros(torn.shape, dtype=np.uint8)
    if rng.random() < damaged:
        canvas = before.copy()
        unit = log_uniform(rng, 0.8, max(2.0, max(pixels.shape[:2]) / 60))
        for kind, marks in _plan(rng, pieces).items():
            last = canvas.copy()
            for mark in marks:
                mark(rng, canvas, unit * log_uniform(rng, 0.7, 1.4))
            canvas.clip(0, 255, out=canvas)
            kinds[_change(canvas, last) > SEEN] = kind
        if rng.random() < 0.08:
            torn = (pieces.tear if pieces and pieces.tears and rng.random() < 0.5 else tear)(
                rng, canvas, unit
            )
            kinds[torn] = AREA
    before, canvas = _scan(rng, before, canvas)
    if kinds.any():
        kinds = _visible(before, canvas, kinds)
    result = to_bytes(canvas)
    if rng.random() < 0.4:
        result = jpeg(rng, result)
    return Damaged(result, to_bytes(before), kinds)


def _plan(rng: np.random.Generator, pieces: Pieces | None) -> dict[int, list[Mark]]:
    """Draw which marks come; each kind of a few photos, so that no photo has them all."""
    areas: list[tuple[float, Mark]] = [(0.10, foxing), (0.05, stain), (0.06, ink), (0.16, loss), (0.04, tape)]
    lines: list[tuple[float, Mark]] = [(0.40, scratch), (0.40, crack), (0.22, crease)]
    spots: list[tuple[float, Mark]] = [(0.30, dust), (0.15, hair), (0.04, pen)]
    if pieces is not None:
        areas += [(0.10, pieces.lay_stain)] if pieces.stains else []
        if pieces.specks:
            lines.append((0.12, lambda r, c, u: pieces.lay_specks(r, c, u, lines=True)))
            spots.append((0.35, lambda r, c, u: pieces.lay_specks(r, c, u, lines=False)))
        spots += [(0.18, pieces.lay_film)] if pieces.films else []
    plan = dict[int, list[Mark]]()
    for kind, marks in ((AREA, areas), (LINE, lines), (SPOT, spots)):
        plan[kind] = [mark for share, mark in marks for _ in range(3) if rng.random() < share / 1.6]
    return plan


def _scan(rng: np.random.Generator, before: Canvas, canvas: Canvas) -> tuple[Canvas, Canvas]:
    """Soften, shrink the colours to one, and add noise, to the photo without and with its damage."""
    steps = list[Callable[[Canvas], Canvas]]()
    if rng.random() < 0.3:
        blur = ImageFilter.GaussianBlur(rng.uniform(0.3, 1.1))
        steps.append(lambda x: np.asarray(Image.fromarray(to_bytes(x)).filter(blur), dtype=np.float32))
    if rng.random() < 0.4:
        tint = np.ones(3, dtype=np.float32)
        if rng.random() < 0.4:
            tint += np.float32(rng.uniform(0, 1)) * np.array([0.12, 0, -0.2], dtype=np.float32)
        steps.append(lambda x: toned(x, tint))
    if rng.random() < 0.3:
        grain = rng.standard_normal(canvas.shape[:2], dtype=np.float32)[..., None] * np.float32(
            log_uniform(rng, 0.5, 5.0)
        )
        steps.append(lambda x: x + grain)
    same = canvas is before
    for step in steps:
        canvas = step(canvas)
        before = canvas if same else step(before)
    return before, canvas


def _change(after: Canvas, before: Canvas) -> Float[np.ndarray, "h w"]:
    """The largest change of a channel."""
    red, green, blue = (np.abs(after[..., n] - before[..., n]) for n in range(3))
    return np.maximum(np.maximum(red, green), blue)


def _visible(before: Canvas, canvas: Canvas, kinds: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """The kinds, but `FAINT` where the change is too weak to be seen in a busy picture, and 0 without one.

    Single pixels that stick out of a faint change are grain, and faint too.
    """
    grey = np.ascontiguousarray(before[..., 1])
    mean = ndimage.uniform_filter(grey, 7)
    busy = np.sqrt((ndimage.uniform_filter(grey * grey, 7) - mean * mean).clip(0, None))
    total = _change(canvas, before)
    seen = (total >= VISIBLE + (BUSY * busy).clip(0, 30)) & (kinds > 0)
    near = ndimage.uniform_filter(seen.astype(np.float32), 3) * 9
    told = np.where(seen & (near > 2.5), kinds, FAINT)
    return np.where((kinds == 0) | ((total < SEEN) & (near < 4.5)), 0, told).astype(np.uint8)
