"""One job of a batch: done, skipped or failed, and what its result depends on."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from inlay.data.manifest import Job
from inlay.errors import UserError
from inlay.files import is_disk_full, sha256
from inlay.images import open_picture
from inlay.jobs.journal import Made
from inlay.jobs.worker import FillSettings, Worker
from inlay.places import Place, state_of
from inlay.version import __version__

__all__ = ["Done", "Outcome", "attempt", "died", "fingerprint"]


UNKNOWN = Made("")


@dataclass(frozen=True)
class Outcome:
    """What became of a job: `state` is done, skipped (by resume), failed, or left, where the batch stopped.

    `message` says more.
    """

    job: Job
    state: str
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Done:
    """An outcome, what the result was made from, and whether a full disk was met."""

    outcome: Outcome
    made: Made = UNKNOWN
    disk_full: bool = False


def attempt(worker: Worker, job: Job, known: Made | None = None) -> Done:
    """Do a job, unless its result lies there and was made from what has this fingerprint.

    Whatever a file does, the answer is an outcome.
    """
    try:
        made_from = fingerprint(job, worker.settings, worker.weights(job))
        if known is not None and known.fingerprint == made_from and (kept := _kept(job.output, known)):
            return Done(kept_outcome(job, kept), known)
        result = worker(job)
    except UserError as error:
        places = (job.image, job.hole, job.layout, job.style_from, job.output)
        named = any(str(place) in str(error) for place in places if place)
        message = str(error) if named else f"{job.image}: {error}"
        return Done(Outcome(job, "failed", message), disk_full=is_disk_full(error))
    except Exception as error:
        message = f"{job.image}: {type(error).__name__}: {error}"
        return Done(Outcome(job, "failed", message), disk_full=is_disk_full(error))
    outcome = Outcome(job, "done", "; ".join(str(note) for note in result.notes), result.seconds)
    return Done(outcome, Made(made_from, _size(job.output)))


def kept_outcome(job: Job, kept: str) -> Outcome:
    """The outcome of a job whose result is kept."""
    changed = f"{job.output}: was changed since it was made, and is kept"
    return Outcome(job, "skipped", changed if kept == "changed" else "")


def _kept(output: Place, known: Made) -> str:
    """How an earlier result is found: 'same', 'changed' by a person, or '' where it is gone or damaged."""
    if not output.is_file():
        return ""
    if _size(output) == known.size:
        return "same"
    if not isinstance(output, Path):
        return "same" if known.size < 0 else ""
    try:
        open_picture(output)
    except UserError:
        return ""
    return "changed" if known.size >= 0 else "same"


def _size(place: Place) -> int:
    state = state_of(place)
    return -1 if state is None else state[1]


def died(job: Job) -> Done:
    """The outcome of a job that no process survived."""
    return Done(Outcome(job, "failed", f"{job.image}: the worker process died on it"))


def fingerprint(job: Job, settings: FillSettings, model: str) -> str:
    """What a result depends on: the files' content, the settings, the model, the program.

    Where files lie is no part of it. Of files elsewhere the address, size and version stand for the content.
    """
    files = [_content(place) for place in (job.image, job.hole, job.layout, job.style_from)]
    return hashlib.sha256(
        json.dumps([files, settings.as_json(), model, __version__], default=str).encode()
    ).hexdigest()


def _content(place: Place | None) -> object:
    if not isinstance(place, Path):
        return state_of(place)
    try:
        state = place.stat()
        return (
            _sha256(str(place), state.st_ino, state.st_size, state.st_mtime_ns) if place.is_file() else None
        )
    except OSError:
        return None  # reading the picture tells what is wrong


@lru_cache(maxsize=16)
def _sha256(path: str, inode: int, size: int, time: int) -> str:
    """The hash of a file; one hole for all photos is read once, unless it changes."""
    return sha256(Path(path))
