"""The inpainting model: encode the known pixels once, decode under any layout, compose.

`build_model` is the only reader of the config; the parts are passed in built.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Attention, Batch, Output
from inlay.config import CompactModelConfig, Config, ModelConfig, SeanModelConfig
from inlay.labels import LabelSet
from inlay.networks.attention import (
    ContextualAttention,
    MaskedSelfAttention,
    NoAttention,
    SelfAttention,
    TokenRule,
    any_hole,
    nearest,
)
from inlay.networks.checkered import GridFilter, without_grid
from inlay.networks.context_encoder import Context, ContextEncoder
from inlay.networks.generator import CompactGenerator, Prepared, SeanGenerator
from inlay.networks.layout import LayoutPredictor
from inlay.networks.precision import Precise
from inlay.networks.reflection import Reflection
from inlay.networks.regions import AllPooling, KnownPooling, MeanCodes, nearest_known
from inlay.networks.style_encoder import CompactStyleEncoder, MaskedStyleEncoder, SeanStyleEncoder
from inlay.networks.upsampling import Upsample, upsample_bilinear, upsample_nearest

__all__ = ["ADDITIONS", "Encoding", "InpaintingModel", "build_layout_predictor", "build_model"]

ADDITIONS = ("generator.deeper.", "generator.detail.", "context_encoder.reflection.")
"""Parts that start as the identity or as nothing, so that a network may get them after it was trained."""


@dataclass(frozen=True)
class Encoding:
    """What is kept of a portrait: with it, a change of noise never encodes the picture again.

    Nor does a change of the layout inside the hole, unless the model `reflects`.
    """

    style: Float[Tensor, "b classes d"]
    context: Context | None
    attention: Attention | None


class InpaintingModel(Precise):
    """Style encoder, generator and, beyond the paper, a context encoder (paper, fig. 1)."""

    def __init__(
        self,
        *,
        style_encoder: CompactStyleEncoder | SeanStyleEncoder,
        generator: CompactGenerator | SeanGenerator,
        context_encoder: ContextEncoder | None = None,
    ) -> None:
        super().__init__()
        self.style_encoder = style_encoder
        self.generator = generator
        self.context_encoder = context_encoder

    @property
    def reflects(self) -> bool:
        """Whether the encoding depends on the layout inside the hole too, by the face's axis."""
        return self.context_encoder is not None and self.context_encoder.reflection is not None

    def encode(self, batch: Batch) -> Encoding:
        """Style codes, context and attention of the known pixels."""
        return self.encode_pixels(batch.image, batch.hole, batch.label)

    def encode_pixels(
        self,
        image: Float[Tensor, "b 3 h w"],
        hole: Float[Tensor, "b 1 h w"],
        label: Int[Tensor, "b h w"],
    ) -> Encoding:
        """The same of plain tensors, for a graph in which the batch's size is unknown."""
        with self.arithmetic():
            style, features, attention = self.style_encoder(image, hole, label)
            context = None
            if self.context_encoder is not None:
                context = self.context_encoder(image, hole, label, features)
            return Encoding(style.to(torch.promote_types(style.dtype, torch.float32)), context, attention)

    def prepare(
        self, label: Int[Tensor, "b h w"], belief: Float[Tensor, "b classes th tw"] | None = None
    ) -> Prepared:
        """What `decode` needs of a layout alone: of one that is predicted, or that is decoded many times."""
        with self.arithmetic():
            return self.generator.prepare(label, belief)

    def decode(
        self,
        encoding: Encoding,
        label: Int[Tensor, "b h w"],
        noise: torch.Generator | None = None,
        prepared: Prepared | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """The generator's picture under a layout; without a noise generator no noise enters.

        A generator of the same seed gives the same noise (fixed); one that goes on gives new noise (fresh).
        """
        with self.arithmetic():
            return self.generator(encoding.style, label, encoding.context, noise, prepared).float()

    def forward(self, batch: Batch, noise: torch.Generator | None = None) -> Output:
        """Encode and decode."""
        encoding, prepared = self.encode(batch), self.prepare(batch.label, batch.belief)
        image = self.decode(encoding, batch.label, noise, prepared)
        return Output(image, encoding.style, encoding.attention)

    @staticmethod
    def compose(batch: Batch, output: Output) -> Float[Tensor, "b 3 h w"]:
        """Known pixels from the photo, hole pixels from the generator, clipped to [-1, 1] (eq. 9)."""
        return torch.where(batch.hole > 0, output.image.clamp(-1, 1), batch.image)


ATTENTIONS = {"self": SelfAttention, "masked": MaskedSelfAttention, "contextual": ContextualAttention}


COMPACT_POOLINGS = {"known": KnownPooling, "none": MeanCodes}

UPSAMPLINGS: dict[str, Upsample] = {"nearest": upsample_nearest, "bilinear": upsample_bilinear}

TOKEN_RULES: dict[str, TokenRule] = {"nearest": nearest, "any-hole": any_hole}


def build_model(
    config: ModelConfig, labels: LabelSet, *, grid_filter: GridFilter = without_grid
) -> InpaintingModel:
    """Build the model of a config.

    `grid_filter` is for a compact network without a detail head; one with a detail head always has the
    filter, since the head learns from the filtered picture.
    """
    if isinstance(config, SeanModelConfig):
        return _build_sean(config, labels)
    return _build_compact(config, labels, grid_filter)


def _build_attention(
    kind: str, channels: int, classes: int, tokens: TokenRule
) -> SelfAttention | NoAttention:
    if kind == "none":
        return NoAttention()
    return ATTENTIONS[kind](channels=channels, classes=classes, token_rule=tokens)


def _build_sean(config: SeanModelConfig, labels: LabelSet) -> InpaintingModel:
    classes = len(labels)
    encoder = MaskedStyleEncoder if config.known_channel else SeanStyleEncoder
    pooling = (
        AllPooling(dim=config.style_dim, classes=classes)
        if config.pooling == "all"
        else KnownPooling(dim=config.style_dim, twins=labels.twins, cells=nearest_known)
    )
    return InpaintingModel(
        style_encoder=encoder(
            width=config.style_width,
            style_dim=config.style_dim,
            attention=_build_attention(
                config.attention, 8 * config.style_width, classes, TOKEN_RULES[config.tokens]
            ),
            pooling=pooling,
        ),
        generator=SeanGenerator(
            classes=classes,
            width=config.width,
            style_dim=config.style_dim,
            layout_width=config.layout_width,
        ),
    )


def _build_compact(config: CompactModelConfig, labels: LabelSet, grid_filter: GridFilter) -> InpaintingModel:
    classes, channels = len(labels), config.attention_channels
    detail_channels = config.detail_channels if config.context else 0
    encoder = CompactStyleEncoder(
        width=config.style_width,
        channels=channels,
        style_dim=config.style_dim,
        attention=_build_attention(config.attention, channels, classes, any_hole),
        pooling=COMPACT_POOLINGS[config.pooling](dim=config.style_dim, twins=labels.twins),
    )
    # What computes codes from the picture learns nothing where none are: several processes must know.
    encoder.head.requires_grad_(config.pooling != "none")
    return InpaintingModel(
        style_encoder=encoder,
        generator=CompactGenerator(
            classes=classes,
            channels=config.channels,
            style_dim=config.style_dim,
            context_channels=config.channels if config.context else (),
            depth=config.depth,
            detail_channels=detail_channels,
            reflection=config.reflection,
            upsample=UPSAMPLINGS[config.upsampling],
            grid_filter=without_grid if detail_channels else grid_filter,
        ),
        context_encoder=ContextEncoder(
            channels=config.channels,
            guide_channels=channels,
            reflection=Reflection(channels=config.channels[0], twins=labels.twins)
            if config.reflection
            else None,
        )
        if config.context
        else None,
    )


def build_layout_predictor(config: Config, labels: LabelSet) -> LayoutPredictor:
    """The layout predictor of a config."""
    return LayoutPredictor(classes=len(labels), width=config.layout.width, dropout=config.layout.dropout)
