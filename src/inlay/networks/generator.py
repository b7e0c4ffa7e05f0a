"""Generators: style codes and a layout in, a picture out."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.networks.blocks import ModulatedBlock, ResidualBlock, SeanBlock
from inlay.networks.checkered import GridFilter
from inlay.networks.context_encoder import Context
from inlay.networks.normalization import LayoutNormalization, SeanNormalization, glorot
from inlay.networks.patterns import Patterns, find_patterns
from inlay.networks.regions import area_one_hot, one_hot, resize_label
from inlay.networks.upsampling import Upsample

__all__ = ["CompactGenerator", "DetailHead", "LayoutMaps", "Prepared", "SeanGenerator"]

SHRINK = (32, 16, 16, 8, 4, 2, 1)
"""How much smaller than the picture each of SEAN's blocks works."""


class CompactGenerator(nn.Module):
    """A decoder from 1/16 of the size to the picture, modulated by region at each level.

    With a context its output is added to the context's smooth fill and each level sees the context's
    features; without one (no `context_channels`) it draws from layout and styles alone, as the paper's does.
    `upsample` enlarges features from level to level. `grid_filter` treats the grid that pixel shuffling
    leaves in the picture, before the detail head.
    """

    def __init__(
        self,
        *,
        classes: int,
        channels: tuple[int, int, int, int],
        style_dim: int,
        context_channels: tuple[int, ...] = (),
        depth: tuple[int, ...] = (0, 0, 0, 0),
        detail_channels: int = 0,
        reflection: bool = False,
        upsample: Upsample,
        grid_filter: GridFilter,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.upsample = upsample
        self.grid_filter = grid_filter
        self.first = nn.Conv2d(classes, channels[3], 3, padding=1)
        self.skips = nn.ModuleList(
            nn.Conv2d(c, o, 1) for c, o in zip(context_channels, channels, strict=False)
        )
        self.blocks = nn.ModuleList(ModulatedBlock(c, style_dim=style_dim, classes=classes) for c in channels)
        self.deeper = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(c, added=True) for _ in range(count)))
            for c, count in zip(channels, depth, strict=True)
        )
        self.ups = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(channels))
        self.head = nn.Sequential(nn.SiLU(), nn.Conv2d(channels[0], 12, 3, padding=1), nn.PixelShuffle(2))
        last = self.head[1]
        assert isinstance(last, nn.Conv2d)
        nn.init.normal_(last.weight, std=0.01)
        self.detail = (
            DetailHead(channels[0], detail_channels, reflection=reflection) if detail_channels else None
        )

    def prepare(
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> tuple[Tensor, ...]:
        """The shares of the classes in each cell at 1/2, 1/4, 1/8 and 1/16 of the size.

        With a belief they are its probabilities: where the predicted layout is unsure the classes mix.
        """
        h, w = label.shape[-2:]
        regions = [area_one_hot(label, self.classes, (h // 2, w // 2)) if belief is None else belief]
        for _ in range(3):
            regions.append(F.avg_pool2d(regions[-1], 2))
        return tuple(regions)

    def forward(
        self,
        style: Float[Tensor, "b classes d"],
        label: Int[Tensor, "b h w"],
        context: Context | None,
        noise: torch.Generator | None = None,
        prepared: tuple[Tensor, ...] | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """Draw the picture, about [-1, 1]; this network has no noise, so `noise` changes nothing."""
        regions = self.prepare(label) if prepared is None else prepared
        x = self.first(regions[3])
        for level in (3, 2, 1, 0):
            if level < 3:
                x = self.upsample(self.ups[level](x), (regions[level].shape[-2], regions[level].shape[-1]))
            if context is not None:
                x = x + self.skips[level](context.features[level])
            x = self.deeper[level](self.blocks[level](x, regions[level], style))
        image = self.grid_filter(self.head(x))
        if context is None:
            return image
        image = context.base + image
        return image if self.detail is None else self.detail(x, image, context)


class DetailHead(nn.Module):
    """The last touch at full size: what half the size cannot tell, and how far the draft misses at the rim.

    It sees the draft beside the photo's own known pixels, so that what is wrong at the rim can be carried
    into the hole. Features come up smoothly, not by shuffling, and leave no grid. With `reflection` it also
    sees the face's other side, so that what is seen there can be drawn as it is.
    """

    def __init__(self, inputs: int, channels: int, *, reflection: bool = False) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.SiLU(), nn.Conv2d(inputs, channels, 1))
        self.draft = nn.Conv2d(7, channels, 3, padding=1)
        self.blocks = nn.Sequential(ResidualBlock(channels), ResidualBlock(channels), nn.SiLU())
        self.head = nn.Conv2d(channels, 3, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)
        self.reflected = nn.Conv2d(5, channels, 3, padding=1, bias=False) if reflection else None
        if self.reflected is not None:
            nn.init.zeros_(self.reflected.weight)

    def forward(
        self, x: Float[Tensor, "b c th tw"], draft: Float[Tensor, "b 3 h w"], context: Context
    ) -> Float[Tensor, "b 3 h w"]:
        """The draft with what was missing; it starts as the draft itself."""
        composite = torch.where(context.hole > 0, draft, context.base)
        seen = self.draft(torch.cat([draft, composite, context.hole], dim=1))
        if self.reflected is not None and context.reflected is not None:
            seen = seen + self.reflected(context.reflected)
        features = F.interpolate(
            self.features(x), size=draft.shape[-2:], mode="bilinear", align_corners=False
        )
        return draft + self.head(self.blocks(seen + features))


@dataclass(frozen=True)
class LayoutMaps:
    """What drawing needs of a layout alone: one-hot at 1/32 of the size; rows and patterns of each block."""

    start: Float[Tensor, "b classes th tw"]
    rows: tuple[tuple[Tensor, ...], ...]
    patterns: tuple[Patterns, ...]


Prepared = LayoutMaps | tuple[Tensor, ...]
"""What a generator's `prepare` gives: all that it computes from a layout alone."""


class SeanGenerator(nn.Module):
    """SEAN's generator (Zhu et al. 2020, fig. 3): seven blocks from the layout at 1/32 of the size up.

    Sides are multiples of 32. Blocks are 16, 16, 16, 8, 4, 2 and 1 times `width` wide; the last has no style.
    """

    def __init__(self, *, classes: int, width: int, style_dim: int, layout_width: int) -> None:
        super().__init__()
        self.classes = classes
        self.first = nn.Conv2d(classes, 16 * width, 3, padding=1)
        by_layout = partial(LayoutNormalization, classes=classes, hidden=layout_width)
        by_style = partial(SeanNormalization, classes=classes, hidden=layout_width, style_dim=style_dim)
        widths = [w * width for w in (16, 16, 16, 16, 8, 4, 2, 1)]
        self.blocks = nn.ModuleList(
            SeanBlock(inputs, outputs, normalization=by_layout if outputs == width else by_style)
            for inputs, outputs in pairwise(widths)
        )
        self.head = nn.Conv2d(width, 3, 3, padding=1)
        glorot(self.first)
        glorot(self.head)

    def prepare(
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> LayoutMaps:
        """What the layout alone decides: computed once where one layout is drawn many times.

        SEAN knows certain layouts only, so that `belief` changes nothing.
        """
        h, w = label.shape[-2:]
        if h % 32 or w % 32:
            raise ValueError(f"this generator draws sizes that are multiples of 32, got {h} x {w}")
        labels = {s: resize_label(label, (h // s, w // s)) for s in set(SHRINK)}
        patterns = {s: find_patterns(small, self.classes) for s, small in labels.items()}
        rows = []
        for block, shrink in zip(self.blocks, SHRINK, strict=True):
            assert isinstance(block, SeanBlock)
            rows.append(block.layout_rows(patterns[shrink]))
        start = one_hot(labels[SHRINK[0]], self.classes)
        return LayoutMaps(start, tuple(rows), tuple(patterns[s] for s in SHRINK))

    def forward(
        self,
        style: Float[Tensor, "b classes d"],
        label: Int[Tensor, "b h w"],
        context: Context | None = None,
        noise: torch.Generator | None = None,
        prepared: LayoutMaps | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """Draw the picture in [-1, 1]; this network sees no context."""
        maps = self.prepare(label) if prepared is None else prepared
        x = self.first(maps.start)
        for n, block in enumerate(self.blocks):
            if n > 0 and SHRINK[n] < SHRINK[n - 1]:
                x = F.interpolate(x, scale_factor=2)
            x = block(x, maps.rows[n], maps.patterns[n], style, noise)
        return torch.tanh(self.head(F.leaky_relu(x, 0.2)))
