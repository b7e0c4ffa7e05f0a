"""Find the faces of a photo: it may be one portrait as a whole, else its faces are looked for and framed."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from torch import nn

from inlay.errors import UserError
from inlay.faces.finder import load_finder
from inlay.faces.landmarks import NEEDED, settle
from inlay.faces.locate import Found, distinct, locate, refine
from inlay.geometry.face_frame import FaceFrame
from inlay.labels import LabelSet

__all__ = ["FaceSearch"]

LIKE_A_FACE = 0.35
"""How face-like the layout in a frame must be, 0 to 1."""

PORTRAIT = 0.75
"""How face-like the layout of the whole photo must be for it to be taken as one portrait without a search.

Portraits under holes come to 0.84 or more (99 % of 120 train faces); photos of a face at half their height,
which the layout predictor reads as a portrait of a small face, to 0.65 at most (63 of them).
"""

SQUARE = 1.25
"""A photo in which no face is seen is one portrait where its sides differ by no more than this."""

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]


class FaceSearch:
    """Finds faces with the package's face finder, and frames them by the layout that a predictor sees.

    `predictor` tells the logits of layouts (`LayoutPredictor`), and is made for portraits of `size` pixels.
    """

    def __init__(
        self, predictor: nn.Module | None, labels: LabelSet, size: int, device: torch.device
    ) -> None:
        self.predictor = None if self.missing(labels) else predictor
        self.labels, self.size, self.finder = labels, size, load_finder(device)

    def missing(self, labels: LabelSet) -> str | None:
        """Which roles the fitting of frames lacks in a label set."""
        absent = [" ".join(roles) for roles in NEEDED if not labels.with_role(*roles)]
        if not absent:
            return None
        return (
            f"face frames are not fitted to the layout: the label set '{labels.name}' has no class with the "
            f"role {', '.join(absent)} (docs/labels.md)"
        )

    def __call__(self, pixels: Pixels, hole: Hole, rough: Sequence[FaceFrame] = ()) -> list[FaceFrame]:
        """The frames that the hole touches, the surest first; without a hole, all of the photo's.

        `rough` are frames that a person named, which are refined; nothing else is looked for then.
        """
        h, w = hole.shape
        outside = [frame for frame in rough if not frame.touches((h, w))]
        if outside:
            place = f"{outside[0].x:.0f}, {outside[0].y:.0f}"
            raise UserError(f"the face around {place} lies outside the photo, which is {w} x {h} pixels")
        if rough:
            found = [refine(self.finder, pixels, hole, frame).frame for frame in rough]
            return [self._settled(pixels, hole, frame)[0] for frame in found]
        whole = FaceFrame(w / 2, h / 2, float(min(h, w)))
        frame, likeness = self._settled(pixels, hole, whole)
        if likeness > PORTRAIT and frame.fills((h, w)):
            return [frame]
        near = hole if hole.any() else ~hole
        found = [face.frame for face in locate(self.finder, pixels, hole, near)]
        settled = [Found(*self._settled(pixels, hole, frame)) for frame in found]
        # Two windows on one face may settle on the same frame.
        faces = distinct([face for face in settled if face.score > LIKE_A_FACE], apart=0.4)
        if not faces and max(h, w) <= SQUARE * min(h, w):
            # A hole over most of a face blinds the finder, and most photos of this shape are portraits.
            return [whole]
        return [face.frame for face in faces]

    def _settled(self, pixels: Pixels, hole: Hole, frame: FaceFrame) -> tuple[FaceFrame, float]:
        """The frame fitted to the layout that is predicted in it, and how face-like that is."""
        if self.predictor is None:
            return frame, 1.0
        return settle(self.predictor, self.labels, pixels, hole, frame, size=self.size)
