"""Fill what lies on no face: by its surroundings' texture, or smoothly, region by region."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.finish.grain import Grain
from inlay.finish.scene import Scene
from inlay.pixels.biharmonic import biharmonic
from inlay.pixels.continuation import extend
from inlay.repair.composite import Part
from inlay.repair.texture import TextureFill

__all__ = ["BEYOND", "beyond_parts", "choose_beyond"]

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]

LARGEST = 15_000
"""Hole pixels of a region that are solved at full size; a larger one is filled reduced, then enlarged."""

AROUND = 24
"""Known pixels around a region that a method sees."""


def _smooth(pixels: Pixels, hole: Hole) -> Float[np.ndarray, "h w 3"]:
    return extend(pixels.astype(np.float32), hole)


def _biharmonic(pixels: Pixels, hole: Hole) -> Float[np.ndarray, "h w 3"]:
    known = pixels[~hole]
    # At the photo's border a slope would go on as far as the hole does.
    return biharmonic(pixels.astype(np.float32), hole).clip(known.min(axis=0), known.max(axis=0))


CONTINUED: dict[str, Callable[[Pixels, Hole], Float[np.ndarray, "h w 3"]]] = {
    "smooth": _smooth,
    "biharmonic": _biharmonic,
}

BEYOND = ("texture", *CONTINUED)
"""The methods; `texture` is `inlay.repair.texture`."""


def choose_beyond(name: str) -> str:
    """The method's name; `auto` is texture."""
    if name == "auto":
        return "texture"
    if name not in (*BEYOND, "refuse"):
        names = ", ".join(["auto", *BEYOND, "refuse"])
        raise UserError(f"unknown method '{name}' for what lies on no face; expected one of {names}")
    return name


def beyond_parts(
    name: str, pixels: Pixels, hole: Hole, barred: Hole | None = None, grain: Grain | None = None
) -> Iterator[Part]:
    """Fill each region of the hole in a window of the photo.

    `barred` pixels (faces) are seen and never copied. Grain is added where `grain` is given.
    """
    if hole.all():
        raise UserError("the hole covers all that could be seen around it; leave some of the photo known")
    if name == "texture":
        nothing = np.zeros_like(hole) if barred is None else barred
        yield from TextureFill().parts(pixels, hole, nothing, grain)
        return
    for window, region in _regions(hole):
        inside, seen = hole[window], pixels[window]
        if inside.all():
            raise UserError("the hole covers all that could be seen around it; leave some of the photo known")
        if (inside != region).any():
            # Others have windows of their own.
            smooth = np.clip(np.rint(_smooth(seen, inside)), 0, 255).astype(np.uint8)
            seen = np.where(region[..., None], seen, smooth)
        fill = _at_size(CONTINUED[name], seen, region, math.ceil(region.sum() / LARGEST))
        if grain is not None:
            fill = grain(Scene(seen.astype(np.float32), inside, 1.0), fill.astype(np.float32))
        yield Part(window, fill, region)


def _at_size(
    method: Callable[[Pixels, Hole], Float[np.ndarray, "h w 3"]], pixels: Pixels, hole: Hole, excess: int
) -> Float[np.ndarray, "h w 3"]:
    """The fill of a window, computed at a size that keeps the equations few, its level matched to the rim."""
    factor = math.ceil(math.sqrt(excess))
    if factor == 1 or method is _smooth:
        return method(pixels, hole)
    h, w = hole.shape
    filled = np.clip(np.rint(_smooth(pixels, hole)), 0, 255).astype(np.uint8)
    small = np.asarray(Image.fromarray(filled).reduce(factor))
    gone = np.asarray(Image.fromarray(hole.astype(np.uint8) * 255).reduce(factor)) > 0
    if gone.all():
        return _smooth(pixels, hole)
    channels = method(small, gone).transpose(2, 0, 1)
    box = (0, 0, w / factor, h / factor)
    enlarged = [
        np.asarray(Image.fromarray(c).resize((w, h), Image.Resampling.BICUBIC, box=box)) for c in channels
    ]
    fill = np.stack(enlarged, axis=-1)
    return fill + extend(pixels.astype(np.float32) - fill, hole)


def _regions(hole: Hole) -> Iterator[tuple[tuple[slice, slice], Hole]]:
    """Windows around a hole's connected regions, and the region in each."""
    named, _ = scipy.ndimage.label(hole, structure=np.ones((3, 3)))
    boxes = scipy.ndimage.find_objects(named)
    h, w = hole.shape
    for number, (rows, columns) in enumerate(boxes, start=1):
        window = (
            slice(max(0, rows.start - AROUND), min(h, rows.stop + AROUND)),
            slice(max(0, columns.start - AROUND), min(w, columns.stop + AROUND)),
        )
        yield window, named[window] == number
