"""Pixel losses (paper, eq. 2, and its counterpart inside the hole)."""

from jaxtyping import Float
from torch import Tensor

__all__ = ["region_l1"]


def region_l1(
    image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"], region: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """The mean absolute difference over a region, a picture; then the mean over pictures.

    A picture without such a region counts 0.
    """
    difference = ((image - target).abs() * region).sum(dim=(1, 2, 3))
    return (difference / (3 * region.sum(dim=(1, 2, 3))).clamp(min=1)).mean()
