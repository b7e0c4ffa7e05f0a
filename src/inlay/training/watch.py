"""A look at fixed faces now and then: figures, a sheet, and the best weights so far."""

from collections.abc import Callable

from inlay.labels import LabelSet
from inlay.training.grid import draw_grid, save_grid
from inlay.training.guard import explain_full_disk
from inlay.training.logger import RunLog
from inlay.training.run_folder import RunFolder
from inlay.training.trainees import Generator
from inlay.training.validate import Measured

__all__ = ["Watch"]


class Watch:
    """What is measured, and the best score that was seen."""

    def __init__(
        self, measure: Callable[[Generator], Measured], labels: LabelSet, folder: RunFolder, log: RunLog
    ) -> None:
        self.measure, self.labels, self.folder, self.log = measure, labels, folder, log
        self.best = float("-inf")

    def look(self, generator: Generator, faces: int) -> None:
        """Log the figures, write the sheet, if any, and keep the weights if they are the best."""
        measured = self.measure(generator)
        record = {"faces": faces, **measured.figures}
        self.log.write(record)
        if measured.shown is not None:
            sheet, place = draw_grid(measured.shown, self.labels), self.folder.path / f"grid-{faces:08d}.png"
            with explain_full_disk(place):
                save_grid(place, sheet)
            self.log.show(sheet, faces)
        if measured.score > self.best:
            self.best = measured.score
            self.folder.save_snapshot("best", generator, self.labels, record)
