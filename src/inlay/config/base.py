"""What all settings share."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["Part", "Settings"]


class Settings(BaseModel):
    """A table of settings: unknown keys are refused, and nothing changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Part = Literal["eye", "brow", "nose", "mouth", "hair"]
"""A part of the face, as `inlay.data.parts.PARTS` has them."""
