"""What a step may know: the photo, the hole, and the painted canvas."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, UInt8

from inlay.geometry.canvas_frame import CanvasFrame
from inlay.labels import LabelSet

__all__ = ["Fill", "Painted", "Portrayed", "Scene"]

Fill = Float[np.ndarray, "h w 3"]
"""A filled picture, RGB from 0 to 255, not rounded. Only its hole counts."""


@dataclass(frozen=True)
class Painted:
    """A painted canvas: the picture (RGB, 0 to 255), its hole, and the class ids it was painted by.

    Known pixels of the picture are the canvas's own. `scores` are log-probabilities of the classes (any
    constant added), from which the layout is enlarged.
    """

    picture: Float[np.ndarray, "th tw 3"]
    hole: Bool[np.ndarray, "th tw"]
    layout: UInt8[np.ndarray, "th tw"]
    scores: Float[np.ndarray, "classes th tw"]


@dataclass(frozen=True)
class Portrayed:
    """The portrait behind a scene: its canvas, where that lies in the scene, and its classes.

    `given` is a layout that a person gave, at the scene's size; None where it was predicted. `changed` are
    the classes that a person gave other styles or repainted.
    """

    painted: Painted
    frame: CanvasFrame
    labels: LabelSet
    given: UInt8[np.ndarray, "h w"] | None = None
    changed: frozenset[int] = frozenset()

    @cached_property
    def layout(self) -> UInt8[np.ndarray, "h w"]:
        """The layout at the scene's size."""
        return self.frame.classes_back(self.painted.scores) if self.given is None else self.given


@dataclass(frozen=True)
class Scene:
    """A crop of a photo, or a window of the photo itself.

    `photo` is RGB from 0 to 255 and is not read inside `hole` (True = filled, or hidden from every step).
    `unit` is how many of the scene's pixels make 1/256 of the portrait's height; all lengths are in units.
    `scale` is how many pixels of the photo make a pixel of the scene. `resampled` says that the fill comes
    from another size or place, so that its known pixels are not exactly the photo's; `is_window` that it is
    one of several windows in which one fill is put back. `portrait` is None in windows of the photo. `tone`
    is the photo's (`KeepTone.tone_of`), None where it has several colours.
    """

    photo: Float[np.ndarray, "h w 3"]
    hole: Bool[np.ndarray, "h w"]
    unit: float
    scale: float = 1.0
    resampled: bool = False
    is_window: bool = False
    portrait: Portrayed | None = None
    tone: Float[np.ndarray, "256 3"] | None = None
