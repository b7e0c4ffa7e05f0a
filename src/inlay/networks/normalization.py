"""Normalisation whose scale and shift come from the layout and from the style of each region (SEAN)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["RegionModulation"]


class RegionModulation(nn.Module):
    """SEAN's idea at the compact network's price.

    Group normalisation, then a scale and a shift blended from two parts by learned weights: one part from the
    style codes, spread over their regions, the other from the layout alone (SPADE).
    """

    def __init__(self, channels: int, *, style_dim: int, classes: int, groups: int = 8) -> None:
        super().__init__()
        self.groups = groups
        self.style = nn.Linear(style_dim, 2 * channels)
        self.layout = nn.Conv2d(classes, 2 * channels, 3, padding=1)
        self.blend = nn.Parameter(torch.zeros(2 * channels))
        nn.init.normal_(self.style.weight, std=0.02)
        nn.init.normal_(self.layout.weight, std=0.02)

    def forward(
        self,
        x: Float[Tensor, "b c h w"],
        regions: Float[Tensor, "b classes h w"],
        style: Float[Tensor, "b classes d"],
    ) -> Float[Tensor, "b c h w"]:
        """Normalise and modulate; `regions` holds each cell's shares of the classes."""
        # The blend is linear, so it is taken on codes and kernels, which are small, and not on maps.
        weight = torch.sigmoid(self.blend)
        by_class = self.style(style) * weight
        kernel, bias = self.layout.weight * (1 - weight)[:, None, None, None], self.layout.bias
        by_layout = F.conv2d(regions, kernel, bias, padding=1)
        by_style = torch.einsum("bkhw,bkc->bchw", regions.to(by_layout.dtype), by_class.to(by_layout.dtype))
        scale, shift = (by_layout + by_style).chunk(2, dim=1)
        return F.group_norm(x, self.groups) * (1 + scale) + shift
