"""The perceptual loss (paper, eq. 1): differences between the features of a fixed network."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["perceptual", "windows_on"]


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


def windows_on(
    hole: Float[Tensor, "b 1 h w"], size: int, random: torch.Generator
) -> list[tuple[slice, slice]]:
    """A square window a picture, as rows and columns, around a random pixel of its hole, inside the picture.

    Without a hole it lies around any pixel. Features are compared where something was drawn, at the price of
    the window and not of the picture.
    """
    sides = (hole.shape[-2], hole.shape[-1])
    weight = torch.where(hole.sum(dim=(1, 2, 3), keepdim=True) > 0, hole, 1.0).flatten(1)
    pixels = torch.multinomial(weight, 1, generator=random)[:, 0].tolist()
    windows = []
    for pixel in pixels:
        starts = [
            min(max(middle - size // 2, 0), max(side - size, 0))
            for middle, side in zip(divmod(pixel, sides[1]), sides, strict=True)
        ]
        windows.append((slice(starts[0], starts[0] + size), slice(starts[1], starts[1] + size)))
    return windows
