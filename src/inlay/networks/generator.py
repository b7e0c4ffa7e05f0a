"""Generators: style codes and a layout in, a picture out."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.networks.blocks import ModulatedBlock
from inlay.networks.context_encoder import Context
from inlay.networks.regions import area_one_hot

__all__ = ["CompactGenerator"]


class CompactGenerator(nn.Module):
    """A decoder from 1/16 of the size to the picture, modulated by region at each level.

    With a context its output is added to the context's smooth fill and each level sees the context's features;
    without one (`context_channels` empty) it draws from layout and styles alone, as the paper's does.
    """

    def __init__(
        self,
        *,
        classes: int,
        channels: tuple[int, int, int, int],
        style_dim: int,
        context_channels: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        self.classes = classes
        self.first = nn.Conv2d(classes, channels[3], 3, padding=1)
        self.skips = nn.ModuleList(nn.Conv2d(c, o, 1) for c, o in zip(context_channels, channels, strict=False))
        self.blocks = nn.ModuleList(ModulatedBlock(c, style_dim=style_dim, classes=classes) for c in channels)
        self.ups = nn.ModuleList(
            nn.Conv2d(coarse, fine, 1) for fine, coarse in zip(channels[:-1], channels[1:], strict=True)
        )
        self.head = nn.Sequential(nn.SiLU(), nn.Conv2d(channels[0], 12, 3, padding=1), nn.PixelShuffle(2))
        last = self.head[1]
        assert isinstance(last, nn.Conv2d)
        nn.init.normal_(last.weight, std=0.01)

    def forward(
        self,
        style: Float[Tensor, "b classes d"],
        label: Int[Tensor, "b h w"],
        context: Context | None,
        noise: torch.Generator | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """Draw the picture, about [-1, 1]; this network has no noise, so `noise` changes nothing."""
        h, w = label.shape[-2:]
        regions = [area_one_hot(label, self.classes, (h // 2, w // 2))]
        for _ in range(3):
            regions.append(F.avg_pool2d(regions[-1], 2))
        x = self.first(regions[3])
        for level in (3, 2, 1, 0):
            if level < 3:
                x = F.interpolate(self.ups[level](x), size=regions[level].shape[-2:])
            if context is not None:
                x = x + self.skips[level](context.features[level])
            x = self.blocks[level](x, regions[level], style)
        image = self.head(x)
        return image if context is None else context.base + image
