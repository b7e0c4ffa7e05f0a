"""The portrait frame of a face from its layout: eyes, brows, nose and mouth against their usual places."""

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

__all__ = ["NEEDED", "PARTS", "face_likeness", "fit_frame", "settle"]

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
"""How far, in sides, a point may be off in the frame that the face finder gives."""


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
    return frame.within(center.real - 0.5, center.imag - 0.5, math.log(abs(turn)), float(np.angle(turn)))


def face_likeness(probability: Float[Tensor, "classes s s"], labels: LabelSet) -> float:
    """How much of a face the layout shows where a face should be: 0 to 1, about 0.8 for portraits."""
    size = probability.shape[-1]
    parts = {one for role in ("skin", "nose", "mouth") for one in labels.with_role(role)}
    skin = probability[sorted(parts)].sum(dim=0)
    low, high = size * 42 // 100, size * 80 // 100
    middle = float(skin[low:high, size * 33 // 100 : size * 67 // 100].mean())
    nose = probability[list(labels.with_role("nose"))].sum(dim=0)
    return min(middle, min(1.0, float(nose[low:high].sum()) / size**2 / 0.01))


@torch.inference_mode()
def settle(
    predictor: nn.Module,
    labels: LabelSet,
    pixels: UInt8[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    frame: FaceFrame,
    *,
    size: int,
    passes: int = 2,
) -> tuple[FaceFrame, float]:
    """The frame after some passes of predicting its layout and fitting, and how face-like the last one is."""
    device = next(predictor.parameters()).device
    anchor, likeness = frame, 0.0
    for _ in range(passes):
        crop, gone = frame.cut(pixels, size), frame.cut(hole.astype(np.uint8) * 255, size) > 0
        filled = np.clip(np.rint(extend(crop.astype(np.float32), gone)), 0, 255).astype(np.uint8)
        if gone.all():
            return frame, 0.0
        image, cells = to_tensor(filled)[None], torch.from_numpy(gone)[None, None].float()
        probability = _seen_twice(predictor, image.to(device), cells.to(device), labels)
        likeness = face_likeness(probability, labels)
        frame = fit_frame(probability, frame, labels, anchor)
    return frame, likeness


def _seen_twice(
    predictor: nn.Module,
    image: Float[Tensor, "1 3 s s"],
    hole: Float[Tensor, "1 1 s s"],
    labels: LabelSet,
) -> Float[Tensor, "classes s s"]:
    """The mean of the layouts of a portrait and of its mirror image: what is off to one side cancels out."""
    both = predictor(torch.cat([image, image.flip(-1)]), torch.cat([hole, hole.flip(-1)]))
    one, other = upsample_logits(both).float().softmax(dim=1)
    return (one + other.flip(-1)[list(labels.twins)]) / 2
