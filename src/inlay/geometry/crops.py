"""Crops: a part of a photo that is filled as one portrait, and the way back into the photo."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int8, UInt8
from PIL import Image

from inlay.geometry.canvas_frame import UNITS, CanvasFrame, unit_of
from inlay.geometry.face_frame import FaceFrame
from inlay.geometry.tiles import Tile, tiles

__all__ = ["LARGEST", "Crop", "FaceCrop", "Framing", "ReducedCrop", "WholeCrop", "face_crops", "whole_crop"]

LARGEST = 3072
"""Longest side at which a whole photo is filled, which bounds memory; a larger one's fill is enlarged."""

LARGEST_FACE = 2048
"""Longest side at which a face is filled; a larger face's fill is enlarged."""

UPRIGHT = 0.1
"""Radians: a face turned by less is filled as it stands, so that nothing is resampled by turning."""

MARGIN = 24
"""Known pixels around a window of the photo that steps see."""

FACE_TILE = 2048
REDUCED_TILE, REDUCED_MARGIN = 896, 48
"""Sides in pixels of the windows in which a fill is put back."""

Hole = Bool[np.ndarray, "h w"]
Label = UInt8[np.ndarray, "h w"]
Box = tuple[int, int, int, int]
"""Top, left, bottom, right."""

Framing = Callable[[tuple[int, int]], CanvasFrame]
"""How a painter's canvas lies around a picture of (height, width)."""


@runtime_checkable
class Crop(Protocol):
    """Where a portrait lies in its photo. Layouts of the photo are shown on a grid, which may be smaller."""

    @property
    def owned(self) -> Hole:
        """The photo's hole pixels that are filled from this crop."""

    @property
    def frame(self) -> CanvasFrame:
        """The way from the crop to the canvas."""

    @property
    def scale(self) -> float:
        """How many pixels of the photo make a pixel of the crop."""

    @property
    def unit(self) -> float:
        """How many pixels of the photo make 1/256 of the portrait's height."""

    @property
    def is_photo(self) -> bool:
        """Whether the crop's pixels are the photo's own."""

    @property
    def hole(self) -> Bool[np.ndarray, "ph pw"]:
        """The hole in the crop."""

    @property
    def layout_frame(self) -> CanvasFrame:
        """The frame whose photo size is that of the layouts that `show_label` takes."""

    def cut(self, pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "ph pw 3"]:
        """The crop of the photo's pixels."""

    def cut_label(self, label: Label) -> UInt8[np.ndarray, "ph pw"]:
        """The crop of a layout of the photo's size."""

    def tiles(self) -> list[Tile]:
        """Windows of the photo that hold all of `owned`."""

    def put_back(self, fill: Float[np.ndarray, "ph pw 3"], box: Box) -> Float[np.ndarray, "h w 3"]:
        """A picture of the crop at the pixels of a box of the photo."""

    def canvas_back(self, picture: Float[np.ndarray, "th tw 3"], box: Box) -> Float[np.ndarray, "h w 3"]:
        """A picture of the canvas at the pixels of a box of the photo."""

    def cells(self, layout: Label) -> UInt8[np.ndarray, "th tw"]:
        """A layout of the photo, at the grid's size, on the canvas."""

    def show(self, canvas: Float[np.ndarray, "th tw"], shown: np.ndarray) -> None:
        """Put a map of the canvas where it lies on the grid."""

    def show_label(self, label: UInt8[np.ndarray, "ph pw"], shown: Label) -> None:
        """Put the crop's layout, at the size that `layout_frame` names, where it lies on the grid."""

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Where a pixel of the photo lies on the canvas: row and column."""


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


@dataclass(frozen=True, eq=False)
class FaceCrop:
    """A face in CelebA-HQ framing, upright where it was turned by more than a little.

    `unknown` is the photo's whole hole; `owner` says which face each of its pixels belongs to, this one's
    being `number`. `framing` is that of a painter for portraits of `height` pixels.
    """

    found: FaceFrame
    unknown: Hole
    owner: Int8[np.ndarray, "h w"]
    number: int
    framing: Framing
    height: int
    grid: tuple[int, int]

    is_photo = False

    @cached_property
    def face(self) -> FaceFrame:
        """The frame that is cut out."""
        return replace(self.found, angle=0.0) if abs(self.found.angle) < UPRIGHT else self.found

    @property
    def owned(self) -> Hole:
        """The hole pixels of this face."""
        return self.owner == self.number

    @cached_property
    def size(self) -> int:
        """The side of the crop: the painter's height, or so many times that."""
        times = min(-(-int(self.face.side) // self.height), max(1, LARGEST_FACE // self.height))
        return times * self.height

    @property
    def scale(self) -> float:
        """Of the photo's frame to the crop."""
        return self.face.side / self.size

    @property
    def unit(self) -> float:
        """Of the frame's side."""
        return self.face.side / UNITS

    @property
    def frame(self) -> CanvasFrame:
        """The frame of the crop."""
        return self.framing((self.size, self.size))

    @property
    def layout_frame(self) -> CanvasFrame:
        """Layouts come at the size of the crop."""
        return self.frame

    @cached_property
    def hole(self) -> Bool[np.ndarray, "s s"]:
        """The hole in the crop, other faces' parts of it included."""
        return self.face.cut(self.unknown.astype(np.uint8) * 255, self.size) > 0

    def cut(self, pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "s s 3"]:
        """The face, cut out."""
        return self.face.cut(pixels, self.size)

    def cut_label(self, label: Label) -> UInt8[np.ndarray, "s s"]:
        """A layout of the face, by nearest neighbour."""
        return self.face.cut_label(label, self.size)

    def tiles(self) -> list[Tile]:
        """Windows of bounded size."""
        return tiles(self.owned, FACE_TILE, MARGIN)

    def put_back(self, fill: Float[np.ndarray, "s s 3"], box: Box) -> Float[np.ndarray, "h w 3"]:
        """A box of the photo with the face turned back, whose levels were whole numbers in the crop."""
        levels = np.clip(np.rint(fill), 0, 255)
        return np.stack([self.face.back(levels[..., c], box) for c in range(3)], axis=-1).astype(np.float32)

    def canvas_back(self, picture: Float[np.ndarray, "t t 3"], box: Box) -> Float[np.ndarray, "h w 3"]:
        """The same of the canvas."""
        return self.put_back(picture, box)

    def cells(self, layout: Label) -> UInt8[np.ndarray, "th tw"]:
        """A layout on the canvas, by nearest neighbour."""
        return self._on_grid.cut_label(layout, self.height)

    def show(self, canvas: Float[np.ndarray, "th tw"], shown: np.ndarray) -> None:
        """Put a map of the canvas where the face lies on the grid."""
        self._show(canvas, shown, Image.Resampling.BICUBIC)

    def show_label(self, label: UInt8[np.ndarray, "ph pw"], shown: Label) -> None:
        """Put a layout where the face lies on the grid."""
        self._show(label, shown, Image.Resampling.NEAREST)

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Where a pixel lies on the canvas; within it."""
        u, v = self.face.place(x + 0.5, y + 0.5)
        most = self.height - 0.5
        return min(max(0.0, v * self.height), most), min(max(0.0, u * self.height), most)

    @cached_property
    def _on_grid(self) -> FaceFrame:
        return self.face.scaled(self.grid[1] / self.unknown.shape[1])

    def _show(self, values: np.ndarray, shown: np.ndarray, method: Image.Resampling) -> None:
        for box in bands(self._on_grid.box(self.grid)):
            top, left, bottom, right = box
            inside = self._on_grid.covers(box)
            shown[top:bottom, left:right][inside] = self._on_grid.back(values, box, method)[inside]


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


def face_crops(
    frames: Sequence[FaceFrame],
    unknown: Hole,
    *,
    framing: Callable[[float], tuple[Framing, int]],
    grid: tuple[int, int],
) -> list[FaceCrop]:
    """The crops of the faces that can be filled, each with its own part of the hole.

    `framing` tells the framing and the height of the painter for a frame whose side has so many pixels. A
    face whose crop shows nothing known cannot be filled; without a hole all faces have crops.
    """
    owner, crops = share_out(unknown, frames), list[FaceCrop]()
    for number, frame in enumerate(frames):
        crop = FaceCrop(frame, unknown, owner, number, *framing(frame.side), grid)
        if crop.hole.all() or (unknown.any() and not crop.hole.any()):
            owner[owner == number] = -1
        else:
            crops.append(crop)
    return crops


def share_out(hole: Hole, frames: Sequence[FaceFrame]) -> Int8[np.ndarray, "h w"]:
    """The face of each hole pixel, the one in whose frame it lies most centrally; -1 for no face."""
    owner = np.full(hole.shape, -1, dtype=np.int8)
    for number, frame in enumerate(frames):
        for box in bands(frame.box(hole.shape)):
            top, left, bottom, right = box
            window = np.s_[top:bottom, left:right]
            near = frame.nearness(box)
            mine = hole[window] & (near <= 1)
            for other in range(number):
                theirs = owner[window] == other
                if (mine & theirs).any():
                    mine &= ~theirs | (near < frames[other].nearness(box))
            owner[window][mine] = number
    return owner


def bands(box: Box, rows: int = 512) -> Iterator[Box]:
    """A box in parts of so many rows, which bounds the memory of coordinates."""
    top, left, bottom, right = box
    for start in range(top, bottom, rows):
        yield start, left, min(start + rows, bottom), right


def _resized(
    picture: Float[np.ndarray, "ph pw 3"], size: tuple[int, int], source: tuple[float, float, float, float]
) -> Float[np.ndarray, "h w 3"]:
    """A box (left, top, right, bottom) of a picture at another size, bicubic."""
    channels = (Image.fromarray(np.ascontiguousarray(picture[..., c], dtype=np.float32)) for c in range(3))
    parts = [c.resize(size[::-1], Image.Resampling.BICUBIC, box=source) for c in channels]
    return np.stack([np.asarray(part) for part in parts], axis=-1)
