"""The crop of a face in a photo of one or several."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int16, UInt8
from PIL import Image

from inlay.geometry.canvas_frame import UNITS, CanvasFrame
from inlay.geometry.crops import MARGIN, Box, Framing, Hole, Label
from inlay.geometry.face_frame import FaceFrame
from inlay.geometry.tiles import Tile, tiles

__all__ = ["FaceCrop", "bands", "face_crops", "share_out"]

LARGEST_FACE = 2048
"""Longest side at which a face is filled; a larger face's fill is enlarged."""

UPRIGHT = 0.1
"""Radians: a face turned by less is filled as it stands, so that nothing is resampled by turning."""

FACE_TILE = 2048
"""Side in pixels of the windows in which a fill is put back."""


@dataclass(frozen=True, eq=False)
class FaceCrop:
    """A face in CelebA-HQ framing, upright where it was turned by more than a little.

    `unknown` is the photo's whole hole; `owner` says which face each of its pixels belongs to, this one's
    being `number`, and `cell_owner` the same of all cells of the grid. `framing` is that of a painter for
    portraits of `height` pixels.
    """

    found: FaceFrame
    unknown: Hole
    owner: Int16[np.ndarray, "h w"]
    number: int
    framing: Framing
    height: int
    cell_owner: Int16[np.ndarray, "gh gw"]

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

    def covers(self, box: Box) -> Bool[np.ndarray, "h w"]:
        """Which pixels lie in the face's frame."""
        return self.face.covers(box)

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
        return self.face.scaled(self.cell_owner.shape[1] / self.unknown.shape[1])

    def _show(self, values: np.ndarray, shown: np.ndarray, method: Image.Resampling) -> None:
        for box in bands(self._on_grid.box(self.cell_owner.shape)):
            top, left, bottom, right = box
            inside = self.cell_owner[top:bottom, left:right] == self.number
            shown[top:bottom, left:right][inside] = self._on_grid.back(values, box, method)[inside]


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
    on_grid = [frame.scaled(grid[1] / unknown.shape[1]) for frame in frames]
    cell_owner = share_out(np.ones(grid, dtype=bool), on_grid)
    for number, frame in enumerate(frames):
        crop = FaceCrop(frame, unknown, owner, number, *framing(frame.side), cell_owner)
        if crop.hole.all() or (unknown.any() and not crop.hole.any()):
            owner[owner == number] = -1
        else:
            crops.append(crop)
    return crops


def share_out(where: Hole, frames: Sequence[FaceFrame]) -> Int16[np.ndarray, "h w"]:
    """The face of each pixel where `where` is true; -1 for no face.

    A face owns its oval, and of the rest of its frame what lies more centrally in it than in others'.
    """
    owner = np.full(where.shape, -1, dtype=np.int16)
    for number, frame in enumerate(frames):
        for box in bands(frame.box(where.shape)):
            top, left, bottom, right = box
            window = np.s_[top:bottom, left:right]
            claim = frame.claim(box)
            mine = where[window] & (claim <= 2)
            for other in range(number):
                theirs = owner[window] == other
                if (mine & theirs).any():
                    mine &= ~theirs | (claim < frames[other].claim(box))
            owner[window][mine] = number
    return owner


def bands(box: Box, rows: int = 512) -> Iterator[Box]:
    """A box in parts of so many rows, which bounds the memory of coordinates."""
    top, left, bottom, right = box
    for start in range(top, bottom, rows):
        yield start, left, min(start + rows, bottom), right
