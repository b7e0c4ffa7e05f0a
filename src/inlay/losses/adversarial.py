"""Adversarial losses (paper, eq. 3 and 7), in the paper's log form and in the released hinge form.

Each takes the logits of a discriminator's scales: the mean over each scale's patches, then over the scales.
With a `region` (1 where a patch counts) the mean is weighted by each patch's share of it: a composite's known
patches are real, and to call them fake tells the discriminator nothing (LaMa, Suvorov et al. 2022, eq. 4).
Without any pictures each is 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inlay.losses.means import mean_or_zero

__all__ = [
    "ADVERSARIAL_FORMS",
    "AdversarialForm",
    "hinge_fake",
    "hinge_generator",
    "hinge_real",
    "log_fake",
    "log_generator",
    "log_real",
    "r1_penalty",
    "share_right",
]

Logits = Sequence[Float[Tensor, "b 1 _ _"]]
Region = Float[Tensor, "b 1 h w"] | None


def hinge_generator(fake: Logits, region: Region = None) -> Float[Tensor, ""]:
    """-D(fake): what the generator minimises (Lim and Ye 2017; Miyato et al. 2018, eq. 17)."""
    return _mean(torch.neg, fake, region)


def hinge_fake(fake: Logits, region: Region = None) -> Float[Tensor, ""]:
    """max(0, 1 + D(fake)): the discriminator's part on fakes (Miyato et al. 2018, eq. 16)."""
    return _mean(lambda logits: F.relu(1 + logits), fake, region)


def hinge_real(real: Logits, region: Region = None) -> Float[Tensor, ""]:
    """max(0, 1 - D(real)): the discriminator's part on real pictures (Miyato et al. 2018, eq. 16)."""
    return _mean(lambda logits: F.relu(1 - logits), real, region)


def log_generator(fake: Logits, region: Region = None) -> Float[Tensor, ""]:
    """-log D(fake): the generator's side of eq. 3, in the form that does not saturate (Goodfellow 2014)."""
    return _mean(lambda logits: F.softplus(-logits), fake, region)


def log_fake(fake: Logits, region: Region = None) -> Float[Tensor, ""]:
    """-log(1 - D(fake)), eq. 3's second term, minimised."""
    return _mean(F.softplus, fake, region)


def log_real(real: Logits, region: Region = None) -> Float[Tensor, ""]:
    """-log D(real), eq. 3's first term, minimised."""
    return _mean(lambda logits: F.softplus(-logits), real, region)


def share_right(logits: Logits, region: Region = None, *, real: bool) -> Float[Tensor, ""]:
    """The share of the patches that the discriminator tells right, of photos if `real`, else of fakes."""
    return _mean(lambda some: (some > 0 if real else some < 0).float(), logits, region)


@dataclass(frozen=True)
class AdversarialForm:
    """A form of the loss: the generator's side, and the discriminator's, which minimises `fake` + `real`."""

    generator: Callable[[Logits, Region], Float[Tensor, ""]]
    fake: Callable[[Logits, Region], Float[Tensor, ""]]
    real: Callable[[Logits, Region], Float[Tensor, ""]]


ADVERSARIAL_FORMS = {
    "hinge": AdversarialForm(hinge_generator, hinge_fake, hinge_real),
    "log": AdversarialForm(log_generator, log_fake, log_real),
}


def r1_penalty(real: Logits, image: Float[Tensor, "b channels h w"]) -> Float[Tensor, ""]:
    """Half the squared gradient of the logits by the real pictures (R1, Mescheder et al. 2018, eq. 9).

    `image` must have required a gradient when it was judged.
    """
    # Every patch counts, and patches and scales are averaged, so that it does not grow with the picture.
    total = torch.stack([logits.mean(dim=(1, 2, 3)).sum() for logits in real]).mean()
    (gradient,) = torch.autograd.grad(total, image, create_graph=True)
    return mean_or_zero(gradient.square().sum(dim=(1, 2, 3))) / 2


def _mean(term: Callable[[Tensor], Tensor], scales: Logits, region: Region = None) -> Float[Tensor, ""]:
    # Under autocast the logits may have come as bf16, whose steps are too coarse for a mean.
    wide = [logits.to(torch.promote_types(logits.dtype, torch.float32)) for logits in scales]
    return torch.stack([_patch_mean(term(logits), region) for logits in wide]).mean()


def _patch_mean(terms: Float[Tensor, "b 1 ph pw"], region: Region) -> Float[Tensor, ""]:
    if region is None:
        return mean_or_zero(terms)
    share = F.adaptive_avg_pool2d(region, (terms.shape[-2], terms.shape[-1]))
    return (terms * share).sum() / share.sum().clamp(min=1e-6)
