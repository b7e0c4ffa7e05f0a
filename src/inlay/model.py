"""The inpainting model: encode the known pixels once, decode under any layout, compose.

`build_model` is the only reader of the config; the parts are passed in built.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from inlay.batch import Attention, Batch, Output
from inlay.config import Config, ModelConfig
from inlay.labels import LabelSet
from inlay.networks.attention import ContextualAttention, MaskedSelfAttention, NoAttention, SelfAttention
from inlay.networks.context_encoder import Context, ContextEncoder
from inlay.networks.generator import CompactGenerator
from inlay.networks.layout import LayoutPredictor
from inlay.networks.regions import KnownPooling
from inlay.networks.style_encoder import CompactStyleEncoder

__all__ = ["Encoding", "InpaintingModel", "build_layout_predictor", "build_model"]


@dataclass(frozen=True)
class Encoding:
    """What is kept of a portrait: with it, changing the layout or the noise never encodes the picture again."""

    style: Float[Tensor, "b classes d"]
    context: Context | None
    attention: Attention | None


class InpaintingModel(nn.Module):
    """Style encoder, generator and, beyond the paper, a context encoder (paper, fig. 1)."""

    def __init__(
        self, *, style_encoder: nn.Module, generator: nn.Module, context_encoder: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.style_encoder = style_encoder
        self.generator = generator
        self.context_encoder = context_encoder

    def encode(self, batch: Batch) -> Encoding:
        """Style codes, context and attention of the known pixels."""
        style, features, attention = self.style_encoder(batch.image, batch.hole, batch.label)
        context = None
        if self.context_encoder is not None:
            context = self.context_encoder(batch.image, batch.hole, features)
        return Encoding(style, context, attention)

    def decode(
        self, encoding: Encoding, label: Int[Tensor, "b h w"], noise: torch.Generator | None = None
    ) -> Float[Tensor, "b 3 h w"]:
        """The generator's picture under a layout; without a noise generator no noise enters."""
        return self.generator(encoding.style, label, encoding.context, noise).float()

    def forward(self, batch: Batch, noise: torch.Generator | None = None) -> Output:
        """Encode and decode."""
        encoding = self.encode(batch)
        return Output(self.decode(encoding, batch.label, noise), encoding.style, encoding.attention)

    @staticmethod
    def compose(batch: Batch, output: Output) -> Float[Tensor, "b 3 h w"]:
        """Known pixels from the photo, hole pixels from the generator, clipped to [-1, 1] (eq. 9)."""
        return torch.where(batch.hole > 0, output.image.clamp(-1, 1), batch.image)


ATTENTIONS = {"self": SelfAttention, "masked": MaskedSelfAttention, "contextual": ContextualAttention}


def build_model(config: ModelConfig, labels: LabelSet) -> InpaintingModel:
    """The model of a config."""
    classes, channels = len(labels), config.attention_channels
    attention = (
        NoAttention()
        if config.attention == "none"
        else ATTENTIONS[config.attention](channels=channels, classes=classes)
    )
    return InpaintingModel(
        style_encoder=CompactStyleEncoder(
            width=config.style_width,
            channels=channels,
            style_dim=config.style_dim,
            attention=attention,
            pooling=KnownPooling(dim=config.style_dim, twins=labels.twins),
        ),
        generator=CompactGenerator(
            classes=classes,
            channels=config.channels,
            style_dim=config.style_dim,
            context_channels=config.channels if config.context else (),
        ),
        context_encoder=ContextEncoder(channels=config.channels, guide_channels=channels) if config.context else None,
    )


def build_layout_predictor(config: Config, labels: LabelSet) -> LayoutPredictor:
    """The layout predictor of a config."""
    return LayoutPredictor(classes=len(labels), width=config.layout.width)
