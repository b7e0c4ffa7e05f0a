"""Residual blocks of the compact network."""

from jaxtyping import Float
from torch import Tensor, nn

from inlay.networks.normalization import RegionModulation

__all__ = ["ModulatedBlock", "ResidualBlock", "downsample"]


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(x)))); the last convolution starts at zero, so the block starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_0 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.act = nn.SiLU()
        nn.init.zeros_(self.conv_1.weight)

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
