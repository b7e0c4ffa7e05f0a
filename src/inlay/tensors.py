"""Pictures as tensors, from 0..255 to [-1, 1] and back."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

__all__ = ["from_tensor", "to_tensor"]


def to_tensor(pixels: UInt8[np.ndarray, "*b h w 3"]) -> Float[Tensor, "*b 3 h w"]:
    """0..255 pixels as a tensor in [-1, 1]."""
    return torch.tensor(pixels).movedim(-1, -3).float() / 127.5 - 1


def from_tensor(image: Float[Tensor, "*b 3 h w"]) -> UInt8[np.ndarray, "*b h w 3"]:
    """A tensor in [-1, 1] as 0..255 pixels, clipped and rounded to nearest."""
    pixels = ((image.detach().float() + 1) * 127.5).round().clamp(0, 255)
    return pixels.movedim(-3, -1).to(torch.uint8).cpu().numpy()
