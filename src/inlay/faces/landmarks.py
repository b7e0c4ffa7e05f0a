"""Fit a portrait frame to the layout predicted in it: eyes, brows, nose and mouth at their usual places."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from inlay.geometry.face_frame import FaceFrame, similarity
from inlay.labels import LabelSet
from inlay.networks.layout import upsample_logits
from inlay.pixels.continuation import extend
from inlay.tensors import to_tensor

__all__ = ["NEEDED", "PARTS", "LayoutFit", "fit_frame"]

PARTS: dict[tuple[str, ...], tuple[float, float, float, float]] = {
    ("eye", "right"): (0.381, 0.4813, 0.0075, 0.0023),
    ("eye", "left"): (0.626, 0.4815, 0.0075, 0.0023),
    ("brow", "right"): (0.372, 0.4183, 0.022, 0.0040),
    ("brow", "left"): (0.632, 0.4181, 0.022, 0.0040),
    ("nose",): (0.5033, 0.5818, 0.019, 0.0206),
    ("mouth",): (0.503, 0.7558, 0.014, 0.0128),
    ("glasses",): (0.5018, 0.5049, 0.021, 0.0552),
}
"""Parts by role: where the centre lies in CelebA-HQ framing (x, y), how far it strays, and the area.

All are shares of the side.
Medians of 700 training layouts; an average of numbers, no picture of anyone.
"""

NEEDED = (("skin",), ("nose",), ("eye", "left"), ("eye", "right"))
"""Roles without which frames cannot be fitted; other parts only make the fit better."""

TRUST = 0.022
"""How far, in sides, a point may be off in the frame that was detected."""

PASSES = 2

FARTHEST = 0.3
"""A fitted frame that lies farther off is not believed: in sides, log of the side, radians."""


def fit_frame(
    probability: Float[Tensor, "classes s s"], frame: FaceFrame, labels: LabelSet, anchor: FaceFrame
) -> FaceFrame:
    """The frame that puts the parts of a layout, predicted in `frame`, at their usual places.

    A weighted least-squares similarity in the plane: each part counts by how little it strays
    in portraits and by how much of it is there; `anchor`, what is known without the layout, as two points.
    """
    size = probability.shape[-1]
    axis = (torch.arange(size, device=probability.device) + 0.5) / size
    found, usual, weights = [], [], []
    for roles, (x, y, stray, area) in PARTS.items():
        share = probability[list(labels.with_role(*roles))].sum(dim=0)
        share = share * (share > 0.3)
        total = float(share.sum())
        if total / size**2 < 0.15 * area:
            continue
        found.append(
            complex(float((share.sum(0) * axis).sum()) / total, float((share.sum(1) * axis).sum()) / total)
        )
        usual.append(complex(x, y))
        weights.append(min(1.0, total / size**2 / area) / stray**2)
    for x, y in ((0.38, 0.48), (0.62, 0.48)):
        found.append(complex(*frame.place(*anchor.point(x, y))))
        usual.append(complex(x, y))
        weights.append(1 / TRUST**2)
    center, turn = similarity(np.array(found), np.array(usual), np.array(weights) / sum(weights))
    return frame.within(
        float(center.real) - 0.5, float(center.imag) - 0.5, math.log(abs(turn)), float(np.angle(turn))
    )


class LayoutFit:
    """Make a detected frame more precise by the layout that a predictor sees in it.

    `predictor` tells the logits of layouts (`LayoutPredictor`) and is made for portraits of `size` pixels.
    The label set must have the roles of `NEEDED`.
    """

    def __init__(self, predictor: nn.Module, labels: LabelSet, size: int) -> None:
        self.predictor, self.labels, self.size = predictor, labels, size

    @staticmethod
    def of(predictor: nn.Module | None, labels: LabelSet, size: int) -> "LayoutFit | None":
        """Return a fit, or None where there is no predictor or the labels lack what is needed."""
        if predictor is None or not all(labels.with_role(*roles) for roles in NEEDED):
            return None
        return LayoutFit(predictor, labels, size)

    @torch.inference_mode()
    def __call__(
        self, pixels: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"], frame: FaceFrame
    ) -> FaceFrame:
        """Return the frame after two passes of predicting the layout and fitting, near the given one."""
        fitted = frame
        for _ in range(PASSES):
            gone = fitted.cut(hole.astype(np.uint8) * 255, self.size) > 0
            if gone.all():
                return frame
            crop = extend(fitted.cut(pixels, self.size).astype(np.float32), gone)
            filled = np.clip(np.rint(crop), 0, 255).astype(np.uint8)
            fitted = fit_frame(self._layout(filled, gone), fitted, self.labels, frame)
        moved = fitted.distance(frame) / frame.side
        far = max(moved, abs(math.log(fitted.side / frame.side)), abs(fitted.angle - frame.angle))
        return fitted if far < FARTHEST else frame

    def _layout(
        self, image: UInt8[np.ndarray, "s s 3"], hole: Bool[np.ndarray, "s s"]
    ) -> Float[Tensor, "classes s s"]:
        """The mean of the layouts of a portrait and of its mirror image: what is off to one side cancels."""
        device = next(self.predictor.parameters()).device
        seen, cells = to_tensor(image)[None].to(device), torch.from_numpy(hole)[None, None].float().to(device)
        both = self.predictor(torch.cat([seen, seen.flip(-1)]), torch.cat([cells, cells.flip(-1)]))
        one, other = upsample_logits(both).float().softmax(dim=1)
        return (one + other.flip(-1)[list(self.labels.twins)]) / 2
