"""The mean that a loss takes where there may be nothing to take it of."""

from jaxtyping import Float
from torch import Tensor

__all__ = ["mean_or_zero"]


def mean_or_zero(values: Float[Tensor, "*shape"]) -> Float[Tensor, ""]:
    """The mean; of no values 0 and not NaN, with a gradient of zeros."""
    return values.sum() / max(1, values.numel())
