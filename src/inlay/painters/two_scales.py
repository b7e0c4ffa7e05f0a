"""Two networks as one for large portraits: the larger one draws, the smaller one says the colours.

The network for small portraits has seen many more faces and is right about what is where and of which colour;
the one for large portraits draws it sharper. So both paint, under the mean of the layouts that they predict,
and of the smaller one's picture the low frequencies are kept, of the larger one's all else (the two lowest
levels of a Laplacian pyramid, after Burt and Adelson 1983).
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.batch import Batch
from inlay.model import Encoding, InpaintingModel
from inlay.networks.generator import Prepared
from inlay.networks.layout import LayoutPredictor, believed
from inlay.networks.regions import resize_label

__all__ = ["Enlarged", "TwoScaleLayout", "TwoScales"]

SPREAD = 3.0
"""The Gaussian, in pixels of the larger network, below which frequencies are the smaller one's."""


class Enlarged:
    """A network that paints at half the canvas's size, and whose picture is enlarged."""

    def __init__(self, network: InpaintingModel) -> None:
        self.network = network

    @property
    def reflects(self) -> bool:
        """As the network does."""
        return self.network.reflects

    def encode(self, batch: Batch) -> Encoding:
        """Encode the halved pictures."""
        return self.network.encode(_halved(batch))

    def prepare(
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> Prepared:
        """What decoding needs of the halved layout."""
        return self.network.prepare(_half_label(label), None if belief is None else F.avg_pool2d(belief, 2))

    def decode(
        self,
        encoding: Encoding,
        label: Int[Tensor, "b h w"],
        noise: torch.Generator | None = None,
        prepared: Prepared | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """The network's picture, enlarged."""
        small = self.network.decode(encoding, _half_label(label), noise, prepared)
        return F.interpolate(small, scale_factor=2.0, mode="bicubic", align_corners=False)


@dataclass(frozen=True)
class TwoEncodings(Encoding):
    """The larger network's encoding, its style codes followed by the smaller one's, and the smaller one's."""

    coarse: Encoding


@dataclass(frozen=True)
class TwoPrepared:
    """What either generator needs of a layout alone."""

    fine: Prepared
    coarse: Prepared


class TwoScales:
    """The larger network with the smaller one at its side; it paints as any network does."""

    def __init__(self, fine: InpaintingModel, coarse: InpaintingModel) -> None:
        self.fine, self.coarse = fine, Enlarged(coarse)

    @property
    def reflects(self) -> bool:
        """Whether either one does."""
        return self.fine.reflects or self.coarse.reflects

    def encode(self, batch: Batch) -> TwoEncodings:
        """Either network's encoding of the known pixels."""
        fine, coarse = self.fine.encode(batch), self.coarse.encode(batch)
        style = torch.cat([fine.style, coarse.style], dim=2)
        return TwoEncodings(style, fine.context, fine.attention, coarse)

    def prepare(
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> TwoPrepared:
        """What decoding needs of a layout alone."""
        return TwoPrepared(self.fine.prepare(label, belief), self.coarse.prepare(label, belief))

    def decode(
        self,
        encoding: TwoEncodings,
        label: Int[Tensor, "b h w"],
        noise: torch.Generator | None = None,
        prepared: TwoPrepared | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """The larger network's picture, with the smaller one's low frequencies."""
        prepared = self.prepare(label) if prepared is None else prepared
        codes = encoding.coarse.style.shape[2]
        fine = Encoding(encoding.style[..., :-codes], encoding.context, encoding.attention)
        coarse = replace(encoding.coarse, style=encoding.style[..., -codes:])
        image = self.fine.decode(fine, label, noise, prepared.fine)
        enlarged = self.coarse.decode(coarse, label, noise, prepared.coarse)
        return image + _smoothed(enlarged - image, _gaussian(SPREAD))


class TwoScaleLayout(nn.Module):
    """The mean of what two predictors believe, the smaller one about half the picture's size."""

    def __init__(self, fine: LayoutPredictor, coarse: LayoutPredictor) -> None:
        super().__init__()
        self.fine, self.coarse = fine, coarse

    def forward(
        self, image: Float[Tensor, "b 3 h w"], hole: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b classes th tw"]:
        """Log-probabilities at half the size."""
        fine = self.fine(image, hole).float().softmax(dim=1)
        coarse = self.coarse(F.avg_pool2d(image, 2), _half_hole(hole)).float().softmax(dim=1)
        enlarged = F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
        return ((fine + enlarged) / 2).clamp(min=1e-12).log()

    def complete(self, batch: Batch) -> Batch:
        """The same pictures under the predicted layout, with how sure it is."""
        return believed(batch, self(batch.image, batch.hole))


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
