"""Networks that know in which precision they compute, and devices that are fast in it."""

import contextlib
from typing import Any

import torch
from torch import nn

__all__ = ["Precise", "has_bf16"]

BF16_UNITS = ("amx_bf16", "avx512_bf16")
"""What a CPU must have for bf16 to be faster than fp32."""


class Precise(nn.Module):
    """A network that computes in its own `precision`, wherever it is called from.

    In fp32, as it is built, it leaves the choice to its caller: training sets it around whole steps.
    """

    precision: torch.dtype = torch.float32

    def arithmetic(self) -> contextlib.AbstractContextManager[Any]:
        """The context to compute in."""
        if self.precision == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(next(self.parameters()).device.type, self.precision)


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 is faster than fp32 there; a CPU without units for it takes some twenty times as long."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device.type == "mps":
        return False
    # PyTorch tells this since 2.10; an older one computes in fp32.
    tell = getattr(torch.cpu, "get_capabilities", None)
    return tell is not None and any(tell().get(unit, False) for unit in BF16_UNITS)
