"""What a run trains, as the loop sees it: portraits' networks, or the damage detector."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from torch.utils.data import Dataset

from inlay.batch import Batch
from inlay.training.objective import Terms
from inlay.training.validate import Measured

__all__ = ["Task"]


@runtime_checkable
class Task(Protocol):
    """Networks, their data and their objective."""

    @property
    def stream(self) -> Dataset[Any]:
        """Training samples by their position."""

    @property
    def names(self) -> Sequence[str]:
        """The pictures' names, by the numbers that samples bear."""

    def start_from(self, snapshot: str) -> None:
        """Take over the weights of a snapshot."""

    def set_rates(self, faces: int) -> float:
        """Set the learning rates of a step; returns the one that is logged."""

    def step(self, batch: Batch, faces: int) -> tuple[bool, Terms]:
        """Learn from a batch; returns whether all was finite, and the losses by name."""

    def measure(self) -> Measured:
        """Figures of the moving-average weights on fixed pictures."""

    def sheet(self, measured: Measured) -> UInt8[np.ndarray, "h w 3"] | None:
        """A picture of what was measured, if there is one."""

    def write(self, folder: Path, info: dict[str, Any]) -> None:
        """Write the moving-average weights for users."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that a run needs to go on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
