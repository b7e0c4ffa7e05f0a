"""What a run trains, as the loop sees it, and a look at it now and then: figures, a sheet, best weights."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from torch.utils.data import Dataset

from inlay.batch import Batch
from inlay.training.grid import save_grid
from inlay.training.guard import explain_full_disk
from inlay.training.logger import RunLog
from inlay.training.objective import Terms
from inlay.training.run_folder import RunFolder
from inlay.training.validate import Measured

__all__ = ["Task", "Watch"]


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


class Watch:
    """What is measured, and the best score that was seen."""

    def __init__(self, task: Task, folder: RunFolder, log: RunLog) -> None:
        self.task, self.folder, self.log = task, folder, log
        self.best = float("-inf")

    def look(self, faces: int) -> None:
        """Log the figures, write the sheet, if any, and keep the weights if they are the best."""
        measured = self.task.measure()
        record = {"faces": faces, **measured.figures}
        self.log.write(record)
        if (sheet := self.task.sheet(measured)) is not None:
            place = self.folder.path / f"grid-{faces:08d}.png"
            with explain_full_disk(place):
                save_grid(place, sheet)
            self.log.show(sheet, faces)
        if measured.score > self.best:
            self.best = measured.score
            self.folder.save_snapshot("best", partial(self.task.write, info=record))
