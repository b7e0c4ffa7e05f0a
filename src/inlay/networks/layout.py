"""The layout predictor: the layout of the whole picture, hole included, from its known pixels."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.batch import Batch
from inlay.networks.blocks import ResidualBlock, downsample
from inlay.networks.precision import Precise
from inlay.networks.regions import smooth_fill

__all__ = ["LayoutPredictor", "believed", "log_belief", "most_likely", "upsample_logits"]

TEMPERATURE = 0.6
"""Filling trusts a predicted layout more than the predictor itself does: fills are sharper for 0.06 dB."""


class LayoutPredictor(Precise):
    """A small U-Net from (smoothly filled image, known) to the logits of each class at half the size.

    Built for pictures whose sides are multiples of 32. In training, `dropout` is the share of channels of
    the coarsest level that are left out.
    """

    def __init__(self, *, classes: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        channels = [width, 2 * width, 4 * width, 4 * width, 4 * width]
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(16, width, 3, padding=1))
        self.downs = nn.ModuleList(
            nn.Sequential(nn.SiLU(), downsample(fine, coarse), ResidualBlock(coarse))
            for fine, coarse in pairwise(channels)
        )
        self.dropout = nn.Dropout2d(dropout) if dropout else nn.Identity()
        self.ups = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(channels))
        self.merges = nn.ModuleList(ResidualBlock(fine) for fine in channels[:-1])
        self.head = nn.Sequential(nn.SiLU(), nn.Conv2d(width, classes, 3, padding=1))

    def forward(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b classes th tw"]:
        """The logits of the layout at half the size."""
        with self.arithmetic():
            levels = [self.stem(torch.cat([smooth_fill(image, hole), 1 - hole], dim=1))]
            for down in self.downs:
                levels.append(down(levels[-1]))
            x = self.dropout(levels.pop())
            for up, merge in zip(reversed(self.ups), reversed(self.merges), strict=True):
                fine = levels.pop()
                x = merge(fine + F.interpolate(up(x), size=fine.shape[-2:]))
            return self.head(x)

    def predict(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"]
    ) -> Int[Tensor, "b h w"]:
        """The most likely layout at the picture's size."""
        return most_likely(log_belief(self(image, hole)))

    def complete(self, batch: Batch) -> Batch:
        """The same pictures under the predicted layout, with how sure it is."""
        return believed(batch, self(batch.image, batch.hole))


def believed(batch: Batch, logits: Float[Tensor, "b classes th tw"]) -> Batch:
    """The same pictures under the layout that logits tell, with how sure it is."""
    scores = log_belief(logits)
    return batch.with_label(most_likely(scores), scores.exp())


def log_belief(logits: Float[Tensor, "b classes th tw"]) -> Float[Tensor, "b classes th tw"]:
    """Log-probabilities of the classes, as filling takes them; the most likely class is the logits' own."""
    return (logits.float() / TEMPERATURE).log_softmax(dim=1)


def most_likely(scores: Float[Tensor, "b classes th tw"]) -> Int[Tensor, "b h w"]:
    """The layout at the picture's size from log-probabilities at half of it."""
    # With the classes side by side in memory this is three times as fast.
    return upsample_logits(scores.contiguous(memory_format=torch.channels_last)).argmax(dim=1)


def upsample_logits(logits: Float[Tensor, "b classes th tw"]) -> Float[Tensor, "b classes h w"]:
    """Logits of the layout at the picture's size."""
    return F.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)
