"""Two models as one for large portraits: the larger one draws, the smaller one says the colours.

The model for small portraits has seen many more faces and is right about what is where and of which colour;
the model for large ones draws it sharper. So both fill, under the mean of the layouts that they predict, and
of the smaller one's fill the low frequencies are kept, of the larger one's all else (the two lowest levels of
a Laplacian pyramid, after Burt and Adelson 1983).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.batch import Batch, Output
from inlay.checkpoint import Snapshot
from inlay.model import Encoding, InpaintingModel
from inlay.networks.generator import Prepared
from inlay.networks.layout import LayoutPredictor
from inlay.networks.regions import resize_label

__all__ = ["TwoScaleLayout", "TwoScales", "two_scales"]

SPREAD = 3.0
"""The Gaussian, in pixels of the larger model, below which frequencies are the smaller one's."""


@dataclass(frozen=True)
class TwoEncodings(Encoding):
    """The larger model's encoding, its style codes followed by the smaller one's, and the smaller one's."""

    coarse: Encoding


@dataclass(frozen=True)
class TwoPrepared:
    """What either generator needs of a layout alone."""

    fine: Prepared
    coarse: Prepared


class TwoScales(InpaintingModel):
    """The larger model, with the smaller one at its side; it is called as any model is."""

    def __init__(self, fine: InpaintingModel, coarse: InpaintingModel) -> None:
        super().__init__(
            style_encoder=fine.style_encoder, generator=fine.generator, context_encoder=fine.context_encoder
        )
        self.precision = fine.precision
        self.coarse = coarse

    def encode(self, batch: Batch) -> TwoEncodings:
        """Either model's encoding of the known pixels."""
        fine, coarse = super().encode(batch), self.coarse.encode(_halved(batch))
        style = torch.cat([fine.style, coarse.style], dim=2)
        return TwoEncodings(style, fine.context, fine.attention, coarse)

    def prepare(  # type: ignore[override]
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> TwoPrepared:
        """What `decode` needs of a layout alone."""
        half = self.coarse.prepare(_half_label(label), None if belief is None else F.avg_pool2d(belief, 2))
        return TwoPrepared(super().prepare(label, belief), half)

    def decode(  # type: ignore[override]
        self,
        encoding: TwoEncodings,
        label: Int[Tensor, "b h w"],
        noise: torch.Generator | None = None,
        prepared: TwoPrepared | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """The larger model's picture, with the smaller one's low frequencies."""
        prepared = self.prepare(label) if prepared is None else prepared
        codes = encoding.coarse.style.shape[2]
        own, other = encoding.style[..., :-codes], encoding.style[..., -codes:]
        with self.arithmetic():
            image = self.generator(own, label, encoding.context, noise, prepared.fine).float()
        coarse = Encoding(other, encoding.coarse.context, encoding.coarse.attention)
        enlarged = _enlarged(self.coarse.decode(coarse, _half_label(label), noise, prepared.coarse))
        return image + _smoothed(enlarged - image, _gaussian(SPREAD))

    def sketch(self, batch: Batch, move: Callable[[Tensor], Tensor]) -> Output:
        """The smaller model's picture alone, enlarged: what a painter sees at each stroke.

        `move` changes the style codes, of which the larger model's are left out.
        """
        half = _halved(batch)
        encoding = self.coarse.encode(half)
        codes = encoding.style.shape[2]
        style = move(F.pad(encoding.style, (codes, 0)))
        prepared = self.coarse.prepare(half.label, half.belief)
        image = self.coarse.decode(replace(encoding, style=style[..., -codes:]), half.label, None, prepared)
        return Output(_enlarged(image), style, None)


class TwoScaleLayout(LayoutPredictor):
    """The mean of what two predictors believe, the smaller one about half the picture's size."""

    def __init__(self, fine: LayoutPredictor, coarse: LayoutPredictor) -> None:
        nn.Module.__init__(self)
        self.fine, self.coarse = fine, coarse

    def forward(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b classes th tw"]:
        """Log-probabilities at half the size."""
        fine = self.fine(image, hole).float().softmax(dim=1)
        coarse = self.coarse(F.avg_pool2d(image, 2), _half_hole(hole)).float().softmax(dim=1)
        enlarged = F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
        return ((fine + enlarged) / 2).clamp(min=1e-12).log()


def two_scales(larger: Snapshot, smaller: Snapshot) -> Snapshot:
    """The snapshot of both, with the larger one's settings, whose size is twice the smaller one's."""
    assert larger.layout is not None
    assert smaller.layout is not None
    model, layout = TwoScales(larger.model, smaller.model), TwoScaleLayout(larger.layout, smaller.layout)
    for network in (model, layout):
        network.eval().requires_grad_(False)
    digest = f"{smaller.sha256}+{larger.sha256}"
    return Snapshot(model, layout, larger.config, larger.labels, digest)


def _enlarged(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 th tw"]:
    return F.interpolate(image, scale_factor=2.0, mode="bicubic", align_corners=False)


def _halved(batch: Batch) -> Batch:
    """A batch at half its size."""
    belief = None if batch.belief is None else F.avg_pool2d(batch.belief, 2)
    label, hole = _half_label(batch.label), _half_hole(batch.hole)
    return Batch(F.avg_pool2d(batch.image, 2), label, hole, belief)


def _half_hole(hole: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 th tw"]:
    """A pixel is known where all four are; where that leaves nothing, as under a fine grid, where any is."""
    touched, covered = F.max_pool2d(hole, 2), -F.max_pool2d(-hole, 2)
    return torch.where((touched == 0).any(dim=(1, 2, 3), keepdim=True), touched, covered)


def _half_label(label: Int[Tensor, "b h w"]) -> Int[Tensor, "b th tw"]:
    return resize_label(label, (label.shape[1] // 2, label.shape[2] // 2))


def _gaussian(spread: float) -> Float[Tensor, " taps"]:
    """Its weights, three spreads to either side."""
    reach = round(3 * spread)
    weights = torch.exp(-((torch.arange(-reach, reach + 1) / spread) ** 2) / 2)
    return weights / weights.sum()


def _smoothed(image: Float[Tensor, "b c h w"], weights: Float[Tensor, " taps"]) -> Float[Tensor, "b c h w"]:
    """The weights along rows, then along columns; beyond the border is what lies at it."""
    channels, reach = image.shape[1], len(weights) // 2
    kernel = weights.to(image).expand(channels, 1, 1, -1)
    wide = F.pad(image, (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(wide, kernel, groups=channels), kernel.transpose(2, 3), groups=channels)
