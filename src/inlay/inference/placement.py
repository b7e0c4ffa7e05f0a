"""How a portrait lies in a photo: the photo is the portrait, or a face in it is framed and turned upright."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int8, UInt8
from PIL import Image

from inlay.inference.blend import extend
from inlay.inference.finish import STANDARD, Finish
from inlay.inference.frame import UNITS, Frame
from inlay.inference.large import Reduced
from inlay.inference.patchwork import Part
from inlay.inference.photo import Photo
from inlay.inference.similarity import Similarity
from inlay.inference.tiles import tiles

__all__ = ["FaceWindow", "LargePhoto", "Placement", "WholePhoto", "face_windows"]

LARGEST = 2048
"""The longest side at which a face is filled, which bounds memory; a larger face's fill is enlarged."""

TILE, MARGIN = 2048, 24
"""The windows in which a face's fill is put back, and what they see around them."""

UPRIGHT = 0.1
"""Radians: a face turned by less is filled as it stands, so that nothing is resampled by turning."""

WITHOUT_RIM = replace(STANDARD, rim=False)

Hole = Bool[np.ndarray, "h w"]
Label = UInt8[np.ndarray, "h w"]


@runtime_checkable
class Placement(Protocol):
    """Where a portrait lies in its photo, `grid` being the size at which the photo's layout is shown."""

    @property
    def hole(self) -> Hole:
        """The hole pixels that are filled from this portrait."""

    @property
    def model(self) -> int:
        """The size in pixels of the model that fills it."""

    @property
    def frame(self) -> Frame:
        """The way from the portrait's picture to the canvas that the networks see."""

    def portrait(self, photo: Photo) -> tuple[Photo, Bool[np.ndarray, "ph pw"]]:
        """The portrait's picture and the hole in it."""

    def cells(self, layout: Label) -> UInt8[np.ndarray, "th tw"]:
        """A layout of the photo, at the grid's size, on the canvas."""

    def show(self, canvas: Float[np.ndarray, "th tw"], shown: np.ndarray) -> None:
        """Put a map of the canvas where it lies on the grid."""

    def show_label(self, label: UInt8[np.ndarray, "ph pw"], shown: Label) -> None:
        """Put the portrait's layout, at the size that `layout_frame` names, where it lies on the grid."""

    @property
    def layout_frame(self) -> Frame:
        """The frame whose photo size is that of the layouts that `show_label` takes."""

    @property
    def finish(self) -> Finish:
        """What the portrait's own fill gets; what `parts` adds is left out."""

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Where a pixel of the photo lies on the canvas: row and column."""

    def parts(self, photo: Photo, fill: Float[np.ndarray, "ph pw 3"], finish: Finish) -> Iterator[Part]:
        """The hole's windows with the portrait's fill, joined to the photo."""

    def quick_parts(self, photo: Photo, levels: Float[np.ndarray, "3 th tw"]) -> Iterator[Part]:
        """The same from the canvas alone (RGB, 0 to 255), without the known pixels' detail."""


@dataclass(frozen=True, eq=False)
class WholePhoto:
    """The photo is one portrait. `grid` is (height, width), `model` the model's size in pixels."""

    frame: Frame
    hole: Hole
    grid: tuple[int, int]
    model: int

    @property
    def finish(self) -> Finish:
        """All of it."""
        return STANDARD

    @property
    def layout_frame(self) -> Frame:
        """The frame of the photo at the grid's size."""
        return replace(self.frame, photo=self.grid)

    def portrait(self, photo: Photo) -> tuple[Photo, Bool[np.ndarray, "ph pw"]]:
        """The photo itself."""
        return photo, self.hole

    def cells(self, layout: Label) -> UInt8[np.ndarray, "th tw"]:
        """A layout on the canvas."""
        return self.layout_frame.label(layout)

    def show(self, canvas: Float[np.ndarray, "th tw"], shown: np.ndarray) -> None:
        """Put a map of the canvas on the grid."""
        shown[:] = self.layout_frame.back(canvas)

    def show_label(self, label: UInt8[np.ndarray, "ph pw"], shown: Label) -> None:
        """Put a layout on the grid."""
        shown[:] = label

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Where a pixel lies on the canvas."""
        (top, left), (ch, cw), (h, w) = self.frame.corner, self.frame.content, self.hole.shape
        return top + (y + 0.5) * ch / h, left + (x + 0.5) * cw / w

    def parts(self, photo: Photo, fill: Float[np.ndarray, "ph pw 3"], finish: Finish) -> Iterator[Part]:
        """A window around the hole; a portrait's fill is joined already."""
        for tile in tiles(self.hole, max(self.hole.shape), MARGIN):
            yield Part(tile.window, fill[tile.window], self.hole[tile.window])

    def quick_parts(self, photo: Photo, levels: Float[np.ndarray, "3 th tw"]) -> Iterator[Part]:
        """A window around the hole, computed there alone."""
        for tile in tiles(self.hole, max(self.hole.shape), MARGIN):
            window = tile.window
            fill = np.stack([self._piece(channel, tile.box) for channel in levels], axis=-1)
            pixels, hole = photo.pixels[window], self.hole[window]
            if not self.frame.is_plain and not hole.all():
                fill = fill + extend(pixels.astype(np.float32) - fill, hole)
            yield Part(window, fill, hole)

    def _piece(
        self, channel: Float[np.ndarray, "th tw"], box: tuple[int, int, int, int]
    ) -> Float[np.ndarray, "h w"]:
        """A box of the photo cut from a map of the canvas: what `Frame.back` would show there."""
        top, left, bottom, right = box
        (y, x), (h, w) = self.frame.corner, self.frame.content
        down, across = h / self.hole.shape[0], w / self.hole.shape[1]
        source = (x + left * across, y + top * down, x + right * across, y + bottom * down)
        size = (right - left, bottom - top)
        return np.asarray(Image.fromarray(channel).resize(size, Image.Resampling.BICUBIC, box=source))


@dataclass(frozen=True, eq=False)
class LargePhoto(WholePhoto):
    """The same of a photo too large to be filled at once: the portrait is its reduced picture."""

    reduced: Reduced

    @property
    def finish(self) -> Finish:
        """The rim is drawn at the photo's size."""
        return WITHOUT_RIM

    def portrait(self, photo: Photo) -> tuple[Photo, Bool[np.ndarray, "ph pw"]]:
        """The photo, reduced."""
        return Photo.of(self.reduced.pixels), self.reduced.hole

    def parts(self, photo: Photo, fill: Float[np.ndarray, "ph pw 3"], finish: Finish) -> Iterator[Part]:
        """The hole's windows with the fill enlarged and joined to the photo."""
        yield from self.reduced.parts(np.clip(np.rint(fill), 0, 255).astype(np.uint8), finish)


@dataclass(frozen=True, eq=False)
class FaceWindow:
    """A face of the photo, cut out in CelebA-HQ framing, upright where it was turned by more than a little.

    `gap` is the photo's whole hole; `owner` says which face each of its pixels belongs to, this one's being
    `number`. `model` is the model's size in pixels.
    """

    found: Similarity
    gap: Hole
    owner: Int8[np.ndarray, "h w"]
    number: int
    model: int
    grid: tuple[int, int]

    @cached_property
    def face(self) -> Similarity:
        """The frame that is cut out."""
        return replace(self.found, angle=0.0) if abs(self.found.angle) < UPRIGHT else self.found

    @property
    def hole(self) -> Hole:
        """The hole pixels of this face."""
        return self.owner == self.number

    @cached_property
    def size(self) -> int:
        """The side of the portrait's picture: the model's, or so many times that."""
        return min(-(-int(self.face.side) // self.model), max(1, LARGEST // self.model)) * self.model

    @property
    def frame(self) -> Frame:
        """The frame of the picture that was cut out."""
        return Frame.around((self.size, self.size), self.model)

    @property
    def finish(self) -> Finish:
        """The rim is drawn when the face is put back."""
        return WITHOUT_RIM

    @property
    def layout_frame(self) -> Frame:
        """Layouts come at the size of the picture."""
        return self.frame

    @cached_property
    def gone(self) -> Bool[np.ndarray, "s s"]:
        """The hole in the picture that was cut out."""
        return self.face.cut(self.gap.astype(np.uint8) * 255, self.size) > 0

    def portrait(self, photo: Photo) -> tuple[Photo, Bool[np.ndarray, "ph pw"]]:
        """The face, cut out."""
        return Photo.of(self.face.cut(photo.pixels, self.size)), self.gone

    @cached_property
    def _on_grid(self) -> Similarity:
        return self.face.scaled(self.grid[1] / self.gap.shape[1])

    def cells(self, layout: Label) -> UInt8[np.ndarray, "th tw"]:
        """A layout on the canvas, by nearest neighbour."""
        return self._on_grid.cut_label(layout, self.model)

    def show(self, canvas: Float[np.ndarray, "th tw"], shown: np.ndarray) -> None:
        """Put a map of the canvas where the face lies on the grid."""
        self._show(canvas, shown, Image.Resampling.BICUBIC)

    def show_label(self, label: UInt8[np.ndarray, "ph pw"], shown: Label) -> None:
        """Put a layout where the face lies on the grid."""
        self._show(label, shown, Image.Resampling.NEAREST)

    def _show(self, values: np.ndarray, shown: np.ndarray, method: Image.Resampling) -> None:
        for box in bands(self._on_grid.box(self.grid)):
            top, left, bottom, right = box
            inside = self._on_grid.covers(box)
            shown[top:bottom, left:right][inside] = self._on_grid.back(values, box, method)[inside]

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Where a pixel lies on the canvas; within it."""
        u, v = self.face.place(x + 0.5, y + 0.5)
        most = self.model - 0.5
        return min(max(0.0, v * self.model), most), min(max(0.0, u * self.model), most)

    def parts(self, photo: Photo, fill: Float[np.ndarray, "ph pw 3"], finish: Finish) -> Iterator[Part]:
        """The hole's windows with the face turned back, joined to the photo once more."""
        for part in self._back(photo, np.clip(np.rint(fill), 0, 255), finish):
            pixels, gap = photo.pixels[part.window].astype(np.float32), self.gap[part.window]
            yield replace(part, fill=finish.begun(part.fill, pixels, gap, self.face.side / UNITS))

    def _back(self, photo: Photo, fill: Float[np.ndarray, "ph pw 3"], finish: Finish) -> Iterator[Part]:
        join, hole = replace(finish, feather=0, strength=1.0), self.hole
        for tile in tiles(hole, TILE, MARGIN):
            gap = self.gap[tile.window]
            channels = [self.face.back(fill[..., c], tile.box) for c in range(3)]
            back = np.stack(channels, axis=-1).astype(np.float32)
            if not gap.all():
                back = join.join(back, photo.pixels[tile.window].astype(np.float32), gap)
            yield Part(tile.window, back, tile.own(hole[tile.window]))

    def quick_parts(self, photo: Photo, levels: Float[np.ndarray, "3 th tw"]) -> Iterator[Part]:
        """The same from the canvas."""
        yield from self._back(photo, np.clip(np.rint(np.moveaxis(levels, 0, -1)), 0, 255), STANDARD)


def face_windows(
    frames: Sequence[Similarity], hole: Hole, *, model: Callable[[float], int], grid: tuple[int, int]
) -> tuple[list[FaceWindow], Int8[np.ndarray, "h w"]]:
    """The windows of the faces that can be filled, and which one each hole pixel belongs to, or -1.

    `model` tells the size of the model for a face whose frame has a side of so many pixels.
    A face whose window shows nothing known cannot be filled; without a hole all faces have windows.
    """
    owner, windows = share_out(hole, frames), list[FaceWindow]()
    for number, frame in enumerate(frames):
        window = FaceWindow(frame, hole, owner, number, model(frame.side), grid)
        if window.gone.all() or (hole.any() and not window.gone.any()):
            owner[owner == number] = -1
        else:
            windows.append(window)
    return windows, owner


def share_out(hole: Hole, frames: Sequence[Similarity]) -> Int8[np.ndarray, "h w"]:
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


def bands(box: tuple[int, int, int, int], rows: int = 512) -> Iterator[tuple[int, int, int, int]]:
    """A box in parts of so many rows, which bounds the memory of coordinates."""
    top, left, bottom, right = box
    for start in range(top, bottom, rows):
        yield start, left, min(start + rows, bottom), right
