"""Continuing what is known smoothly into a hole, at any size."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from inlay.networks.regions import smooth_fill

__all__ = ["extend"]

WORKING = 1024
"""The longest side at which fills are computed; a larger picture's fill is enlarged from there."""


def extend(values: Float[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 3"]:
    """The values with their hole filled smoothly from its rim; known values stay exactly as they are."""
    h, w = hole.shape
    factor = math.ceil(max(h, w) / WORKING)
    image = torch.from_numpy(values).movedim(-1, 0)[None]
    outside = torch.from_numpy(hole)[None, None].float()
    if factor == 1:
        filled = smooth_fill(image, outside)
    else:
        filled = F.interpolate(
            smooth_fill(*_reduce(image, outside, factor)), scale_factor=float(factor), mode="bilinear"
        )[..., :h, :w]
    return np.where(hole[..., None], filled[0].movedim(0, -1).numpy(), values)


def _reduce(
    image: Float[Tensor, "1 3 h w"], hole: Float[Tensor, "1 1 h w"], factor: int
) -> tuple[Float[Tensor, "1 3 th tw"], Float[Tensor, "1 1 th tw"]]:
    """The means of the known pixels of factor x factor blocks, and which blocks have none."""
    h, w = hole.shape[-2:]
    margin = (0, -w % factor, 0, -h % factor)
    known = F.avg_pool2d(F.pad(1 - hole, margin), factor)
    means = F.avg_pool2d(F.pad(image * (1 - hole), margin), factor) / known.clamp(min=1e-6)
    return means, (known == 0).to(image.dtype)
