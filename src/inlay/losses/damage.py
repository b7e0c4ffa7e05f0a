"""The damage detector's loss."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["damage_loss"]


def damage_loss(
    logits: Float[Tensor, "b 1 h w"],
    damage: Float[Tensor, "b 1 h w"],
    counted: Float[Tensor, "b 1 h w"],
    *,
    clean_weight: float,
) -> Float[Tensor, ""]:
    """Cross-entropy over the pixels that count, clean ones weighted, plus soft Dice over the batch.

    `clean_weight` above 1 favours precision over recall. Dice (Milletari et al. 2016) keeps the few damaged
    pixels from being outvoted.
    """
    weight = counted * torch.where(damage > 0, 1.0, clean_weight)
    entropy = F.binary_cross_entropy_with_logits(logits, damage, weight=weight, reduction="sum")
    found = torch.sigmoid(logits) * counted
    both, either = (found * damage).sum(), found.sum() + (damage * counted).sum()
    return entropy / counted.sum().clamp(min=1) * 4 + 1 - (2 * both + 1) / (either + 1)
