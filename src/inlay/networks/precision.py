"""Networks that know in which precision they compute."""

import contextlib
from typing import Any

import torch
from torch import nn

__all__ = ["Precise"]


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
