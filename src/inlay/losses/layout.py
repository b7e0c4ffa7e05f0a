"""The loss of the predicted layout."""

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from inlay.networks.regions import area_one_hot

__all__ = ["hole_cross_entropy", "layout_cross_entropy"]


def layout_cross_entropy(
    logits: Float[Tensor, "b classes th tw"],
    label: Int[Tensor, "b h w"],
    hole: Float[Tensor, "b 1 h w"],
    *,
    hole_weight: float,
    favor: Float[Tensor, " classes"] | None = None,
) -> Float[Tensor, ""]:
    """Cross-entropy against each cell's shares of the classes, hole cells counted `hole_weight` times.

    The weighted mean over a picture's cells, then the mean over pictures. `favor` is added to the logits
    here and nowhere else: what it says of each class the predictor need not learn, and leaves out of what it
    tells (logit adjustment, Menon et al. 2021, eq. 10: tau times the logarithm of a class's share).
    """
    size = (logits.shape[-2], logits.shape[-1])
    target = area_one_hot(label, logits.shape[1], size)
    weight = 1 + (hole_weight - 1) * F.adaptive_avg_pool2d(hole, size)[:, 0]
    told = logits.float() if favor is None else logits.float() + favor[:, None, None]
    entropy = F.cross_entropy(told, target, reduction="none")
    return ((entropy * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2))).mean()


def hole_cross_entropy(
    logits: Float[Tensor, "b classes th tw"], label: Int[Tensor, "b h w"], hole: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, " b"]:
    """Cross-entropy of each picture over its hole alone, which must not be empty."""
    size = (logits.shape[-2], logits.shape[-1])
    target = area_one_hot(label, logits.shape[1], size)
    entropy = F.cross_entropy(logits.float(), target, reduction="none")
    weight = F.adaptive_avg_pool2d(hole, size)[:, 0]
    return (entropy * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2))
