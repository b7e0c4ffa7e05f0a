"""A look at fixed pictures now and then: figures, a sheet, and the best weights so far."""

from functools import partial

from inlay.training.grid import save_grid
from inlay.training.guard import explain_full_disk
from inlay.training.logger import RunLog
from inlay.training.run_folder import RunFolder
from inlay.training.task import Task

__all__ = ["Watch"]


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
