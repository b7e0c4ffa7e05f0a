"""The feature matching loss (pix2pixHD, eq. 4): the discriminator's layers should see a fake as the real."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from inlay.losses.means import mean_or_zero

__all__ = ["feature_matching"]


def feature_matching(fake: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]) -> Float[Tensor, ""]:
    """The mean absolute difference of each layer's features, summed over layers, the mean over scales.

    Both arguments are `Judgement.features`; no gradient flows into `real`. Without any pictures it is 0.
    """
    scales = [
        torch.stack([mean_or_zero((f - r.detach()).abs()) for f, r in zip(fakes, reals, strict=True)]).sum()
        for fakes, reals in zip(fake, real, strict=True)
    ]
    return torch.stack(scales).mean()
