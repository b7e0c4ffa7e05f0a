"""What pixel shuffling leaves behind: a faint grid of period 2, taken out by a fixed filter."""

from collections.abc import Callable
from math import comb

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["GridFilter", "keep_grid", "without_grid"]

GridFilter = Callable[[Tensor], Tensor]
"""What a generator does about the grid in its picture (b, c, h, w)."""

REACH = 3
"""The filter is 2 * REACH + 1 wide: the wider, the fewer frequencies beside the grid's own it takes out."""

SMOOTH = [comb(2 * REACH, k) / 4**REACH for k in range(2 * REACH + 1)]
MOVED = [(-1) ** (k - REACH) * value for k, value in enumerate(SMOOTH)]
GRID = [
    [a * n + m * b + m * n for b, n in zip(SMOOTH, MOVED, strict=True)]
    for a, m in zip(SMOOTH, MOVED, strict=True)
]
"""Binomial low-passes, moved to the three frequencies of a grid: along rows, along columns, along both."""


def without_grid(image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """The picture without what alternates from one pixel to the next along rows, columns or both.

    Pixel shuffling draws the four pixels of a cell with four sets of weights, so that their levels differ
    where the network is unsure.
    """
    channels = image.shape[1]
    kernel = torch.tensor(GRID, dtype=image.dtype, device=image.device).expand(channels, 1, -1, -1)
    # With the channels side by side in memory the convolution takes a sixth of the time.
    wide = F.pad(image, (REACH,) * 4, mode="replicate").contiguous(memory_format=torch.channels_last)
    return image - F.conv2d(wide, kernel, groups=channels)


def keep_grid(image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Return the picture as it is.

    For training: gradients through the filter are zero but for rounding in the direction of the grid, and an
    optimiser that scales gradients (Adam) would leave the grid's weights to chance.
    """
    return image
