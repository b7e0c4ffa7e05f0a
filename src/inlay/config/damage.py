"""Settings of a run that trains the damage detector."""

from typing import Literal

from pydantic import Field

from inlay.config.base import Settings
from inlay.config.run import Schedule, Training

__all__ = ["DamageConfig", "DamageDataConfig", "DamageLossConfig", "DetectorConfig", "PicturesConfig"]


class DetectorConfig(Settings):
    """The network."""

    widths: tuple[int, int, int, int, int] = Field(
        (24, 48, 80, 112, 112), description="channels at 1/2, 1/4, 1/8, 1/16, 1/32 of the size"
    )


class PicturesConfig(Settings):
    """Undamaged pictures: a zip file or a folder."""

    path: str = Field(description="zip file or folder, below the data folder")
    share: float = Field(
        1.0, gt=0, description="how often its pictures are drawn, against the others' shares"
    )
    stems: str = Field(
        "", description="file of stems, one a line, below the data folder; empty: all pictures"
    )
    speckled: bool = Field(
        False, description="old photos with specks of their own, which do not count as clean"
    )


class DamageDataConfig(Settings):
    """What is damaged, and with what."""

    size: int = Field(224, ge=64, multiple_of=32, description="side of a training crop in pixels")
    train: list[PicturesConfig] = Field([], description="pictures to train on")
    val: list[PicturesConfig] = Field([], description="pictures for the run's own figures")
    pieces: str = Field("", description="folder of real damage, below the data folder; empty: all is drawn")
    damaged: float = Field(0.8, ge=0, le=1, description="share of crops that are damaged")


class DamageLossConfig(Settings):
    """Cross-entropy and Dice."""

    clean_weight: float = Field(1.5, gt=0, description="weight of clean pixels; more finds less, more surely")


class DamageConfig(Settings):
    """Everything a run of the damage detector is made of."""

    kind: Literal["damage"] = "damage"
    description: str = Field("", description="what this config is for, in one line")
    detector: DetectorConfig = DetectorConfig()
    data: DamageDataConfig = DamageDataConfig()
    loss: DamageLossConfig = DamageLossConfig()
    schedule: Schedule = Schedule()
    training: Training = Training()
