"""Style encoders: the masked picture in, a style code a class and the attention record out."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.batch import Attention
from inlay.networks.attention import AttentionBlock
from inlay.networks.blocks import ResidualBlock, downsample
from inlay.networks.normalization import glorot
from inlay.networks.regions import AllPooling, KnownPooling

__all__ = ["CompactStyleEncoder", "MaskedStyleEncoder", "SeanStyleEncoder"]


class CompactStyleEncoder(nn.Module):
    """A small U-shaped encoder of (image x known, known), attention at a quarter of the size, region pooling.

    Built for pictures whose sides are multiples of 16.
    """

    shrink = 4
    """How much smaller than the picture the map is that the codes are pooled from."""

    def __init__(
        self, *, width: int, channels: int, style_dim: int, attention: AttentionBlock, pooling: KnownPooling
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(16, width, 3, padding=1))
        self.down_4 = nn.Sequential(nn.SiLU(), downsample(width, 2 * width), ResidualBlock(2 * width))
        self.down_8 = nn.Sequential(nn.SiLU(), downsample(2 * width, 4 * width), ResidualBlock(4 * width))
        self.down_16 = nn.Sequential(nn.SiLU(), downsample(4 * width, 4 * width), ResidualBlock(4 * width))
        self.up_8 = nn.Sequential(nn.Conv2d(4 * width, 4 * width, 1), ResidualBlock(4 * width))
        self.up_4 = nn.Conv2d(4 * width, channels, 1)
        self.skip_4 = nn.Conv2d(2 * width, channels, 1)
        self.merge_4 = ResidualBlock(channels)
        self.attention = attention
        self.head = nn.Sequential(nn.SiLU(), nn.Conv2d(channels, style_dim, 3, padding=1))
        self.pooling = pooling

    def forward(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"], label: Int[Tensor, "b h w"]
    ) -> tuple[Float[Tensor, "b classes d"], Float[Tensor, "b c th tw"], Attention | None]:
        """Style codes, the feature map after attention, and what the attention can tell."""
        known = 1 - hole
        half = self.stem(torch.cat([image * known, known], dim=1))
        quarter = self.down_4(half)
        eighth = self.down_8(quarter)
        eighth = eighth + self.up_8(F.interpolate(self.down_16(eighth), size=eighth.shape[-2:]))
        features = self.skip_4(quarter) + F.interpolate(self.up_4(eighth), size=quarter.shape[-2:])
        features = self.merge_4(features)
        attention = self.attention(features, hole, label)
        if attention is not None:
            features = attention.output
        return self.pooling(self.head(features), hole, label), features, attention


class SeanStyleEncoder(nn.Module):
    """SEAN's style encoder (Zhu et al. 2020, appendix): image x known in, codes in [-1, 1] out.

    Down to a quarter of the size, up to half of it, attention there, region pooling.
    """

    channels = 3
    shrink = 2

    def __init__(
        self, *, width: int, style_dim: int, attention: nn.Module, pooling: AllPooling | KnownPooling
    ) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(self.channels, width, 3)
        self.conv_2 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.conv_4 = nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1)
        self.up_2 = nn.ConvTranspose2d(4 * width, 8 * width, 3, stride=2, padding=1, output_padding=1)
        self.attention = attention
        self.head = nn.Conv2d(8 * width, style_dim, 3)
        self.pooling = pooling
        for module in (self.conv_1, self.conv_2, self.conv_4, self.up_2, self.head):
            glorot(module)

    def look(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b c h w"]:
        """What the encoder is shown: hole pixels are black, that is 0."""
        return image * (1 - hole)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"], label: Int[Tensor, "b h w"]
    ) -> tuple[Float[Tensor, "b classes d"], Float[Tensor, "b c th tw"], Attention | None]:
        """Style codes, the feature map after attention, and what the attention can tell."""
        x = _normalize(self.conv_1(_reflect(self.look(image, hole))))
        x = _normalize(self.conv_4(_normalize(self.conv_2(x))))
        features = _normalize(self.up_2(x))
        attention = self.attention(features, hole, label)
        if attention is not None:
            features = attention.output
        codes = torch.tanh(self.head(_reflect(features)))
        return self.pooling(codes, hole, label), features, attention


class MaskedStyleEncoder(SeanStyleEncoder):
    """The paper's style encoder (fig. 1): it is also shown which pixels are known."""

    channels = 4

    def look(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b c h w"]:
        """What the encoder is shown: image x known, and known."""
        return torch.cat([image * (1 - hole), 1 - hole], dim=1)


def _reflect(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c th tw"]:
    return F.pad(x, (1, 1, 1, 1), mode="reflect")


def _normalize(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    return F.leaky_relu(F.instance_norm(x), 0.2)
