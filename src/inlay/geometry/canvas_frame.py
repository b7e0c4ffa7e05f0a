"""Where a photo lies on the canvas that the networks see, and the way there and back."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

__all__ = ["UNITS", "CanvasFrame", "portrait_height", "unit_of"]

SMOOTH = 512
"""Layouts are smooth up to this side, and enlarged by nearest neighbour beyond it, which bounds memory."""

STEP = 32
"""The networks take sides that are multiples of this."""

TALLEST = 4 / 3
"""Height over width beyond which a photo is scaled by its width."""

UNITS = 256
"""What is drawn at the photo's resolution counts lengths in units, so many to the height of a portrait."""

LONGEST = 3
"""How many times longer than the model's size a side may get, which bounds memory."""


@dataclass(frozen=True)
class CanvasFrame:
    """A photo scaled until its height is the model's size, in the middle of a canvas that may be wider.

    Portraits are framed by their height, so a narrow one leaves margins and a wide one gets a wide canvas; in
    a photo taller than 4 to 3 the width bounds the face, and the canvas becomes taller. Around the photo the
    canvas continues its border pixels, their labels and whether they are hole. All sizes are (height, width).
    """

    photo: tuple[int, int]
    content: tuple[int, int]
    canvas: tuple[int, int]

    @staticmethod
    def around(photo: tuple[int, int], size: int) -> "CanvasFrame":
        """The frame of a photo for a model trained at `size`; a photo of size x size fills it unchanged."""
        scale = min(size / portrait_height(photo), LONGEST * size / max(photo))
        h, w = (max(1, round(side * scale)) for side in photo)
        return CanvasFrame(photo, (h, w), (_canvas(h, size), _canvas(w, size)))

    @staticmethod
    def square(photo: tuple[int, int], size: int) -> "CanvasFrame":
        """The frame of a photo for a network of one size: the whole photo on a square of size x size."""
        scale = size / max(photo)
        h, w = (max(1, round(side * scale)) for side in photo)
        return CanvasFrame(photo, (h, w), (size, size))

    @property
    def corner(self) -> tuple[int, int]:
        """Where the photo's upper left corner lies on the canvas: (top, left)."""
        return (self.canvas[0] - self.content[0]) // 2, (self.canvas[1] - self.content[1]) // 2

    @property
    def is_plain(self) -> bool:
        """Whether the canvas is the photo itself."""
        return self.photo == self.canvas

    def pixels(self, photo: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "th tw 3"]:
        """The photo on the canvas, by Lanczos."""
        return self._on_canvas(self._shrunk(photo, Image.Resampling.LANCZOS))

    def label(self, label: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "th tw"]:
        """The layout on the canvas, by nearest neighbour."""
        return self._on_canvas(self._shrunk(label, Image.Resampling.NEAREST))

    def hole(self, hole: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "th tw"]:
        """The hole on the canvas: a cell is known only if all of its pixels are.

        Where that leaves nothing to see, as under a fine grid, a cell with any known pixel is known.
        """
        touched = _pool(hole, self.content)
        return self._on_canvas(~_pool(~hole, self.content) if touched.all() else touched)

    def back(self, canvas: Float[np.ndarray, "th tw"]) -> Float[np.ndarray, "h w"]:
        """A map of the canvas at the photo's place and size, bicubic."""
        return self._cut(canvas, self.photo, Image.Resampling.BICUBIC)

    def picture_back(self, canvas: Float[np.ndarray, "th tw 3"]) -> Float[np.ndarray, "h w 3"]:
        """A picture of the canvas likewise."""
        return np.stack([self.back(canvas[..., channel]) for channel in range(3)], axis=-1)

    def classes_back(self, scores: Float[np.ndarray, "classes th tw"]) -> UInt8[np.ndarray, "h w"]:
        """The class of the highest score at each pixel of the photo; enlarged scores keep borders smooth."""
        scale = min(1.0, SMOOTH / max(self.photo))
        h, w = (max(1, round(side * scale)) for side in self.photo)
        enlarged = np.stack([self._cut(score, (h, w), Image.Resampling.BILINEAR) for score in scores])
        label = enlarged.argmax(axis=0).astype(np.uint8)
        if (h, w) == self.photo:
            return label
        return np.asarray(Image.fromarray(label).resize(self.photo[::-1], Image.Resampling.NEAREST))

    def _cut(
        self, canvas: Float[np.ndarray, "th tw"], size: tuple[int, int], method: Image.Resampling
    ) -> Float[np.ndarray, "h w"]:
        if size == self.canvas:
            return canvas
        (top, left), (h, w) = self.corner, self.content
        box = (left, top, left + w, top + h)
        return np.asarray(Image.fromarray(canvas).resize(size[::-1], method, box=box))

    def _shrunk(
        self, array: UInt8[np.ndarray, "h w *c"], method: Image.Resampling
    ) -> UInt8[np.ndarray, "th tw *c"]:
        if self.photo == self.content:
            return array
        return np.asarray(Image.fromarray(array).resize(self.content[::-1], method))

    def _on_canvas(self, array: np.ndarray) -> np.ndarray:
        (top, left), (h, w) = self.corner, self.content
        margins = [(top, self.canvas[0] - h - top), (left, self.canvas[1] - w - left)]
        return np.pad(array, margins + [(0, 0)] * (array.ndim - 2), mode="edge")


def portrait_height(photo: tuple[int, int]) -> float:
    """How many pixels high a portrait of (height, width) is taken to be: that becomes the model's size."""
    return float(min(photo[0], TALLEST * photo[1]))


def unit_of(photo: tuple[int, int]) -> float:
    """The pixels of a photo of (height, width), taken as one portrait, to a unit."""
    return portrait_height(photo) / UNITS


def _canvas(side: int, size: int) -> int:
    return max(size, math.ceil(side / STEP) * STEP)


def _pool(hole: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> Bool[np.ndarray, "th tw"]:
    """Whether any pixel under a cell is hole; where sides do not divide, cells overlap by a pixel."""
    # Counts of hole pixels above and to the left of each corner: four of them give a cell's count.
    above = np.pad(hole.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    (top, bottom), (left, right) = (
        (np.arange(n) * side // n, -(-np.arange(1, n + 1) * side // n))
        for n, side in zip(size, hole.shape, strict=True)
    )
    rows = above[bottom] - above[top]
    return rows[:, right] - rows[:, left] > 0
