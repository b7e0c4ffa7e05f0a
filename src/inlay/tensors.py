"""Tensors: pictures from 0..255 to [-1, 1] and back, and weights stored in 8 bits."""

import numpy as np
import torch
from jaxtyping import Float, Int8, UInt8
from torch import Tensor

__all__ = ["from_tensor", "packed", "to_tensor", "unpacked"]

SCALE = ".scale"
"""What a packed tensor's scales are called, behind its own name."""

SMALL = 4096
"""Numbers below which a tensor is not worth it."""

CLIPS = (1.0, 0.95, 0.9, 0.85, 0.8)
"""Shares of the largest weight that are tried as the range: some clipping costs less than coarse steps."""


def to_tensor(pixels: UInt8[np.ndarray, "*b h w 3"]) -> Float[Tensor, "*b 3 h w"]:
    """0..255 pixels as a tensor in [-1, 1]."""
    return torch.tensor(pixels).movedim(-1, -3).float() / 127.5 - 1


def from_tensor(image: Float[Tensor, "*b 3 h w"]) -> UInt8[np.ndarray, "*b h w 3"]:
    """A tensor in [-1, 1] as 0..255 pixels, clipped and rounded to nearest."""
    pixels = ((image.detach().float() + 1) * 127.5).round().clamp(0, 255)
    return pixels.movedim(-3, -1).to(torch.uint8).cpu().numpy()


def packed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The convolutions' kernels as int8, each with a scale an output channel; all else as it is."""
    result = dict[str, Tensor]()
    for key, value in tensors.items():
        if value.ndim == 4 and value.numel() >= SMALL and value.is_floating_point():
            result[key], result[key + SCALE] = _pack(value.float())
        else:
            result[key] = value
    return result


def unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse, in fp32, of tensors of which any or none are packed.

    Weights are numbers of fp16, so that they can be written as such again, as an export does.
    """
    result = dict[str, Tensor]()
    for key, value in tensors.items():
        if key.removesuffix(SCALE) not in tensors or not key.endswith(SCALE):
            scale = tensors.get(key + SCALE)
            result[key] = value if scale is None else _unpack(value, scale)
    return result


def _unpack(kernel: Int8[Tensor, "o i h w"], scale: Float[Tensor, " o"]) -> Float[Tensor, "o i h w"]:
    return (kernel.float() * scale.float()[:, None, None, None]).half().float()


def _pack(kernel: Float[Tensor, "o i h w"]) -> tuple[Int8[Tensor, "o i h w"], Float[Tensor, " o"]]:
    """Each channel with that scale, of a few, which leaves it nearest to what it was."""
    rows = kernel.flatten(1)
    largest = rows.abs().amax(dim=1)
    tried = torch.stack([(largest * clip / 127).half() for clip in CLIPS]).clamp(min=2**-24)
    steps = (rows / tried.float()[..., None]).round().clamp(-127, 127)
    error = (steps * tried.float()[..., None] - rows).square().sum(dim=2)
    best, channel = error.argmin(dim=0), torch.arange(len(rows))
    return steps[best, channel].to(torch.int8).view(kernel.shape), tried[best, channel]
