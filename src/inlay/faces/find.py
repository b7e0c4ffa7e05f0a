"""Find the faces of a photo and frame them as portraits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from inlay.faces.detect import detect
from inlay.geometry.face_frame import FaceFrame

__all__ = ["FaceSearch", "FoundFaces", "Settle"]

KNOWN = 0.4
"""The share of a face's oval that must be known: nobody is made up out of what is hidden."""

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]

Settle = Callable[[Pixels, Hole, FaceFrame], FaceFrame]
"""What makes a frame more precise (`inlay.faces.landmarks.LayoutFit`)."""


@dataclass(frozen=True)
class FoundFaces:
    """The faces detected in a photo, the surest first; `hidden` ones lie mostly in the hole."""

    visible: tuple[FaceFrame, ...]
    hidden: tuple[FaceFrame, ...] = ()


class FaceSearch:
    """Detect faces, and frame them as portraits are framed in CelebA-HQ."""

    def __init__(self, settle: Settle | None = None) -> None:
        self._settle = settle

    def __call__(self, pixels: Pixels, hole: Hole) -> FoundFaces:
        """Return all faces of a photo, from its known pixels alone.

        The hole's place changes nothing about faces that it does not touch.
        """
        frames = [found.frame for found in detect(pixels, hole)]
        hidden = tuple(frame for frame in frames if frame.known_share(hole) < KNOWN)
        visible = [frame for frame in frames if frame not in hidden]
        if self._settle is not None:
            visible = [self._settle(pixels, hole, frame) for frame in visible]
        return FoundFaces(tuple(visible), hidden)
