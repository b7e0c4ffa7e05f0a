"""What a crop is: a part of a photo that is filled as one portrait, and the way back into the photo."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.geometry.canvas_frame import CanvasFrame
from inlay.geometry.tiles import Tile

__all__ = ["MARGIN", "Box", "Crop", "Framing", "Hole", "Label"]

MARGIN = 24
"""Known pixels around a window of the photo that steps see."""

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

    def covers(self, box: Box) -> Bool[np.ndarray, "h w"]:
        """Which pixels of a box of the photo lie in the crop; `put_back` says nothing about the others."""

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
