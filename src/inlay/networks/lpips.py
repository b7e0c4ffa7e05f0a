"""LPIPS v0.1 with SqueezeNet 1.1 (Zhang et al. 2018, Unreasonable Effectiveness of Deep Features, eq. 1)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Fire", "PerceptualDistance", "SqueezeNetFeatures"]


class Fire(nn.Module):
    """SqueezeNet's block: squeeze to few channels, expand by 1 x 1 and 3 x 3 filters side by side."""

    def __init__(self, channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Squeeze and expand, each with a ReLU."""
        x = F.relu(self.squeeze(x))
        return F.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1))


class SqueezeNetFeatures(nn.Module):
    """The convolutional part of SqueezeNet 1.1; parameter names are torchvision's."""

    def __init__(self) -> None:
        super().__init__()
        pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(),
            pool, Fire(64, 16, 64), Fire(128, 16, 64),
            pool, Fire(128, 32, 128), Fire(256, 32, 128),
            pool, Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
        )  # fmt: skip

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        """The feature maps at the seven places that LPIPS compares, 64 to 512 channels."""
        taps = []
        for place, layer in enumerate(self.features):
            x = layer(x)
            if place in TAPS:
                taps.append(x)
        return taps


TAPS = (1, 4, 7, 9, 10, 11, 12)
CHANNELS = (64, 128, 256, 384, 384, 512, 512)


class PerceptualDistance(nn.Module):
    """The distance of two pictures: unit-length features, squared difference, a learned weight a channel."""

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.net = SqueezeNetFeatures()
        self.heads = nn.ParameterList(torch.ones(c) / c for c in CHANNELS)
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188])[:, None, None], persistent=False)
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450])[:, None, None], persistent=False)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], other: Float[Tensor, "b 3 h w"]
    ) -> Float[Tensor, " b"]:
        """LPIPS of each pair; pictures in [-1, 1], 0 for identical ones. Not a loss: it is the metric."""
        ours, theirs = (self.net((x - self.shift) / self.scale) for x in (image, other))
        distance = torch.zeros(len(image), device=image.device)
        for a, b, head in zip(ours, theirs, self.heads, strict=True):
            difference = (_unit(a) - _unit(b)).square()
            distance = distance + torch.einsum("bchw,c->bhw", difference, head).mean(dim=(1, 2))
        return distance


def _unit(features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    return features / (features.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
