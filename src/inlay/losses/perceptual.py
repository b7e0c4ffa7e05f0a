"""The perceptual loss (paper, eq. 1): differences between the features of a fixed network."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["perceptual"]


def perceptual(
    features: Sequence[Float[Tensor, "b _ _ _"]],
    target: Sequence[Float[Tensor, "b _ _ _"]],
    weights: Sequence[float],
) -> Float[Tensor, ""]:
    """The weighted sum over layers of the mean absolute difference of features (eq. 1's 1/K and L1 norm).

    The features come from a `networks.features.FeatureNetwork`; no gradient flows into `target`.
    """
    terms = [
        weight * (ours - theirs.detach()).abs().mean()
        for ours, theirs, weight in zip(features, target, weights, strict=True)
    ]
    return torch.stack(terms).sum()
