"""Pixel losses (paper, eq. 2 and 8, and their counterparts inside the hole and over the whole picture)."""

from jaxtyping import Float
from torch import Tensor

__all__ = ["region_l1", "region_mse"]


def region_l1(
    image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"], region: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """The mean absolute difference over a region, a picture; then the mean over pictures.

    A picture without such a region counts 0.
    """
    return _region_mean((image - target).abs(), region)


def region_mse(
    image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"], region: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """The mean squared difference over a region, a picture; then the mean over pictures.

    A picture without such a region counts 0. The released program uses it at test time (eq. 8).
    """
    return _region_mean((image - target).square(), region)


def _region_mean(difference: Float[Tensor, "b 3 h w"], region: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    total = (difference * region).sum(dim=(1, 2, 3))
    return (total / (3 * region.sum(dim=(1, 2, 3))).clamp(min=1)).mean()
