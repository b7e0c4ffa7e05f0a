"""What a painter is: a canvas in, what is painted on it out. Without PyTorch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.finish.scene import Painted
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.labels import LabelSet
from inlay.notes import Note
from inlay.painters.styles import StyleChanges

__all__ = ["Canvas", "Look", "Painter", "PainterSet", "Painting", "Repainted", "Wish"]


@dataclass(frozen=True)
class Canvas:
    """What a painter sees: RGB from 0 to 255 whose hole is filled smoothly, and the hole.

    `layout` is one that a person gave for the whole canvas; None lets the painter predict it.
    """

    image: UInt8[np.ndarray, "h w 3"]
    hole: Bool[np.ndarray, "h w"]
    layout: UInt8[np.ndarray, "h w"] | None = None


@dataclass(frozen=True)
class Repainted:
    """A layout that a person repainted in places: class ids, and which of them were repainted."""

    label: UInt8[np.ndarray, "h w"]
    where: Bool[np.ndarray, "h w"]


@dataclass(frozen=True)
class Wish:
    """How a canvas is to be painted.

    A `seed` other than 0 draws another plausible layout where nobody painted one. `styles` moves the style
    codes of some classes, by their ids. A `quick` picture may be rougher, for showing while a person paints.
    `refinement` optimises the style codes on the canvas (paper, eq. 8; `inlay.painters.refinement`).
    """

    seed: int = 0
    styles: StyleChanges = field(default_factory=dict)
    repainted: Repainted | None = None
    quick: bool = False
    refinement: Any = None


@dataclass(frozen=True)
class Look:
    """Where a painter looked for one pixel: weights on the canvas, the pixel's class, that class's share."""

    weights: Float[np.ndarray, "h w"]
    label: int
    same_class: float


@runtime_checkable
class Painting(Protocol):
    """A canvas that a painter has begun; it may be painted again and again."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a person should know of how it was painted last."""

    def scores(self, wish: Wish = Wish()) -> Float[np.ndarray, "classes h w"]:
        """Log-probabilities of the layout's classes on the canvas."""

    def paint(self, wish: Wish = Wish()) -> Painted:
        """Paint the hole."""

    def look(self, row: float, column: float, wish: Wish = Wish()) -> Look:
        """Where the painter looked for a pixel of the canvas; a `UserError` where it looked nowhere."""

    def style(self) -> Float[np.ndarray, "classes d"]:
        """The style codes of what is known."""


@runtime_checkable
class Painter(Protocol):
    """Paints holes of portraits."""

    @property
    def size(self) -> int:
        """The height in pixels of the portraits that it is made for."""

    @property
    def labels(self) -> LabelSet:
        """The classes of its layouts."""

    def frame(self, picture: tuple[int, int]) -> CanvasFrame:
        """How its canvas lies around a picture of (height, width)."""

    def begin(self, canvas: Canvas) -> Painting:
        """Take a canvas up."""


class PainterSet:
    """The painters of one model, by the size of portraits that they are made for; opened when first needed.

    `sha256` tells the weights of all of them.
    """

    def __init__(self, openers: Mapping[int, Callable[[], Painter]], labels: LabelSet, sha256: str) -> None:
        self.sizes, self.labels, self.sha256 = tuple(sorted(openers)), labels, sha256
        self._open = {size: cache(opener) for size, opener in openers.items()}

    def of_size(self, size: int) -> Painter:
        """The painter of one of `sizes`."""
        return self._open[size]()

    def only(self, size: int) -> "PainterSet":
        """The one painter of a size, whatever the portrait."""
        return PainterSet({size: self._open[size]}, self.labels, self.sha256)

    def suited(self, height: float) -> int:
        """The size of the painter for portraits of so many pixels: the largest, from the smallest one on."""
        return self.sizes[-1] if height >= self.sizes[0] else self.sizes[0]
