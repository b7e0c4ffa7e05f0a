"""Normalisation whose scale and shift come from the layout and from the style of each region (SEAN)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inlay.networks.patterns import Patterns, spread

__all__ = ["LayoutNormalization", "RegionModulation", "SeanNormalization", "glorot"]

GAIN = 0.02


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


class LayoutNormalization(nn.Module):
    """SPADE (Park et al. 2019, eq. 1 to 3), with SEAN's noise: scale and shift come from the layout alone.

    Batch normalisation without weights of its own; before it, one noise map is added to each channel by the
    channel's learned weight, if a generator is given.
    """

    def __init__(self, channels: int, *, classes: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.noise_scale = nn.Parameter(torch.zeros(channels))
        self.layout_hidden = nn.Conv2d(classes, hidden, 3, padding=1)
        self.layout_out = nn.Conv2d(hidden, 2 * channels, 3, padding=1)
        glorot(self.layout_hidden)
        glorot(self.layout_out, parts=2)

    def layout_rows(self, patterns: Patterns) -> Float[Tensor, "p c"]:
        """What the layout says of scale and shift, a row a pattern: computed once a layout, for any style."""
        return self._through_layout(patterns, self.layout_out.weight, self.layout_out.bias)

    def forward(
        self,
        x: Float[Tensor, "b c h w"],
        rows: Float[Tensor, "p cc"],
        patterns: Patterns,
        style: Float[Tensor, "b classes d"],
        noise: torch.Generator | None,
    ) -> Float[Tensor, "b c h w"]:
        """Normalise and modulate; `rows` is `layout_rows` of the patterns."""
        if noise is not None:
            shape = (len(x), 1, *x.shape[-2:])
            drawn = torch.randn(shape, generator=noise, device=noise.device, dtype=self.noise_scale.dtype)
            x = x + drawn.to(x.device) * self.noise_scale[:, None, None]
        modulation = spread(self.modulation(rows, patterns, style), patterns.place)
        scale, shift = modulation.chunk(2, dim=1)
        return torch.addcmul(shift, self.norm(x).to(shift.dtype), 1 + scale)

    def modulation(
        self, rows: Float[Tensor, "p cc"], patterns: Patterns, style: Float[Tensor, "b classes d"]
    ) -> Float[Tensor, "p cc"]:
        """Scale and shift, a row a pattern."""
        return rows

    def _through_layout(
        self, patterns: Patterns, weight: Float[Tensor, "c hidden 3 3"], bias: Float[Tensor, " c"] | None
    ) -> Float[Tensor, "p c"]:
        """The two convolutions of the layout, the second with the given weights."""
        hidden = F.relu(
            F.linear(patterns.one_hot_cells(), self.layout_hidden.weight.flatten(1), self.layout_hidden.bias)
        )
        # What lies outside of the picture is 0 to the second convolution, as its padding.
        hidden = F.pad(hidden, (0, 0, 0, 1))
        around = F.embedding(patterns.around, hidden).flatten(1)
        return F.linear(around, weight.permute(0, 2, 3, 1).flatten(1), bias)


class SeanNormalization(LayoutNormalization):
    """SEAN (Zhu et al. 2020, eq. 1 to 3): scale and shift blended from the layout and each region's style.

    SEAN passes the codes through a layer a class, spreads them over their regions and convolves that map.
    It is constant on a region, so its convolution is that of the one-hot layout with the kernel
    K[o, class] = sum_c W[o, c] mu[class, c]: equal, and computed once a pattern of the layout.
    """

    def __init__(self, channels: int, *, classes: int, hidden: int, style_dim: int) -> None:
        super().__init__(channels, classes=classes, hidden=hidden)
        self.code_weight = nn.Parameter(torch.empty(classes, style_dim, style_dim))
        self.code_bias = nn.Parameter(torch.zeros(classes, style_dim))
        # Rows: outputs (scale, then shift) x 3 x 3, columns: inputs. So the kernel is one matrix product.
        self.style_weight = nn.Parameter(torch.empty(2 * channels * 9, style_dim))
        self.style_bias = nn.Parameter(torch.zeros(2 * channels))
        # sigmoid(blend) is the share of the style part in scale and in shift.
        self.blend = nn.Parameter(torch.zeros(2))
        halves = self.style_weight.data.view(2 * channels, 9, style_dim).transpose(1, 2).chunk(2)
        for weight in (*self.code_weight.data, *halves):
            nn.init.xavier_normal_(weight, gain=GAIN)

    def layout_rows(self, patterns: Patterns) -> Float[Tensor, "p c"]:
        """The layout's share of scale and shift, and the style part's constant."""
        share = self._share()
        weight = self.layout_out.weight * (1 - share)[:, None, None, None]
        assert self.layout_out.bias is not None
        bias = torch.lerp(self.layout_out.bias, self.style_bias, share)
        return self._through_layout(patterns, weight, bias)

    def modulation(
        self, rows: Float[Tensor, "p cc"], patterns: Patterns, style: Float[Tensor, "b classes d"]
    ) -> Float[Tensor, "p cc"]:
        """Scale and shift, a row a pattern: the layout's share plus the style's."""
        b, classes, _ = style.shape
        mu = F.relu(torch.einsum("bkc,kdc->bkd", style, self.code_weight) + self.code_bias)
        kernel = (self.style_weight @ mu.flatten(0, 1).T).view(-1, 9, b, classes)
        # Outputs last, and neighbour and class as the columns of the patterns' middle 3 x 3 cells.
        kernel = (kernel * self._share()[:, None, None, None]).permute(2, 3, 1, 0).flatten(1, 2)
        middle = patterns.one_hot_cells()[patterns.around[:, 4]].to(kernel.dtype)
        by_style = [
            part @ kernel[picture] for picture, part in enumerate(torch.split(middle, list(patterns.counts)))
        ]
        return rows + torch.cat(by_style)

    def _share(self) -> Float[Tensor, " cc"]:
        return torch.sigmoid(self.blend).repeat_interleave(self.norm.num_features)


def glorot(convolution: nn.Conv2d | nn.ConvTranspose2d, *, parts: int = 1) -> None:
    """SPADE's start (Glorot and Bengio 2010, scaled down), for each of the equal parts of the outputs."""
    for weight in convolution.weight.data.chunk(parts):
        nn.init.xavier_normal_(weight, gain=GAIN)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
