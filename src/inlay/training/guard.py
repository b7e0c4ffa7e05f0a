"""What keeps a run alive or ends it in time: losses that are no numbers, signals, a full disk."""

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from safetensors import SafetensorError

from inlay.errors import UserError

__all__ = ["BadSteps", "StopSignal", "explain_full_disk"]


class BadSteps:
    """Counts steps whose loss or gradient was not finite; too many in a row end the run."""

    def __init__(self, limit: int, in_a_row: int = 0, total: int = 0) -> None:
        self.limit, self.in_a_row, self.total = limit, in_a_row, total

    @property
    def state(self) -> dict[str, int]:
        """The counts, to go on with."""
        return {"in_a_row": self.in_a_row, "total": self.total}

    def count(self, finite: bool, stems: Sequence[str]) -> None:
        """Count one step; `stems` names its faces."""
        if finite:
            self.in_a_row = 0
            return
        self.in_a_row += 1
        self.total += 1
        if self.in_a_row >= self.limit:
            raise UserError(
                f"{self.in_a_row} steps in a row had a loss that is no number; the faces of the last one: "
                f"{', '.join(stems)}. "
                "Look at these files, or lower schedule.learning_rate, or set training.precision to fp32; "
                "the last checkpoint is from before and the same command goes on from it"
            )


class StopSignal:
    """The first Ctrl-C or SIGTERM asks the run to save and end after its step; the second ends it at once."""

    def __init__(self) -> None:
        self.asked = False
        self._former: dict[signal.Signals, object] = {}

    def __enter__(self) -> "StopSignal":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._former[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._former.clear()


@contextlib.contextmanager
def explain_full_disk(path: Path) -> Iterator[None]:
    """Turn a failed write into a `UserError`; what was there before stays valid."""
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:  # the second is what torch's writer raises
        raise UserError(
            f"{path}: cannot be written ({str(error).splitlines()[0]}); free some space and run the "
            "same command again: it goes on from the last whole checkpoint"
        ) from error
