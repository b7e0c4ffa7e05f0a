"""Regions of a layout as tensors: one-hot maps, means over regions, the smooth fill of a hole."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

__all__ = [
    "AllPooling",
    "CellRule",
    "KnownPooling",
    "MeanCodes",
    "area_known",
    "area_one_hot",
    "nearest_known",
    "one_hot",
    "pool_regions",
    "repaint",
    "resize_label",
    "smooth_fill",
]


def one_hot(label: Int[Tensor, "b h w"], classes: int) -> Float[Tensor, "b classes h w"]:
    """The layout as one channel a class."""
    b, h, w = label.shape
    return torch.zeros(b, classes, h, w, device=label.device).scatter_(1, label[:, None], 1.0)


def area_one_hot(
    label: Int[Tensor, "b h w"], classes: int, size: tuple[int, int]
) -> Float[Tensor, "b classes th tw"]:
    """The share of each class in each cell of a coarser grid; the shares of a cell sum to 1."""
    return F.adaptive_avg_pool2d(one_hot(label, classes), size)


def repaint(
    belief: Float[Tensor, "b classes th tw"], label: Int[Tensor, "b h w"], changed: Bool[Tensor, "b h w"]
) -> Float[Tensor, "b classes th tw"]:
    """The belief, certain in the cells that hold changed pixels: there it is the layout's own shares."""
    size = (belief.shape[-2], belief.shape[-1])
    cells = F.adaptive_max_pool2d(changed[:, None].float(), size) > 0
    return torch.where(cells, area_one_hot(label, belief.shape[1], size), belief)


def resize_label(label: Int[Tensor, "b h w"], size: tuple[int, int]) -> Int[Tensor, "b th tw"]:
    """The layout at another size: each cell takes the class of its nearest pixel."""
    return F.interpolate(label[:, None].float(), size=size, mode="nearest")[:, 0].long()


def pool_regions(
    features: Float[Tensor, "b d h w"], weight: Float[Tensor, "b classes h w"]
) -> tuple[Float[Tensor, "b classes d"], Float[Tensor, "b classes"]]:
    """The weighted mean of the features over each region (SEAN's region-wise average pooling, one einsum).

    Also returns the regions' total weight; a region of no weight has the mean 0.
    """
    total = weight.sum(dim=(2, 3))
    weight = weight / total.clamp(min=1e-6)[:, :, None, None]
    return torch.einsum("bdhw,bkhw->bkd", features, weight.to(features.dtype)), total


class AllPooling(nn.Module):
    """A style code a class from the whole of its region, hole or not: SEAN's and the paper's.

    An absent class gets `fallback`: zeros, or the class's mean code where a data set's were stored.
    """

    fallback: Tensor

    def __init__(self, *, dim: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("fallback", torch.zeros(classes, dim))

    def forward(
        self,
        features: Float[Tensor, "b d th tw"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> Float[Tensor, "b classes d"]:
        """Pool the features of each region."""
        size = (features.shape[-2], features.shape[-1])
        code, total = pool_regions(features, self.weights(label, hole, size))
        return torch.where(total[..., None] > 0, code, self.fallback.to(code.dtype))

    def weights(
        self, label: Int[Tensor, "b h w"], hole: Float[Tensor, "b 1 h w"], size: tuple[int, int]
    ) -> Float[Tensor, "b classes th tw"]:
        """How much each cell counts for each class."""
        return one_hot(resize_label(label, size), len(self.fallback))


CellRule = Callable[
    [Int[Tensor, "b h w"], Float[Tensor, "b 1 h w"], int, tuple[int, int]], Float[Tensor, "b classes th tw"]
]
"""How much each cell of a grid counts for each class: of label, hole, number of classes, size of the grid."""


def area_known(
    label: Int[Tensor, "b h w"], hole: Float[Tensor, "b 1 h w"], classes: int, size: tuple[int, int]
) -> Float[Tensor, "b classes th tw"]:
    """The share of the cell that is known and of the class."""
    return F.adaptive_avg_pool2d(one_hot(label, classes) * (1 - hole), size)


def nearest_known(
    label: Int[Tensor, "b h w"], hole: Float[Tensor, "b 1 h w"], classes: int, size: tuple[int, int]
) -> Float[Tensor, "b classes th tw"]:
    """The class of the nearest pixel counts, where the whole cell is known: without a hole SEAN's weights."""
    return one_hot(resize_label(label, size), classes) * (1 - F.adaptive_max_pool2d(hole, size))


class KnownPooling(nn.Module):
    """A style code a class from its known cells only.

    A class that is wholly hidden takes its mirror twin's code (eyes, brows, ears), else `fallback`, the
    class's mean code. Absent classes get it too; nothing in the picture bears their label.
    """

    twins: Tensor

    def __init__(self, *, dim: int, twins: tuple[int, ...], cells: CellRule = area_known) -> None:
        super().__init__()
        self.cells = cells
        self.fallback = nn.Parameter(torch.zeros(len(twins), dim))
        self.register_buffer("twins", torch.tensor(twins), persistent=False)

    def forward(
        self,
        features: Float[Tensor, "b d th tw"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> Float[Tensor, "b classes d"]:
        """Pool the features of each region over what is known of it."""
        size = (features.shape[-2], features.shape[-1])
        code, total = pool_regions(features, self.weights(label, hole, size))
        present = total[..., None] > 1e-4
        twin = torch.where(present[:, self.twins], code[:, self.twins], self.fallback.to(code.dtype))
        return torch.where(present, code, twin)

    def weights(
        self, label: Int[Tensor, "b h w"], hole: Float[Tensor, "b 1 h w"], size: tuple[int, int]
    ) -> Float[Tensor, "b classes th tw"]:
        """How much each cell counts for each class."""
        return self.cells(label, hole, len(self.fallback), size)


class MeanCodes(KnownPooling):
    """The classes' mean codes, whatever the picture shows: a network without styles, for comparison."""

    def forward(
        self,
        features: Float[Tensor, "b d th tw"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> Float[Tensor, "b classes d"]:
        """The same codes for each picture."""
        return self.fallback.to(features.dtype).expand(len(features), -1, -1)


def smooth_fill(
    image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"], *, sweeps: int = 6
) -> Float[Tensor, "b 3 h w"]:
    """Fill the hole smoothly from its rim: a pyramid of means of known pixels, relaxed to the harmonic fill.

    Known pixels stay as they are. Where nothing at all is known the fill is 0.
    """
    known = 1 - hole
    h, w = image.shape[-2:]
    if max(h, w) == 1:
        return image * known
    pad = (0, w % 2, 0, h % 2)
    padded, weight = F.pad(image * known, pad), F.pad(known, pad)
    coarse_weight = F.avg_pool2d(weight, 2)
    coarse = F.avg_pool2d(padded, 2) / coarse_weight.clamp(min=1e-6)
    coarse = smooth_fill(coarse, (coarse_weight == 0).to(image.dtype), sweeps=sweeps)
    filled = F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)[..., :h, :w]
    filled = torch.where(hole > 0, filled, image)
    for _ in range(sweeps):
        ring = F.pad(filled, (1, 1, 1, 1), mode="replicate")
        mean = (ring[..., 1:-1, 2:] + ring[..., 1:-1, :-2] + ring[..., 2:, 1:-1] + ring[..., :-2, 1:-1]) / 4
        filled = torch.where(hole > 0, mean, image)
    return filled
