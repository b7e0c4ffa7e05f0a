"""Settings of training holes, told apart by `kind`; each kind has only the keys that it uses."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, model_validator

from inlay.config.base import Part, Settings

__all__ = [
    "BoxHoleConfig",
    "HoleConfig",
    "NoHoleConfig",
    "PartHoleConfig",
    "ReleasedHoleConfig",
    "ScaledHoleConfig",
]


class _HoleConfig(Settings):
    """What every kind of training hole has."""

    kind: str
    share: float = Field(1.0, gt=0, description="how often, relative to the other kinds")


class _RatioHoleConfig(_HoleConfig):
    """A kind of hole whose share of the picture is drawn from a range."""

    low: float = Field(0.01, ge=0, lt=1, description="smallest hole ratio")
    high: float = Field(0.2, gt=0, le=1, description="largest hole ratio")

    @model_validator(mode="after")
    def _check_range(self) -> "_RatioHoleConfig":
        if self.low >= self.high:
            raise ValueError(f"low = {self.low} is not below high = {self.high}; lower low or raise high")
        return self


class ScaledHoleConfig(_RatioHoleConfig):
    """Free-form holes whose brush scales with the picture."""

    kind: Literal["scaled"] = "scaled"


class ReleasedHoleConfig(_RatioHoleConfig):
    """Free-form holes as the released program draws them: a brush of the same pixels at any size."""

    kind: Literal["released"] = "released"


class BoxHoleConfig(_RatioHoleConfig):
    """One upright rectangle."""

    kind: Literal["box"] = "box"
    low: float = Field(0.01, gt=0, lt=1, description="smallest hole ratio")


class PartHoleConfig(_HoleConfig):
    """One whole part of the face."""

    kind: Literal["part"] = "part"
    parts: list[Part] = Field(
        ["eye", "brow", "nose", "mouth", "hair"], min_length=1, description="the parts to choose from"
    )
    reach: float = Field(
        0.025, ge=0, le=0.5, description="how far the hole extends beyond the part, in shares of the side"
    )


class NoHoleConfig(_HoleConfig):
    """Nothing to fill."""

    kind: Literal["none"] = "none"


HoleConfig = Annotated[
    ScaledHoleConfig | ReleasedHoleConfig | BoxHoleConfig | PartHoleConfig | NoHoleConfig,
    Discriminator("kind"),
]
"""One kind of training hole, told apart by `kind`."""
