"""One training step: what is given, what is computed, what is minimised."""

import torch
from jaxtyping import Float
from torch import Tensor

from inlay.batch import Batch
from inlay.config import LossConfig
from inlay.losses.layout import layout_cross_entropy
from inlay.losses.pixel import region_l1
from inlay.losses.semantic_attention import semantic_likelihood
from inlay.model import InpaintingModel
from inlay.networks.layout import LayoutPredictor, upsample_logits

__all__ = ["objective"]


def objective(
    model: InpaintingModel,
    layout: LayoutPredictor,
    batch: Batch,
    weights: LossConfig,
    *,
    predicted_share: float,
    generator: torch.Generator,
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The weighted sum of the losses (eq. 6, and the layout's) and each term's value.

    A share of the samples is filled under the predicted layout, drawn by `generator`, so that the network
    learns what `inlay fill` will give it.
    """
    logits = layout(batch.image, batch.hole)
    use_predicted = torch.rand(len(batch), generator=generator) < predicted_share
    predicted = upsample_logits(logits.detach()).argmax(dim=1)
    given = batch.with_label(torch.where(use_predicted[:, None, None].to(predicted.device), predicted, batch.label))
    output = model(given)
    terms = {
        "hole_l1": region_l1(output.image, batch.image, batch.hole),
        "known_l1": region_l1(output.image, batch.image, batch.known),
        "layout": layout_cross_entropy(logits, batch.label, batch.hole, hole_weight=weights.layout_hole_weight),
    }
    if output.attention is not None:
        terms["semantic_attention"] = semantic_likelihood(output.attention, logits.shape[1])
    total = sum((getattr(weights, name) * term for name, term in terms.items()), torch.zeros(()))
    return total, {name: float(term.detach()) for name, term in terms.items()}
