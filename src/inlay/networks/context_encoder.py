"""The context encoder: what the decoder may see of the known pixels. It is beyond the paper."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.networks.blocks import ResidualBlock, downsample
from inlay.networks.reflection import Reflection
from inlay.networks.regions import smooth_fill

__all__ = ["Context", "ContextEncoder"]


@dataclass(frozen=True)
class Context:
    """Feature maps at 1/2, 1/4, 1/8, 1/16 of the size, and the smooth fill to which the decoder adds.

    Where the hole is not, the fill is the picture. `reflected` is what `Reflection` shows, if there is one.
    """

    features: tuple[Tensor, ...]
    base: Float[Tensor, "b 3 h w"]
    hole: Float[Tensor, "b 1 h w"]
    reflected: Float[Tensor, "b 5 h w"] | None = None


class ContextEncoder(nn.Module):
    """An encoder of (smoothly filled image, known), guided by attended features at a quarter of the size.

    With a `reflection` it also sees the face's other side.
    """

    def __init__(
        self,
        *,
        channels: tuple[int, int, int, int],
        guide_channels: int,
        reflection: Reflection | None = None,
    ) -> None:
        super().__init__()
        c2, c4, c8, c16 = channels
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(16, c2, 3, padding=1), ResidualBlock(c2))
        self.down_4 = nn.Sequential(nn.SiLU(), downsample(c2, c4))
        self.guide = nn.Conv2d(guide_channels, c4, 1)
        self.block_4 = ResidualBlock(c4)
        self.down_8 = nn.Sequential(nn.SiLU(), downsample(c4, c8), ResidualBlock(c8))
        self.down_16 = nn.Sequential(nn.SiLU(), downsample(c8, c16), ResidualBlock(c16))
        self.reflection = reflection

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
        guide: Float[Tensor, "b c th tw"],
    ) -> Context:
        """Encode the known pixels."""
        base = smooth_fill(image, hole)
        half = self.stem[:2](torch.cat([base, 1 - hole], dim=1))
        reflected = None
        if self.reflection is not None:
            reflected, features = self.reflection(image, hole, label)
            half = half + features
        half = self.stem[2](half)
        quarter = self.block_4(self.down_4(half) + self.guide(guide))
        eighth = self.down_8(quarter)
        return Context((half, quarter, eighth, self.down_16(eighth)), base, hole, reflected)
