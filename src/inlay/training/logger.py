"""What a run tells people while it goes on: JSON lines, a progress bar or plain lines, TensorBoard."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import UInt8
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from inlay.extras import require
from inlay.training.guard import explain_full_disk

__all__ = ["Meter", "RunLog"]


class Meter:
    """Means of what steps tell, the faces a second and the share of the time spent waiting for the loader."""

    def __init__(self, faces: int) -> None:
        self.begin(faces)

    def begin(self, faces: int) -> None:
        """Start anew."""
        self.faces, self.started = faces, time.perf_counter()
        self.sums, self.counts, self.waited = dict[str, float](), dict[str, int](), 0.0

    def add(self, values: dict[str, float], waited: float) -> None:
        """Add one step; a value that is no number is left out of its mean."""
        self.waited += waited
        for name, value in values.items():
            if np.isfinite(value):
                self.sums[name] = self.sums.get(name, 0.0) + value
                self.counts[name] = self.counts.get(name, 0) + 1

    def read(self, faces: int) -> dict[str, float]:
        """The means since the last reading."""
        seconds = time.perf_counter() - self.started
        means = {name: value / self.counts[name] for name, value in self.sums.items()}
        means |= {"faces_per_second": (faces - self.faces) / seconds, "loader_wait": self.waited / seconds}
        self.begin(faces)
        return means


class RunLog:
    """Appends records to `log.jsonl`, prints them in short, and keeps a progress bar on a terminal.

    Only the first process of a run speaks; in the others (`folder` is `None`) all of this does nothing.
    """

    def __init__(
        self, folder: Path | None, console: Console, *, faces: int, tensorboard: bool = False
    ) -> None:
        self.path = folder / "log.jsonl" if folder else None
        self.console, self.total = console, faces
        self._rate, self._progress = 0.0, Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("faces"),
            TextColumn("{task.fields[rate]:.1f} faces/s, left"), TimeRemainingColumn(),
            console=console, disable=folder is None or not console.is_terminal,
        )  # fmt: skip
        self._task = self._progress.add_task("training", total=faces, rate=0.0)
        self._writer: Any = None
        if folder and tensorboard:
            board = require(
                "torch.utils.tensorboard", package="tensorboard", install="pip install 'inlay[train]'"
            )
            self._writer = board.SummaryWriter(str(folder / "tensorboard"))
        if self.path:
            _end_last_line(self.path)

    def __enter__(self) -> "RunLog":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if self._writer is not None:
            self._writer.close()

    @contextlib.contextmanager
    def counting(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """A bar for a job that must be done first."""
        task = self._progress.add_task(what, total=None, rate=0.0)
        yield lambda done, total: self._progress.update(task, completed=done, total=total)
        self._progress.remove_task(task)

    def advance(self, faces: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=faces, rate=self._rate)

    def write(self, record: dict[str, Any]) -> None:
        """Append one record."""
        if self.path is None:
            return
        with explain_full_disk(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"time": round(time.time(), 1), **record}) + "\n")
        self._rate = record.get("faces_per_second", self._rate)
        if self._writer is not None and "faces" in record:
            for name, value in record.items():
                if isinstance(value, float):
                    self._writer.add_scalar(name, value, record["faces"])
        short = "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in record.items())
        self.console.print(short + self._left(record), highlight=False, markup=False, soft_wrap=True)

    def show(self, sheet: UInt8[np.ndarray, "h w 3"], faces: int) -> None:
        """A sheet of faces, for TensorBoard."""
        if self._writer is not None:
            self._writer.add_image("val faces", sheet, faces, dataformats="HWC")

    def _left(self, record: dict[str, Any]) -> str:
        """The time left, for logs that are read later: a terminal has the bar."""
        if "faces_per_second" not in record or self.console.is_terminal:
            return ""
        minutes = (self.total - record["faces"]) / max(record["faces_per_second"], 1e-9) / 60
        return f"  left {minutes // 60:.0f} h {minutes % 60:.0f} min"


def _end_last_line(path: Path) -> None:
    """After a kill in the middle of a line, the next record must not join it."""
    if path.is_file() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")
