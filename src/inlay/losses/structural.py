"""The loss of structure: 1 - SSIM (Wang et al. 2004) wherever a window sees the hole."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["structural"]

SIDE = 7
"""Windows are squares of so many pixels, all of them alike: scikit-image's default."""

MEAN_FLOOR, VARIANCE_FLOOR = 0.02**2, 0.06**2
"""The two constants of SSIM, (0.01 L)^2 and (0.03 L)^2, for a range L of 2."""


def structural(
    image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """1 - SSIM of the composite, a colour channel, over the windows with a hole pixel; then over pictures.

    Pictures are in [-1, 1] and larger than a window; only windows that lie inside of them count. A picture
    without a hole counts 0. Proposed as a loss by Zhao et al. 2017; beyond the paper.
    """
    image, target = torch.where(hole > 0, image, target).float(), target.float()
    x, y = _mean(image), _mean(target)
    # Variances of a sample, as scikit-image takes them.
    sample = SIDE**2 / (SIDE**2 - 1)
    spread = sample * (_mean(image.square()) + _mean(target.square()) - x.square() - y.square())
    together = sample * (_mean(image * target) - x * y)
    likeness = (2 * x * y + MEAN_FLOOR) * (2 * together + VARIANCE_FLOOR)
    likeness = likeness / ((x.square() + y.square() + MEAN_FLOOR) * (spread + VARIANCE_FLOOR))
    sees = (F.max_pool2d(hole, SIDE, stride=1) > 0).to(likeness.dtype)
    total = ((1 - likeness) * sees).sum(dim=(1, 2, 3))
    return (total / (3 * sees.sum(dim=(1, 2, 3))).clamp(min=1)).mean()


def _mean(maps: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c th tw"]:
    return F.avg_pool2d(maps, SIDE, stride=1)
