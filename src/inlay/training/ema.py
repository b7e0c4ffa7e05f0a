"""Moving-average weights."""

import copy

import torch
from torch import nn

__all__ = ["MovingAverage"]


class MovingAverage:
    """A copy of a network whose weights follow the trained ones slowly; it is what users get."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """One step; early on the average is shorter, so that the start is soon forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        mine, theirs = self.network.state_dict(), network.state_dict()
        assert mine.keys() == theirs.keys()
        for key, value in mine.items():
            if value.is_floating_point():
                value.lerp_(theirs[key], 1 - decay)
            else:
                value.copy_(theirs[key])
