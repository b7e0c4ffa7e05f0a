"""Settings of how long a run is, how fast it learns, and of its loop."""

from typing import Literal

from pydantic import Field

from inlay.config.base import Settings

__all__ = ["Schedule", "ScheduleConfig", "Training", "TrainingConfig"]


class Schedule(Settings):
    """How long, how fast."""

    faces: int = Field(50_000, ge=1, description="length of the run in training faces")
    batch_size: int = Field(
        8, ge=1, description="faces a step, over all processes and accumulated parts together"
    )
    learning_rate: float = Field(5e-4, gt=0, description="Adam's learning rate after warm-up")
    betas: tuple[float, float] = Field((0.9, 0.99), description="Adam's betas")
    weight_decay: float = Field(0.0, ge=0, description="decoupled weight decay (AdamW)")
    warmup_faces: int = Field(1_600, ge=0, description="faces of linear warm-up")
    decay_share: float = Field(
        0.4, ge=0, le=1, description="last part of the run in which the rate falls to 0"
    )
    decay: Literal["cosine", "linear"] = Field(
        "cosine", description="how it falls: half a cosine, or a line as released"
    )
    clip: float = Field(1.0, ge=0, description="largest norm of the gradient; 0 clips nothing")


class ScheduleConfig(Schedule):
    """How long, how fast, and how the discriminator learns."""

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


class Training(Settings):
    """The loop."""

    seed: int = Field(0, ge=0, description="seed of everything random")
    start_from: str = Field(
        "",
        description="weights to start from: a snapshot folder, 'bundled' or 'bundled-256'; empty: random",
    )
    precision: Literal["fp32", "bf16", "fp16"] = Field("bf16", description="precision of the forward pass")
    channels_last: bool = Field(
        True, description="memory format of the feature maps; faster on most machines"
    )
    compile: bool = Field(False, description="torch.compile the networks")
    ema: float = Field(0.998, ge=0, lt=1, description="decay a step of the moving-average weights")
    workers: int = Field(1, ge=0, description="loader processes")
    bad_steps: int = Field(
        10, ge=1, description="steps in a row with a loss that is no number, before the run stops"
    )
    log_faces: int = Field(400, ge=1, description="faces between log lines")
    save_faces: int = Field(4_000, ge=1, description="faces between checkpoints")
    grid_faces: int = Field(8_000, ge=1, description="faces between sample grids and val figures")
    val_count: int = Field(64, ge=1, description="val faces in the run's own figures")
    tensorboard: bool = Field(False, description="also write TensorBoard event files")


class TrainingConfig(Training):
    """The loop, and what it does about layouts and frozen parts."""

    frozen: list[Literal["style_encoder", "context_encoder", "generator", "layout"]] = Field(
        [],
        description="parts of a compact network that keep the weights of `start_from`; where the layout "
        "predictor alone is left, a step runs nothing else",
    )
    accumulate: int = Field(
        1, ge=1, description="parts of a step that are computed one after the other, to save memory"
    )
    predicted_layout_share: float = Field(
        0.4, ge=0, le=1, description="samples that see the predicted layout"
    )
    predicted_layout_from: int = Field(10_000, ge=0, description="faces before which layouts are true")
    bad_files: Literal["stop", "skip"] = Field(
        "stop", description="at a missing or broken file: stop, or name and skip it"
    )
    lpips: str = Field("", description="folder of LPIPS' weights, for val figures; empty: not measured")
