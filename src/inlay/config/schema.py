"""Settings: pydantic models, read from TOML. An unknown key names its nearest neighbour."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from inlay.config.base import Settings
from inlay.config.holes import HoleConfig, ScaledHoleConfig
from inlay.config.keys import explain, override
from inlay.config.losses import LossConfig
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
    "parse_config",
]


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


class ScheduleConfig(Settings):
    """How long, how fast."""

    faces: int = Field(50_000, ge=1, description="length of the run in training faces")
    batch_size: int = Field(
        8, ge=1, description="faces a step, over all processes and accumulated parts together"
    )
    learning_rate: float = Field(5e-4, gt=0, description="Adam's learning rate after warm-up")
    betas: tuple[float, float] = Field((0.9, 0.99), description="Adam's betas")
    weight_decay: float = Field(0.0, ge=0, description="decoupled weight decay (AdamW)")
    discriminator_learning_rate: float = Field(
        2e-4, gt=0, description="the discriminator's learning rate after warm-up"
    )
    discriminator_betas: tuple[float, float] = Field(
        (0.5, 0.999), description="Adam's betas for the discriminator"
    )
    discriminator_replays: int = Field(
        0, ge=0, description="the discriminator's further updates a step, on what earlier steps have shown"
    )
    discriminator_memory: int = Field(128, ge=1, description="steps back to which its replays reach")
    warmup_faces: int = Field(1_600, ge=0, description="faces of linear warm-up")
    decay_share: float = Field(
        0.4, ge=0, le=1, description="last part of the run in which the rate falls to 0"
    )
    decay: Literal["cosine", "linear"] = Field(
        "cosine", description="how it falls: half a cosine, or a line as released"
    )
    clip: float = Field(1.0, ge=0, description="largest norm of the gradient; 0 clips nothing")


class TrainingConfig(Settings):
    """The loop."""

    seed: int = Field(0, ge=0, description="seed of everything random")
    start_from: str = Field(
        "",
        description="weights to start from: a snapshot folder, 'bundled' or 'bundled-256'; empty: random",
    )
    frozen: list[Literal["style_encoder", "context_encoder", "generator", "layout"]] = Field(
        [],
        description="parts of a compact network that keep the weights of `start_from`; where the layout "
        "predictor alone is left, a step runs nothing else",
    )
    precision: Literal["fp32", "bf16", "fp16"] = Field("bf16", description="precision of the forward pass")
    accumulate: int = Field(
        1, ge=1, description="parts of a step that are computed one after the other, to save memory"
    )
    channels_last: bool = Field(
        True, description="memory format of the feature maps; faster on most machines"
    )
    compile: bool = Field(False, description="torch.compile the networks")
    ema: float = Field(0.998, ge=0, lt=1, description="decay a step of the moving-average weights")
    predicted_layout_share: float = Field(
        0.4, ge=0, le=1, description="samples that see the predicted layout"
    )
    predicted_layout_from: int = Field(10_000, ge=0, description="faces before which layouts are true")
    workers: int = Field(1, ge=0, description="loader processes")
    bad_files: Literal["stop", "skip"] = Field(
        "stop", description="at a missing or broken file: stop, or name and skip it"
    )
    bad_steps: int = Field(
        10, ge=1, description="steps in a row with a loss that is no number, before the run stops"
    )
    log_faces: int = Field(400, ge=1, description="faces between log lines")
    save_faces: int = Field(4_000, ge=1, description="faces between checkpoints")
    grid_faces: int = Field(8_000, ge=1, description="faces between sample grids and val figures")
    val_count: int = Field(64, ge=1, description="val faces in the run's own figures")
    lpips: str = Field("", description="folder of LPIPS' weights, for val figures; empty: not measured")
    tensorboard: bool = Field(False, description="also write TensorBoard event files")


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
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such config; the shipped ones lie in configs/") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: not readable as TOML: {error}") from error
    defaults = Config().model_dump(mode="json")
    for text in overrides or []:
        override(data, text, defaults)
    return parse_config(data, str(path))


def parse_config(data: dict[str, Any], source: str) -> Config:
    """Check parsed settings; the `UserError` names the key and, for an unknown one, its nearest neighbour."""
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{source}: {explain(Config, error)}") from error
