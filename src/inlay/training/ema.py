"""Moving-average weights."""

import copy
from typing import Generic, TypeVar

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

__all__ = ["MovingAverage"]


Network = TypeVar("Network", bound=nn.Module)


class MovingAverage(Generic[Network]):
    """A copy of a network whose weights follow the trained ones slowly; it is what users get."""

    def __init__(self, network: Network, decay: float) -> None:
        self.network: Network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """One step; early on the average is shorter, so that the start is soon forgotten.

        Buffers (batch statistics, spectral-norm vectors) belong to one moment and are copied, not averaged.
        """
        decay = min(self.decay, (1 + step) / (10 + step))
        # Frozen weights are their own average.
        theirs = {name: value for name, value in network.named_parameters() if value.requires_grad}
        mine = dict(self.network.named_parameters())
        average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        average([mine[name] for name in theirs], list(theirs.values()), step)
        for kept, buffer in zip(self.network.buffers(), network.buffers(), strict=True):
            kept.copy_(buffer)

    @torch.no_grad()
    def give_back_buffers(self, network: nn.Module) -> None:
        """Undo what a step that is to be forgotten has left in the network's buffers.

        Batch statistics that once met what is no number never recover from it.
        """
        for kept, buffer in zip(self.network.buffers(), network.buffers(), strict=True):
            buffer.copy_(kept)
