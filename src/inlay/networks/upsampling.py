"""Ways to enlarge feature maps, with one signature."""

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["Upsample", "upsample_bilinear", "upsample_nearest"]

Upsample = Callable[[Tensor, tuple[int, int]], Tensor]
"""Enlarges features (b, c, h, w) to a size (height, width)."""


def upsample_nearest(x: Float[Tensor, "b c h w"], size: tuple[int, int]) -> Float[Tensor, "b c th tw"]:
    """Repeat features; it leaves a lattice where the network is unsure."""
    return F.interpolate(x, size=size, mode="nearest")


def upsample_bilinear(x: Float[Tensor, "b c h w"], size: tuple[int, int]) -> Float[Tensor, "b c th tw"]:
    """Enlarge features smoothly."""
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)
