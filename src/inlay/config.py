"""Settings: pydantic models, read from TOML. An unknown key names its nearest neighbour."""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from inlay.errors import UserError

__all__ = [
    "CompactModelConfig",
    "Config",
    "DataConfig",
    "DiscriminatorConfig",
    "HoleConfig",
    "LayoutConfig",
    "LossConfig",
    "ModelConfig",
    "PerceptualConfig",
    "ScheduleConfig",
    "SeanModelConfig",
    "TrainingConfig",
    "load_config",
    "parse_config",
]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CompactModelConfig(_Settings):
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


class SeanModelConfig(_Settings):
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

MODELS: dict[str, type[BaseModel]] = {"compact": CompactModelConfig, "sean": SeanModelConfig}


class LayoutConfig(_Settings):
    """The layout predictor."""

    width: int = Field(32, ge=8, description="channels at half the size")
    dropout: float = Field(
        0.0, ge=0, lt=1, description="share of the coarsest features that a training step leaves out"
    )


class HoleConfig(_Settings):
    """One kind of training hole."""

    kind: Literal["scaled", "released", "box", "part", "none"] = Field(
        "scaled",
        description="free form, its brush scaled with the size or not; a box; a part of the face; no hole",
    )
    low: float = Field(0.01, ge=0, description="smallest hole ratio; a part is as large as it is")
    high: float = Field(0.2, le=1, description="largest hole ratio")
    parts: list[Literal["eye", "brow", "nose", "mouth", "hair"]] = Field(
        ["eye", "brow", "nose", "mouth", "hair"], min_length=1, description="the parts that a part may be"
    )
    reach: float = Field(
        0.025, ge=0, le=0.5, description="how far the hole of a part reaches beyond it, in shares of the side"
    )
    share: float = Field(1.0, gt=0, description="how often, relative to the other kinds")


class DataConfig(_Settings):
    """What a training sample is."""

    size: int = Field(128, ge=32, multiple_of=32, description="height and width in pixels")
    stored_size: int = Field(
        256, ge=16, description="size at which faces are kept decoded, before augmentation"
    )
    augment: bool = Field(True, description="flip, warp and colour jitter")
    warp: float = Field(
        0.5, ge=0, le=1, description="share of augmented samples that are turned, zoomed, shifted and bent"
    )
    rotation: float = Field(8.0, ge=0, le=45, description="largest rotation of a warp, in degrees")
    scale: float = Field(0.08, ge=0, le=0.5, description="largest zoom of a warp, as a natural logarithm")
    shift: float = Field(0.04, ge=0, le=0.25, description="largest shift of a warp, in shares of the side")
    bend: float = Field(
        0.0,
        ge=0,
        le=0.1,
        description="how far the points of a coarse grid stray in those, in shares of the side",
    )
    jitter: float = Field(
        0.5, ge=0, le=1, description="share of augmented samples with other brightness, contrast and colours"
    )
    color: float = Field(
        0.12, ge=0, le=1, description="largest change of each of those, as a natural logarithm"
    )
    sepia: float = Field(0.0, ge=0, le=1, description="share of augmented samples in sepia")
    blur: float = Field(0.0, ge=0, le=1, description="share of augmented samples out of focus")
    downscale: float = Field(
        0.0, ge=0, le=1, description="share of augmented samples that are reduced and enlarged again"
    )
    grain: float = Field(0.0, ge=0, le=1, description="share of augmented samples with film grain")
    jpeg: float = Field(0.0, ge=0, le=1, description="share of augmented samples with JPEG artefacts")
    grey: float = Field(
        0.0, ge=0, le=1, description="share of augmented samples without colours, toned by the jitter"
    )
    part_tint: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of augmented samples whose parts are tinted, twins alike",
    )
    holes: list[HoleConfig] = Field(
        [HoleConfig()], min_length=1, description="kinds of holes and their shares"
    )
    labels: str = Field("celebamask-hq", description="label set: 'celebamask-hq' or the path of a TOML file")


class PerceptualConfig(_Settings):
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


class LossConfig(_Settings):
    """Weights of the terms of the generator's objective (paper, eq. 6) and the layout's; 0 leaves one out."""

    hole_l1: float = Field(1.0, ge=0, description="L1 over hole pixels, mean a picture")
    known_l1: float = Field(0.1, ge=0, description="L1 over known pixels, mean a picture (eq. 2)")
    whole_l1: float = Field(0.0, ge=0, description="L1 over the whole picture, as released")
    class_color: float = Field(
        0.0, ge=0, description="L1 between mean colours of each class inside the hole, all classes alike"
    )
    structural: float = Field(0.0, ge=0, description="1 - SSIM of the composite, where windows see the hole")
    semantic_attention: float = Field(0.02, ge=0, description="Semantic Attention Loss (eq. 4, 5)")
    semantic_form: Literal["likelihood", "literal", "absolute"] = Field(
        "likelihood",
        description="-log mass; mass - mu C (the paper's text); |mass - mu C| (the released program)",
    )
    semantic_mu: float = Field(5e-4, gt=0, description="mu of eq. 4, for the forms 'literal' and 'absolute'")
    semantic_group_twins: bool = Field(
        False, description="count left and right eye, brow and ear as one class in it"
    )
    perceptual: float = Field(0.0, ge=0, description="L1 between VGG features (eq. 1)")
    perceptual_region: Literal["known", "whole"] = Field(
        "whole", description="what VGG sees: I*M (eq. 1) or all of it"
    )
    perceptual_window: int = Field(
        0,
        ge=0,
        description="side of the square around a random hole pixel that VGG sees, in pixels; 0: the picture",
    )
    perceptual_networks: list[PerceptualConfig] = Field(
        [PerceptualConfig()], min_length=1, description="the feature networks whose losses are added up"
    )
    adversarial: float = Field(
        0.0, ge=0, description="adversarial loss (eq. 3); above 0 a discriminator is trained"
    )
    adversarial_form: Literal["hinge", "log"] = Field(
        "hinge", description="hinge (released) or log loss (eq. 3)"
    )
    adversarial_sees: Literal["composite", "known"] = Field(
        "composite", description="what the discriminator is shown of a fake: eq. 9 (released) or G*M (eq. 3)"
    )
    adversarial_patches: Literal["all", "hole"] = Field(
        "all", description="the patches of a fake that count: all (released), or by their share of the hole"
    )
    adversarial_parts: list[str] = Field(
        [],
        description="parts of the face, as in data.holes, that the discriminator sees, each in a window of "
        "its own: those that a hole hides against all real ones; empty: the whole picture",
    )
    adversarial_window: int = Field(32, ge=8, description="side of the square around such a part, in pixels")
    adversarial_twins: bool = Field(
        False,
        description="the discriminator sees such a part beside the known pixels reflected about the face's "
        "axis: a hidden eye beside the seen one",
    )
    adversarial_holes: bool = Field(
        False,
        description="the discriminator also sees a window a picture, around a random pixel of its hole, "
        "whatever lies there, against the like of photos",
    )
    adversarial_paired: bool = Field(
        False,
        description="photos are shown at the places of the fakes and their patches counted alike, so that a "
        "place tells nothing; else all of their parts, whole",
    )
    feature_matching: float = Field(
        0.0, ge=0, description="L1 between the discriminator's features, as released"
    )
    r1: float = Field(0.0, ge=0, description="gradient penalty of the discriminator on real pictures (R1)")
    r1_every: int = Field(16, ge=1, description="steps between gradient penalties (lazy R1)")
    layout: float = Field(
        0.2, ge=0, description="cross-entropy of the predicted layout, hole pixels counted more"
    )
    layout_hole_weight: float = Field(
        4.0, ge=1, description="how much more a hole pixel counts in the layout's loss"
    )
    layout_balance: float = Field(
        0.0,
        ge=0,
        le=1,
        description="how far the predicted layout favours small parts: each class's probability is divided "
        "by its share of the training layouts that show it, to this power",
    )


class DiscriminatorConfig(_Settings):
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


class ScheduleConfig(_Settings):
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


class TrainingConfig(_Settings):
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
    layout_from_picture: bool = Field(
        False, description="let the picture's losses teach the layout predictor too, through its belief"
    )
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


class Config(_Settings):
    """Everything a run is made of."""

    description: str = Field("", description="what this config is for, in one line")
    model: ModelConfig = Field(CompactModelConfig(), description="the network, told apart by `kind`")
    layout: LayoutConfig = LayoutConfig()
    data: DataConfig = DataConfig()
    loss: LossConfig = LossConfig()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    training: TrainingConfig = TrainingConfig()


def load_config(path: Path, overrides: list[str] | None = None) -> Config:
    """Read a TOML config; each override is 'a.b=value' with a TOML value (a bare word is a string)."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such config; the shipped ones lie in configs/") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: not readable as TOML: {error}") from error
    for override in overrides or []:
        _override(data, override)
    return parse_config(data, str(path))


def parse_config(data: dict[str, Any], source: str) -> Config:
    """Check parsed settings; the `UserError` names the key and, for an unknown one, its nearest neighbour."""
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"]]
        if place[0] == "model" and len(place) > 1:
            del place[1]  # the kind of model, which pydantic puts there
        message = f"{source}: {'.'.join(place)}: {first['msg']}"
        if first["type"] == "extra_forbidden":
            known = _keys_beside(place, data)
            near = difflib.get_close_matches(place[-1], known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
            message = f"{source}: unknown key '{'.'.join(place)}'; {hint}"
        raise UserError(message) from error


def _keys_beside(place: list[str], data: dict[str, Any]) -> list[str]:
    model: type[BaseModel] = Config
    if place[0] == "model":
        return list(MODELS[_kind(data["model"])].model_fields)
    for part in place[:-1]:
        field = model.model_fields.get(part)
        if (
            field is not None
            and isinstance(field.annotation, type)
            and issubclass(field.annotation, BaseModel)
        ):
            model = field.annotation
    return list(model.model_fields)


def _override(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise UserError(f"--set {override}: expected KEY=VALUE, for example schedule.faces=20000")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *tables, last = key.split(".")
    for table in tables:
        data = data.setdefault(table, {})
        if not isinstance(data, dict):
            raise UserError(f"--set {override}: '{table}' is a value, not a table")
    data[last] = value
