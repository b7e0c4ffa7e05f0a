"""Photos too large to be filled at once: filled reduced, then enlarged and joined window by window."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8, UInt16
from PIL import Image

from inlay.inference.finish import Finish
from inlay.inference.frame import unit_of
from inlay.inference.patchwork import Part, Patchwork
from inlay.inference.photo import Photo
from inlay.inference.tiles import tiles

__all__ = ["LARGEST", "Reduced"]

LARGEST = 3072
"""The longest side at which a whole photo is filled, which bounds memory; a larger one's fill is enlarged."""

SIDE, MARGIN = 896, 48
"""The windows in which an enlarged fill is joined to the photo, and what they see around them."""

FADE = 32
"""So many pixels inside the rim the join has faded out, so that a hole of many windows shows no seams."""

Hole = Bool[np.ndarray, "h w"]
Label = UInt8[np.ndarray, "h w"]


@dataclass(frozen=True)
class Reduced:
    """A photo at 1 / `factor` of its size; a pixel of `hole` stands for any hole pixel under it."""

    photo: Photo
    whole_hole: Hole
    factor: int
    pixels: UInt8[np.ndarray, "th tw 3"]
    hole: Bool[np.ndarray, "th tw"]

    @staticmethod
    def of(photo: Photo, hole: Hole) -> "Reduced":
        """The photo within `LARGEST`."""
        factor = math.ceil(max(photo.size) / LARGEST)
        share = np.asarray(Image.fromarray(hole.view(np.uint8) * np.uint8(255)).reduce(factor))
        # Under a fine grid every pixel is touched: then one is known that has any known pixel.
        touched = share > 0 if (share == 0).any() else share == 255
        pixels = np.asarray(Image.fromarray(photo.pixels).reduce(factor))
        return Reduced(photo, hole, factor, pixels, touched)

    def label(self, label: Label) -> UInt8[np.ndarray, "th tw"]:
        """A layout of the photo, reduced by nearest neighbour."""
        h, w = self.hole.shape
        return np.asarray(Image.fromarray(label).resize((w, h), Image.Resampling.NEAREST))

    def label_back(self, label: UInt8[np.ndarray, "th tw"]) -> Label:
        """A reduced layout at the photo's size."""
        h, w = self.photo.size
        box = (0, 0, w / self.factor, h / self.factor)
        return np.asarray(Image.fromarray(label).resize((w, h), Image.Resampling.NEAREST, box=box))

    def composite(
        self, fill: UInt8[np.ndarray, "th tw 3"], finish: Finish
    ) -> UInt8[np.ndarray, "h w *c"] | UInt16[np.ndarray, "h w *c"]:
        """The photo's own values with the hole from an enlarged fill; all else is as it was."""
        work = Patchwork(self.photo, self.whole_hole)
        for part in self.parts(fill, finish):
            work.put(part)
        return work.native

    def parts(self, fill: UInt8[np.ndarray, "th tw 3"], finish: Finish) -> Iterator[Part]:
        """The hole's windows with the enlarged fill, joined to the photo."""
        k = self.factor
        channels = [Image.fromarray(fill[..., c].astype(np.float32)) for c in range(3)]
        join, unit = replace(finish, feather=FADE, strength=1.0), unit_of(self.photo.size)
        for tile in tiles(self.whole_hole, SIDE, MARGIN):
            top, left, bottom, right = tile.box
            window, size = tile.window, (right - left, bottom - top)
            box = (left / k, top / k, right / k, bottom / k)
            parts = [np.asarray(c.resize(size, Image.Resampling.BICUBIC, box=box)) for c in channels]
            large, gone = np.stack(parts, axis=-1), self.whole_hole[window]
            if not gone.all():
                known = self.photo.pixels[window].astype(np.float32)
                large = finish.begun(join.join(large, known, gone), known, gone, unit)
            yield Part(window, large, tile.own(gone))
