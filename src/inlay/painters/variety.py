"""Other layouts that are plausible too: what a seed changes of a network that draws no noise itself."""

import torch
import torch.nn.functional as F

from inlay.batch import Batch
from inlay.networks.layout import TEMPERATURE, most_likely

__all__ = ["varied"]

STRENGTH = 0.8
"""Standard deviation of what is added to the predictor's logits: it turns what is about even."""

SMOOTH = 12 / 64
"""The noise is as coarse as that share of the shorter side, so that outlines move and do not fray."""


def varied(batch: Batch, seed: int) -> Batch:
    """The pictures under another plausible layout of their holes; seed 0 is the most likely one.

    The logits get smooth noise inside the hole. Where the prediction is sure, and where
    somebody has painted, it stays; a layout that came without belief stays altogether.
    """
    if seed == 0 or batch.belief is None:
        return batch
    b, classes, th, tw = batch.belief.shape
    draw = torch.Generator().manual_seed(seed)
    cells = max(1, round(SMOOTH * min(th, tw)))
    coarse = torch.randn(b, classes, -(-th // cells) + 1, -(-tw // cells) + 1, generator=draw)
    noise = F.interpolate(coarse, (th, tw), mode="bicubic", align_corners=True).to(batch.belief)
    inside = F.adaptive_max_pool2d(batch.hole, (th, tw))
    scores = batch.belief.clamp(min=1e-12).log() + STRENGTH / TEMPERATURE * noise * inside
    label = torch.where(batch.hole[:, 0] > 0, most_likely(scores), batch.label)
    return batch.with_label(label, scores.softmax(dim=1))
