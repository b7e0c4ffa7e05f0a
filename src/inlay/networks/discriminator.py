"""The multi-scale PatchGAN discriminator (pix2pixHD, 3.2; SPADE's spectral and instance norm)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.networks.regions import one_hot
from inlay.networks.spectral import SpectralConv2d

__all__ = ["Judgement", "MultiScaleDiscriminator", "PatchDiscriminator"]

KERNEL, PADDING, SLOPE = 4, 2, 0.2
GAIN = 0.02
"""SPADE's start: Glorot, scaled down."""


@dataclass(frozen=True)
class Judgement:
    """What a discriminator says: a map of logits a scale, finest first, and the features that led to it.

    `features[scale]` holds the maps of a scale, first layer to last but one. Positive logits say "real".
    """

    logits: tuple[Float[Tensor, "b 1 _ _"], ...]
    features: tuple[tuple[Tensor, ...], ...]

    def split(self, first: int) -> tuple["Judgement", "Judgement"]:
        """The judgements of the first so many pictures and of the others, which were judged as one batch."""
        return self._part(slice(None, first)), self._part(slice(first, None))

    def _part(self, part: slice) -> "Judgement":
        features = tuple(tuple(layer[part] for layer in layers) for layers in self.features)
        return Judgement(tuple(logits[part] for logits in self.logits), features)


class PatchDiscriminator(nn.Module):
    """Judges overlapping patches: strided convolutions, then one that gives a logit a patch.

    `layers` counts the convolutions before the last one; their width doubles from `width`, at most to 8 times
    it. All but the first have spectral and instance norm. They start as Glorot's times `gain`.
    """

    def __init__(self, *, inputs: int, width: int, layers: int, gain: float = GAIN) -> None:
        super().__init__()
        first = nn.Conv2d(inputs, width, KERNEL, stride=2, padding=PADDING)
        stages: list[nn.Module] = [nn.Sequential(first, nn.LeakyReLU(SLOPE))]
        channels = width
        for _ in range(layers - 1):
            wider = min(2 * channels, 8 * width)
            # Instance norm removes any constant, so these convolutions have no bias.
            conv = SpectralConv2d(channels, wider, KERNEL, stride=2, padding=PADDING, bias=False)
            stages.append(nn.Sequential(conv, nn.InstanceNorm2d(wider), nn.LeakyReLU(SLOPE)))
            channels = wider
        self.stages = nn.ModuleList(stages)
        self.head = nn.Conv2d(channels, 1, KERNEL, padding=PADDING)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_normal_(module.weight, gain=gain)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Float[Tensor, "b i h w"]) -> tuple[Float[Tensor, "b 1 th tw"], tuple[Tensor, ...]]:
        """The logits and the features of each stage."""
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return self.head(x), tuple(features)


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators of a picture and its layout at several resolutions, each half the one before.

    A picture may have more channels than its colours: what it is to be judged beside. Without `classes` the
    layout is not looked at.
    """

    def __init__(
        self,
        *,
        classes: int,
        channels: int = 3,
        width: int = 64,
        layers: int = 3,
        scales: int = 2,
        gain: float = GAIN,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.scales = nn.ModuleList(
            PatchDiscriminator(inputs=classes + channels, width=width, layers=layers, gain=gain)
            for _ in range(scales)
        )

    def forward(self, image: Float[Tensor, "b channels h w"], label: Int[Tensor, "b h w"]) -> Judgement:
        """Judge pictures in [-1, 1] under their layouts; fake and real may go as one batch: `split` it."""
        x = image
        if self.classes:
            x = torch.cat([one_hot(label, self.classes).to(image.dtype), image], dim=1)
        logits, features = [], []
        for scale, discriminator in enumerate(self.scales):
            if scale > 0:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            judged, layers = discriminator(x)
            logits.append(judged)
            features.append(layers)
        return Judgement(tuple(logits), tuple(features))
