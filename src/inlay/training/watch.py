"""A look at the fixed val faces now and then: figures, a sheet, and the best weights so far."""

from inlay.labels import LabelSet
from inlay.training.grid import draw_grid, save_grid
from inlay.training.guard import explain_full_disk
from inlay.training.logger import RunLog
from inlay.training.machine import Machine
from inlay.training.run_folder import RunFolder
from inlay.training.trainees import Generator
from inlay.training.validate import ValFaces, validate

__all__ = ["Watch"]


class Watch:
    """Who looks, at which faces, and the best figure that was seen."""

    def __init__(
        self, val: ValFaces, labels: LabelSet, machine: Machine, folder: RunFolder, log: RunLog
    ) -> None:
        self.val, self.labels, self.machine, self.folder, self.log = val, labels, machine, folder, log
        self.best = float("-inf")

    def look(self, generator: Generator, faces: int) -> None:
        """Fill the val faces: log the figures, write the sheet, keep the weights if they are the best."""
        figures, shown = validate(generator, self.val, self.machine)
        sheet, place = draw_grid(shown, self.labels), self.folder.path / f"grid-{faces:08d}.png"
        with explain_full_disk(place):
            save_grid(place, sheet)
        self.log.write({"faces": faces, **figures})
        self.log.show(sheet, faces)
        # PSNR as people will get it: under the predicted layout, where there is one.
        figure = figures.get("val_psnr_predicted", figures["val_psnr_true"])
        if figure > self.best:
            self.best = figure
            self.folder.save_snapshot("best", generator, self.labels, {"faces": faces, **figures})
