"""Residual blocks of the compact network and of the paper's."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inlay.networks.normalization import LayoutNormalization, RegionModulation, glorot
from inlay.networks.patterns import Patterns
from inlay.networks.spectral import SpectralConv2d

__all__ = ["ModulatedBlock", "ResidualBlock", "SeanBlock", "downsample"]


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(x)))); the kernel of its last convolution starts at zero.

    So it starts as the identity, but for a constant a channel; an `added` one without even that.
    """

    def __init__(self, channels: int, *, added: bool = False) -> None:
        super().__init__()
        self.conv_0 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.act = nn.SiLU()
        nn.init.zeros_(self.conv_1.weight)
        if added:
            assert self.conv_1.bias is not None
            nn.init.zeros_(self.conv_1.bias)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Add the residual."""
        return x + self.conv_1(self.act(self.conv_0(self.act(x))))


class ModulatedBlock(nn.Module):
    """A residual block whose features are normalised and modulated by region before the first convolution."""

    def __init__(self, channels: int, *, style_dim: int, classes: int) -> None:
        super().__init__()
        self.modulation = RegionModulation(channels, style_dim=style_dim, classes=classes)
        self.conv_0 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.act = nn.SiLU()
        nn.init.zeros_(self.conv_1.weight)

    def forward(
        self,
        x: Float[Tensor, "b c h w"],
        regions: Float[Tensor, "b classes h w"],
        style: Float[Tensor, "b classes d"],
    ) -> Float[Tensor, "b c h w"]:
        """Add the modulated residual."""
        hidden = self.conv_0(self.act(self.modulation(x, regions, style)))
        return x + self.conv_1(self.act(hidden))


def downsample(inputs: int, outputs: int) -> nn.Conv2d:
    """Half the size, by a strided convolution."""
    return nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)


class SeanBlock(nn.Module):
    """SEAN's residual block: twice normalise, leaky ReLU, convolve.

    Where the width changes, the shortcut is learned. The convolutions have spectral norm. `normalization`
    makes the normalisation of so many channels.
    """

    def __init__(
        self, inputs: int, outputs: int, *, normalization: Callable[[int], LayoutNormalization]
    ) -> None:
        super().__init__()
        middle = min(inputs, outputs)
        self.norm_0 = normalization(inputs)
        self.conv_0 = SpectralConv2d(inputs, middle, 3, padding=1)
        self.norm_1 = normalization(middle)
        self.conv_1 = SpectralConv2d(middle, outputs, 3, padding=1)
        self.learned_shortcut = inputs != outputs
        if self.learned_shortcut:
            self.norm_s = normalization(inputs)
            self.conv_s = SpectralConv2d(inputs, outputs, 1, bias=False)
        for module in self.children():
            if isinstance(module, SpectralConv2d):
                glorot(module)

    def layout_rows(self, patterns: Patterns) -> tuple[Tensor, ...]:
        """What the layout says to each of the block's normalisations."""
        norms = (
            (self.norm_0, self.norm_1, self.norm_s) if self.learned_shortcut else (self.norm_0, self.norm_1)
        )
        return tuple(norm.layout_rows(patterns) for norm in norms)

    def forward(
        self,
        x: Float[Tensor, "b c h w"],
        rows: tuple[Tensor, ...],
        patterns: Patterns,
        style: Float[Tensor, "b classes d"],
        noise: torch.Generator | None,
    ) -> Float[Tensor, "b o h w"]:
        """Add the residual to the shortcut; `rows` is `layout_rows`."""
        shortcut = x
        if self.learned_shortcut:
            shortcut = self.conv_s(self.norm_s(x, rows[2], patterns, style, noise))
        x = self.conv_0(F.leaky_relu(self.norm_0(x, rows[0], patterns, style, noise), 0.2))
        x = self.conv_1(F.leaky_relu(self.norm_1(x, rows[1], patterns, style, noise), 0.2))
        return shortcut + x
