"""The crop of a photo that is one portrait."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from inlay.geometry.canvas_frame import CanvasFrame, unit_of
from inlay.geometry.crops import MARGIN, Box, Framing, Hole, Label
from inlay.geometry.tiles import Tile, tiles

__all__ = ["LARGEST", "ReducedCrop", "WholeCrop", "whole_crop"]

LARGEST = 3072
"""Longest side at which a whole photo is filled, which bounds memory; a larger one's fill is enlarged."""

REDUCED_TILE, REDUCED_MARGIN = 896, 48
"""Sides in pixels of the windows in which an enlarged fill is put back, and of their margins."""


@dataclass(frozen=True, eq=False)
class WholeCrop:
    """The photo is one portrait. `owned` is its hole, `grid` the size of the grid."""

    owned: Hole
    frame: CanvasFrame
    grid: tuple[int, int]

    scale, is_photo = 1.0, True

    @property
    def unit(self) -> float:
        """Of the photo's own height."""
        return unit_of(self.owned.shape)

    @property
    def hole(self) -> Hole:
        """The photo's hole."""
        return self.owned

    @property
    def layout_frame(self) -> CanvasFrame:
        """The frame of the photo at the grid's size."""
        return replace(self.frame, photo=self.grid)

    def cut(self, pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        """The photo itself."""
        return pixels

    def cut_label(self, label: Label) -> Label:
        """The layout itself."""
        return label

    def tiles(self) -> list[Tile]:
        """One window around the hole."""
        margin = MARGIN + max(8, math.ceil(2 * self.unit))
        return tiles(self.owned, max(self.owned.shape), margin)

    def put_back(self, fill: Float[np.ndarray, "h w 3"], box: Box) -> Float[np.ndarray, "th tw 3"]:
        """A part of the fill."""
        top, left, bottom, right = box
        return fill[top:bottom, left:right]

    def covers(self, box: Box) -> Bool[np.ndarray, "h w"]:
        """All pixels."""
        top, left, bottom, right = box
        return np.ones((bottom - top, right - left), dtype=bool)

    def canvas_back(self, picture: Float[np.ndarray, "th tw 3"], box: Box) -> Float[np.ndarray, "h w 3"]:
        """A box cut from the enlarged canvas, computed there alone."""
        top, left, bottom, right = box
        (y, x), (h, w) = self.frame.corner, self.frame.content
        down, across = h / self.owned.shape[0], w / self.owned.shape[1]
        source = (x + left * across, y + top * down, x + right * across, y + bottom * down)
        return _resized(picture, (bottom - top, right - left), source)

    def cells(self, layout: Label) -> UInt8[np.ndarray, "th tw"]:
        """A layout on the canvas, by nearest neighbour."""
        return self.layout_frame.label(layout)

    def show(self, canvas: Float[np.ndarray, "th tw"], shown: np.ndarray) -> None:
        """Put a map of the canvas on the grid."""
        shown[:] = self.layout_frame.back(canvas)

    def show_label(self, label: UInt8[np.ndarray, "ph pw"], shown: Label) -> None:
        """Put a layout on the grid."""
        shown[:] = label

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Where a pixel lies on the canvas."""
        (top, left), (ch, cw), (h, w) = self.frame.corner, self.frame.content, self.owned.shape
        return top + (y + 0.5) * ch / h, left + (x + 0.5) * cw / w


@dataclass(frozen=True, eq=False)
class ReducedCrop(WholeCrop):
    """The same of a photo that is too large to be filled at once: the crop is 1 / `factor` of its size.

    `reduced` is its hole: a pixel of it stands for any hole pixel under it.
    """

    factor: int
    reduced: Bool[np.ndarray, "ph pw"]

    is_photo = False

    @property
    def hole(self) -> Bool[np.ndarray, "ph pw"]:
        """The reduced hole."""
        return self.reduced

    @property
    def scale(self) -> float:  # type: ignore[override]
        """The factor."""
        return float(self.factor)

    def cut(self, pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "ph pw 3"]:
        """The photo, reduced by means."""
        return np.asarray(Image.fromarray(pixels).reduce(self.factor))

    def cut_label(self, label: Label) -> UInt8[np.ndarray, "ph pw"]:
        """The layout, reduced by nearest neighbour."""
        h, w = self.reduced.shape
        return np.asarray(Image.fromarray(label).resize((w, h), Image.Resampling.NEAREST))

    def tiles(self) -> list[Tile]:
        """Windows of bounded size."""
        return tiles(self.owned, REDUCED_TILE, REDUCED_MARGIN)

    def put_back(self, fill: Float[np.ndarray, "ph pw 3"], box: Box) -> Float[np.ndarray, "h w 3"]:
        """A box of the enlarged fill, whose levels are whole numbers."""
        top, left, bottom, right = box
        source = (left / self.factor, top / self.factor, right / self.factor, bottom / self.factor)
        return _resized(np.clip(np.rint(fill), 0, 255), (bottom - top, right - left), source)


def whole_crop(unknown: Hole, framing: Framing, grid: tuple[int, int]) -> WholeCrop:
    """The crop of a photo that is one portrait, reduced where it is larger than `LARGEST`."""
    h, w = unknown.shape
    factor = math.ceil(max(h, w) / LARGEST)
    if factor == 1:
        return WholeCrop(unknown, framing((h, w)), grid)
    share = np.asarray(Image.fromarray(unknown.view(np.uint8) * np.uint8(255)).reduce(factor))
    # Under a fine grid every pixel is touched: then one is known that has any known pixel.
    hole = share > 0 if (share == 0).any() else share == 255
    return ReducedCrop(unknown, framing((hole.shape[0], hole.shape[1])), grid, factor, hole)


def _resized(
    picture: Float[np.ndarray, "ph pw 3"], size: tuple[int, int], source: tuple[float, float, float, float]
) -> Float[np.ndarray, "h w 3"]:
    """A box (left, top, right, bottom) of a picture at another size, bicubic."""
    channels = (Image.fromarray(np.ascontiguousarray(picture[..., c], dtype=np.float32)) for c in range(3))
    parts = [c.resize(size[::-1], Image.Resampling.BICUBIC, box=source) for c in channels]
    return np.stack([np.asarray(part) for part in parts], axis=-1)
