"""Paint a canvas once and finish it under many recipes."""

from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float

from inlay.finish.scene import Painted
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.labels import LabelSet
from inlay.notes import Note
from inlay.painters.painter import Canvas, Look, Painter, PainterSet, Painting, Wish
from inlay.repair.inpainter import Inpainter

__all__ = ["CachedPainter", "CachedPainting", "paint_once"]


def paint_once(inpainter: Inpainter) -> Inpainter:
    """Return an inpainter that keeps its last canvas: the same photo and hole again cost finishing alone.

    Its `with_recipe` shares what was painted. A recipe that changes the hole changes the canvas, which is
    then painted anew, so results equal those of `inpainter`. A refinement is not taken over, and results
    have no attention record.
    """
    painters = inpainter.tools.painters
    cached = PainterSet(
        {size: partial(_cached, painters, size) for size in painters.sizes}, painters.labels, painters.sha256
    )
    return Inpainter(replace(inpainter.tools, painters=cached))


def _cached(painters: PainterSet, size: int) -> "CachedPainter":
    return CachedPainter(painters.of_size(size))


class CachedPainter:
    """Keeps the painting of its last canvas."""

    def __init__(self, painter: Painter) -> None:
        self.painter = painter
        self._last: tuple[Canvas, CachedPainting] | None = None

    @property
    def size(self) -> int:
        """The height in pixels of the portraits that it is made for."""
        return self.painter.size

    @property
    def labels(self) -> LabelSet:
        """The classes of its layouts."""
        return self.painter.labels

    def frame(self, picture: tuple[int, int]) -> CanvasFrame:
        """Lay the canvas around a picture of (height, width)."""
        return self.painter.frame(picture)

    def begin(self, canvas: Canvas) -> "CachedPainting":
        """Return the last painting where the canvas is the same, else begin another one."""
        if self._last is None or not _equal(self._last[0], canvas):
            self._last = canvas, CachedPainting(self.painter.begin(canvas))
        return self._last[1]


class CachedPainting:
    """Keeps what it painted without styles, repainted layout or refinement, by seed."""

    def __init__(self, painting: Painting) -> None:
        self.painting = painting
        self._painted = dict[tuple[int, bool], Painted]()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a person should know of how it was painted last."""
        return self.painting.notes

    def scores(self, wish: Wish = Wish()) -> Float[np.ndarray, "classes h w"]:  # noqa: B008
        """Return log-probabilities of the layout's classes on the canvas."""
        return self.painting.scores(wish)

    def paint(self, wish: Wish = Wish()) -> Painted:  # noqa: B008
        """Paint the hole, or return what was painted."""
        if wish.styles or wish.repainted is not None or wish.refinement is not None:
            return self.painting.paint(wish)
        key = wish.seed, wish.quick
        if key not in self._painted:
            self._painted[key] = self.painting.paint(wish)
        return self._painted[key]

    def look(self, row: float, column: float, wish: Wish = Wish()) -> Look:  # noqa: B008
        """Return where the painter looked for a pixel of the canvas."""
        return self.painting.look(row, column, wish)

    def style(self) -> Float[np.ndarray, "classes d"]:
        """Return the style codes of what is known."""
        return self.painting.style()


def _equal(one: Canvas, other: Canvas) -> bool:
    if (one.layout is None) != (other.layout is None):
        return False
    pairs = [(one.image, other.image), (one.hole, other.hole)]
    if one.layout is not None and other.layout is not None:
        pairs.append((one.layout, other.layout))
    return all(np.array_equal(a, b) for a, b in pairs)
