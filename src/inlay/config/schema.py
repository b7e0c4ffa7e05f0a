"""Settings: pydantic models, read from TOML. An unknown key names its nearest neighbour."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from inlay.config.base import Settings
from inlay.config.damage import DamageConfig
from inlay.config.holes import HoleConfig, ScaledHoleConfig
from inlay.config.keys import explain, override
from inlay.config.losses import LossConfig
from inlay.config.run import ScheduleConfig, TrainingConfig
from inlay.errors import UserError

__all__ = [
    "AugmentationConfig",
    "CompactModelConfig",
    "Config",
    "DataConfig",
    "DiscriminatorConfig",
    "LayoutConfig",
    "ModelConfig",
    "ScheduleConfig",
    "SeanModelConfig",
    "TrainingConfig",
    "load_config",
    "load_run_config",
    "parse_config",
    "parse_run_config",
]

Parsed = TypeVar("Parsed", bound=Settings)


class CompactModelConfig(Settings):
    """The compact network: pixel-unshuffled by two at the door, SEAN-modulated, with a context encoder."""

    kind: Literal["compact"] = "compact"
    style_width: int = Field(40, ge=8, description="channels of the style encoder at half the size")
    attention_channels: int = Field(
        128, ge=8, description="channels of the attended feature map, at a quarter"
    )
    style_dim: int = Field(128, ge=4, description="length of a style code")
    channels: tuple[int, int, int, int] = Field(
        (64, 128, 256, 192),
        description="channels of context encoder and generator at 1/2, 1/4, 1/8, 1/16; multiples of 8",
    )
    depth: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (0, 0, 0, 0),
        min_length=4,
        max_length=4,
        description="further residual blocks of the generator at 1/2, 1/4, 1/8, 1/16",
    )
    detail_channels: int = Field(
        0,
        ge=0,
        description="channels of the blocks at full size that see the hole's rim; 0, or no context: none",
    )
    attention: Literal["none", "self", "masked", "contextual"] = Field(
        "contextual", description="attention mechanism"
    )
    pooling: Literal["known", "none"] = Field(
        "known", description="pool styles over what is known, or give each class one code for all pictures"
    )
    reflection: bool = Field(
        False,
        description="show context encoder and detail head the known pixels, reflected about the face's axis",
    )
    upsampling: Literal["nearest", "bilinear"] = Field(
        "nearest", description="how the decoder enlarges its features: by repeating them, or smoothly"
    )
    context: bool = Field(True, description="let the decoder see known pixels; false draws from styles alone")


class SeanModelConfig(Settings):
    """The paper's network: SEAN's generator, styles from the masked picture."""

    kind: Literal["sean"] = "sean"
    width: int = Field(64, ge=1, description="channels of the generator's last block; the first has 16 times")
    layout_width: int = Field(128, ge=1, description="channels between layout and scale and shift (SPADE)")
    style_width: int = Field(32, ge=1, description="channels of the style encoder at full size")
    style_dim: int = Field(512, ge=1, description="length of a style code")
    known_channel: bool = Field(True, description="show the style encoder what is known; SEAN's is false")
    attention: Literal["none", "self", "masked", "contextual"] = Field(
        "contextual", description="attention mechanism, at half the size"
    )
    tokens: Literal["nearest", "any-hole"] = Field(
        "nearest",
        description="a token is what its nearest pixel is (released), or is hole if any pixel under it is",
    )
    pooling: Literal["all", "known"] = Field(
        "all", description="pool a style over all of its region (SEAN), or over what is known of it"
    )


def _kind(model: Any) -> str:
    # The kind may be left out: the compact model came first.
    return str(model.get("kind", "compact") if isinstance(model, dict) else getattr(model, "kind", ""))


ModelConfig = Annotated[
    Annotated[CompactModelConfig, Tag("compact")] | Annotated[SeanModelConfig, Tag("sean")],
    Discriminator(
        _kind,
        custom_error_type="model_kind",
        custom_error_message="no settings of a model; expected kind = 'compact' or 'sean'",
    ),
]
"""The settings of a model, told apart by `kind`."""


class LayoutConfig(Settings):
    """The layout predictor."""

    width: int = Field(32, ge=8, description="channels at half the size")
    dropout: float = Field(
        0.0, ge=0, lt=1, description="share of the coarsest features that a training step leaves out"
    )


class DataConfig(Settings):
    """What a training sample is."""

    size: int = Field(128, ge=32, multiple_of=32, description="height and width in pixels")
    stored_size: int = Field(
        256, ge=16, description="size at which faces are kept decoded, before augmentation"
    )
    holes: list[HoleConfig] = Field(
        [ScaledHoleConfig()], min_length=1, description="kinds of holes and their shares"
    )
    labels: str = Field("celebamask-hq", description="label set: 'celebamask-hq' or the path of a TOML file")


class AugmentationConfig(Settings):
    """How training samples are varied: shares of samples, and with `bend` and `max_*` by how much."""

    flip: float = Field(0.5, ge=0, le=1, description="share of samples that are mirrored")
    warp: float = Field(
        0.5, ge=0, le=1, description="share of samples that are turned, zoomed, shifted and bent"
    )
    max_rotation: float = Field(
        8.0, ge=0, le=45, description="largest rotation of warped samples, in degrees"
    )
    max_scale: float = Field(
        0.08, ge=0, le=0.5, description="largest zoom of warped samples, as a natural logarithm"
    )
    max_shift: float = Field(
        0.04, ge=0, le=0.25, description="largest shift of warped samples, in shares of the side"
    )
    bend: float = Field(
        0.0,
        ge=0,
        le=0.1,
        description="how far the points of a coarse grid stray in warped samples, in shares of the side",
    )
    grey: float = Field(0.0, ge=0, le=1, description="share of samples whose colours are removed")
    sepia: float = Field(0.0, ge=0, le=1, description="share of samples in sepia; none of them is a grey one")
    jitter: float = Field(
        0.5, ge=0, le=1, description="share of samples whose brightness, contrast and colours are changed"
    )
    max_jitter: float = Field(
        0.12, ge=0, le=1, description="largest change of each of these, as a natural logarithm"
    )
    part_tint: float = Field(
        0.0, ge=0, le=1, description="share of samples whose parts are tinted, twins alike; not grey or sepia"
    )
    blur: float = Field(0.0, ge=0, le=1, description="share of samples that are out of focus")
    downscale: float = Field(
        0.0, ge=0, le=1, description="share of samples that are reduced and enlarged again"
    )
    grain: float = Field(0.0, ge=0, le=1, description="share of samples with film grain")
    jpeg: float = Field(0.0, ge=0, le=1, description="share of samples with JPEG artefacts")

    @model_validator(mode="after")
    def _check_shares(self) -> "AugmentationConfig":
        if self.grey + self.sepia > 1:
            raise ValueError(
                f"grey = {self.grey} and sepia = {self.sepia} are shares of the same samples; lower one, so "
                "that their sum is at most 1"
            )
        return self


class DiscriminatorConfig(Settings):
    """The two-scale PatchGAN that an adversarial loss needs."""

    width: int = Field(64, ge=4, description="channels of the first layer")
    layout: bool = Field(True, description="it sees the photo's layout beside a picture (released)")
    layers: int = Field(3, ge=2, description="convolutions before the last one")
    gain: float = Field(
        0.02, gt=0, description="gain of the Glorot start; it learns faster from 1 than from SPADE's 0.02"
    )
    scales: int = Field(
        2, ge=1, description="resolutions at which the picture is judged, each half the one before"
    )


class Config(Settings):
    """Everything a run is made of."""

    description: str = Field("", description="what this config is for, in one line")
    model: ModelConfig = Field(CompactModelConfig(), description="the network, told apart by `kind`")
    layout: LayoutConfig = LayoutConfig()
    data: DataConfig = DataConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    loss: LossConfig = LossConfig()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    training: TrainingConfig = TrainingConfig()

    @model_validator(mode="after")
    def _check_effect(self) -> "Config":
        """Refuse what would have no effect together with other settings."""
        if self.loss.semantic_attention.weight and self.model.attention == "none":
            raise ValueError(
                "loss.semantic_attention.weight has no effect with model.attention = 'none': set the weight "
                "to 0, or choose an attention mechanism"
            )
        if self.schedule.discriminator_replays and not self.loss.adversarial.weight:
            raise ValueError(
                "schedule.discriminator_replays needs a discriminator: raise loss.adversarial.weight above "
                "0, or set the replays to 0"
            )
        for name in self.training.frozen:
            if name not in self._parts():
                raise ValueError(
                    f"training.frozen: this network has no {name}; take it out of the list (its parts: "
                    f"{', '.join(self._parts())})"
                )
        return self

    def _parts(self) -> list[str]:
        """List the parts of the network that training can freeze."""
        parts = ["style_encoder", "generator"]
        if isinstance(self.model, CompactModelConfig) and self.model.context:
            parts.append("context_encoder")
        return [*parts, "layout"] if self.loss.layout.weight else parts


def load_config(path: Path, overrides: list[str] | None = None) -> Config:
    """Read a TOML config; each override is 'a.b=value' or 'a.b.0.c=value' with a TOML value.

    A value that is not TOML is a string.
    """
    return parse_config(_read(path, overrides, Config), str(path))


def load_run_config(path: Path, overrides: list[str] | None = None) -> Config | DamageConfig:
    """Read what a run is made of: a `DamageConfig` where the file says kind = "damage", else a `Config`."""
    damage = _read(path, [], Config).get("kind") == "damage"
    settings = DamageConfig if damage else Config
    return parse_run_config(_read(path, overrides, settings), str(path))


def _read(path: Path, overrides: list[str] | None, settings: type[Settings]) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such config; the shipped ones lie in configs/") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: not readable as TOML: {error}") from error
    defaults = settings().model_dump(mode="json") if overrides else {}
    for text in overrides or []:
        override(data, text, defaults)
    return data


def parse_config(data: dict[str, Any], source: str) -> Config:
    """Check parsed settings; the `UserError` names the key and, for an unknown one, its nearest neighbour."""
    return _parse(Config, data, source)


def parse_run_config(data: dict[str, Any], source: str) -> Config | DamageConfig:
    """Check parsed settings of a run of either kind."""
    if data.get("kind") == "damage":
        return _parse(DamageConfig, data, source)
    return _parse(Config, data, source)


def _parse(settings: type[Parsed], data: dict[str, Any], source: str) -> Parsed:
    try:
        return settings.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{source}: {explain(settings, error)}") from error
