"""Settings of the losses: a table for each, with a weight of 0 omitting it."""

from typing import Literal

from pydantic import Field, model_validator

from inlay.config.base import Part, Settings

__all__ = [
    "AdversarialLossConfig",
    "FeatureNetworkConfig",
    "LayoutLossConfig",
    "LossConfig",
    "PerceptualLossConfig",
    "PixelLossConfig",
    "SemanticAttentionLossConfig",
]


class PixelLossConfig(Settings):
    """Weights of the L1 losses between the output and the photo; each is a mean over pixels."""

    hole: float = Field(1.0, ge=0, description="weight of L1 over hole pixels")
    known: float = Field(0.1, ge=0, description="weight of L1 over known pixels (eq. 2)")
    whole: float = Field(0.0, ge=0, description="weight of L1 over the whole picture, as released")


class SemanticAttentionLossConfig(Settings):
    """The Semantic Attention Loss (eq. 4, 5)."""

    weight: float = Field(0.02, ge=0, description="weight; needs an attention mechanism (model.attention)")
    form: Literal["likelihood", "literal", "absolute"] = Field(
        "likelihood",
        description="-log mass; mass - mu C (the paper's text); |mass - mu C| (the released program)",
    )
    mu: float = Field(5e-4, gt=0, description="mu of eq. 4, for the forms 'literal' and 'absolute'")
    group_twins: bool = Field(False, description="count left and right eye, brow and ear as one class")


class FeatureNetworkConfig(Settings):
    """A fixed feature network of the perceptual loss."""

    network: Literal["vgg19", "vgg19-normalised", "vgg19-distilled"] = Field("vgg19", description="its kind")
    path: str = Field("", description="its weights file; empty: the cache's copy (`inlay download`)")
    layers: dict[str, float] = Field(
        {"relu1_1": 1 / 32, "relu2_1": 1 / 16, "relu3_1": 1 / 8, "relu4_1": 1 / 4, "relu5_1": 1.0},
        min_length=1,
        description="the layers compared and their weights (pix2pixHD's and SPADE's by default)",
    )
    preprocessing: Literal["imagenet", "unscaled"] = Field(
        "imagenet", description="what VGG19 is shown; SPADE and SEAN give it [-1, 1] as it is"
    )


class PerceptualLossConfig(Settings):
    """L1 between features of fixed networks (eq. 1)."""

    weight: float = Field(0.0, ge=0, description="weight; 0: no feature network is loaded")
    region: Literal["known", "whole"] = Field(
        "whole", description="what the networks see: I*M (eq. 1) or the whole picture"
    )
    window: int = Field(
        0,
        ge=0,
        description="side of the square around a random hole pixel that they see, in pixels; 0: the picture",
    )
    networks: list[FeatureNetworkConfig] = Field(
        [FeatureNetworkConfig()], min_length=1, description="the feature networks whose losses are added up"
    )


class AdversarialLossConfig(Settings):
    """The adversarial loss (eq. 3). The discriminator sees composites (eq. 9) and photos.

    It sees whole pictures, or with `parts` or `holes` windows of them.
    """

    weight: float = Field(0.0, ge=0, description="weight; above 0 a discriminator is trained")
    form: Literal["hinge", "log"] = Field("hinge", description="hinge (released) or log loss (eq. 3)")
    patches: Literal["all", "hole"] = Field(
        "all", description="the patches of a fake that count: all (released), or by their share of the hole"
    )
    parts: list[Part] = Field(
        [],
        description="parts of the face that are shown, each in a window: those that a hole hides against all "
        "real ones",
    )
    holes: bool = Field(False, description="show a window of each picture around a random pixel of its hole")
    window: int = Field(32, ge=8, description="side of a window in pixels")
    twins: bool = Field(
        False,
        description="show a window beside the known pixels reflected about the face's axis: a hidden eye "
        "beside the visible one",
    )
    paired: bool = Field(
        False,
        description="show photos at the places of the fakes, with the same patches counted, so that a place "
        "tells nothing; else all of their parts, whole",
    )
    feature_matching: float = Field(
        0.0, ge=0, description="weight of L1 between the discriminator's features, as released"
    )
    r1: float = Field(
        0.0, ge=0, description="weight of the discriminator's gradient penalty on real pictures (R1)"
    )
    r1_every: int = Field(16, ge=1, description="steps between gradient penalties (lazy R1)")

    @model_validator(mode="after")
    def _check_effect(self) -> "AdversarialLossConfig":
        for name in ("feature_matching", "r1"):
            if getattr(self, name) and not self.weight:
                raise ValueError(
                    f"{name} needs a discriminator: raise loss.adversarial.weight above 0, or set "
                    f"loss.adversarial.{name} to 0"
                )
        if self.twins and not (self.parts or self.holes):
            raise ValueError(
                "twins are shown beside windows: name loss.adversarial.parts, set loss.adversarial.holes, or "
                "set loss.adversarial.twins to false"
            )
        return self


class LayoutLossConfig(Settings):
    """The layout predictor's cross-entropy."""

    weight: float = Field(0.2, ge=0, description="weight; 0: no layout predictor is trained")
    hole_weight: float = Field(4.0, ge=1, description="how much more a hole pixel counts than a known one")
    balance: float = Field(
        0.0,
        ge=0,
        le=1,
        description="how far the predicted layout favours small parts: each class's probability is divided "
        "by its share of the training layouts that show it, to this power",
    )


class LossConfig(Settings):
    """The terms of the generator's objective (paper, eq. 6) and the layout's; a weight of 0 omits a term."""

    pixel: PixelLossConfig = PixelLossConfig()
    class_color: float = Field(
        0.0,
        ge=0,
        description="weight of L1 between mean colours of each class inside the hole, all classes alike",
    )
    structural: float = Field(
        0.0, ge=0, description="weight of 1 - SSIM of the composite, where windows see the hole"
    )
    semantic_attention: SemanticAttentionLossConfig = SemanticAttentionLossConfig()
    perceptual: PerceptualLossConfig = PerceptualLossConfig()
    adversarial: AdversarialLossConfig = AdversarialLossConfig()
    layout: LayoutLossConfig = LayoutLossConfig()
