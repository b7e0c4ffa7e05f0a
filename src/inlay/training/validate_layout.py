"""The figures of a run that trains the layout predictor alone: nothing is filled for them."""

import torch

from inlay.batch import Batch
from inlay.losses.layout import hole_cross_entropy
from inlay.networks.layout import most_likely
from inlay.training.machine import Machine
from inlay.training.trainees import Generator
from inlay.training.validate import Measured, chunks

__all__ = ["validate_layout"]


@torch.no_grad()
def validate_layout(generator: Generator, faces: dict[str, Batch], machine: Machine) -> Measured:
    """Figures of the predicted layouts of `faces`, which are "val" and others, each under its name.

    `*_layout_entropy` is the cross-entropy in the hole, mean over pictures; `*_layout_hole` and
    `*_layout_known` are the shares of pixels of the right class. The score is the entropy on val, negated.
    """
    assert generator.layout is not None
    figures = dict[str, float]()
    for name, batch in faces.items():
        entropies, rights = list[torch.Tensor](), list[torch.Tensor]()
        for part in chunks(batch, machine.device):
            with machine.autocast():
                logits = generator.layout(part.image, part.hole).float()
            entropies.append(hole_cross_entropy(logits, part.label, part.hole).cpu())
            rights.append((most_likely(logits) == part.label).float().cpu())
        right, hole = torch.cat(rights), batch.hole[:, 0] > 0
        figures |= {
            f"{name}_layout_entropy": float(torch.cat(entropies).mean()),
            f"{name}_layout_hole": float(right[hole].mean()),
            f"{name}_layout_known": float(right[~hole].mean()),
        }
    return Measured(figures, -figures["val_layout_entropy"])
