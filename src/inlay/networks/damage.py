"""The damage detector: where a photo is scratched, cracked, spotted, stained or torn."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inlay.networks.blocks import ResidualBlock, downsample
from inlay.networks.precision import Precise

__all__ = ["DamageDetector"]

RARE = -3.0
"""The logit that an untrained detector answers: about one pixel of twenty is damaged in training."""


class DamageDetector(Precise):
    """A small U-Net from a picture to the logit of damage at each pixel, beyond the paper.

    Built for pictures whose sides are multiples of `GRID`. It sees some 400 pixels around each one, so that
    it can tell the edge of a lapel from a crack. `widths` are the channels at 1/2, 1/4, 1/8, ... of the size.
    """

    GRID = 32

    def __init__(self, *, widths: tuple[int, ...] = (24, 48, 80, 112, 112)) -> None:
        super().__init__()
        assert 2 ** len(widths) == self.GRID
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, widths[0], 3, padding=1))
        self.downs = nn.ModuleList(
            nn.Sequential(nn.SiLU(), downsample(fine, coarse), ResidualBlock(coarse))
            for fine, coarse in pairwise(widths)
        )
        self.deepest = ResidualBlock(widths[-1])
        self.ups = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(widths))
        self.merges = nn.ModuleList(ResidualBlock(fine) for fine in widths[:-1])
        last = nn.Conv2d(widths[0], 4, 3, padding=1)
        self.head = nn.Sequential(nn.SiLU(), last, nn.PixelShuffle(2))
        self._start(last)

    def _start(self, last: nn.Conv2d) -> None:
        """Begin with features of even size and with little damage: PyTorch's own start learns nothing."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None and module.weight.any():
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
        assert last.bias is not None
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.fill_(RARE)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
        """The logits at the picture's size."""
        with self.arithmetic():
            levels = [self.stem(image)]
            for down in self.downs:
                levels.append(down(levels[-1]))
            x = self.deepest(levels.pop())
            for up, merge in zip(reversed(self.ups), reversed(self.merges), strict=True):
                fine = levels.pop()
                x = merge(fine + F.interpolate(up(x), size=fine.shape[-2:]))
            return self.head(x)
