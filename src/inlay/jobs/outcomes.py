"""One job of a batch: done, skipped or failed, and what its result depends on."""

import hashlib
import json
from dataclasses import dataclass

from inlay.data.manifest import Job
from inlay.errors import UserError
from inlay.jobs.worker import FillSettings, Worker
from inlay.places import state_of
from inlay.version import __version__

__all__ = ["Done", "Outcome", "attempt", "died", "fingerprint"]


@dataclass(frozen=True)
class Outcome:
    """What became of a job: `state` is done, skipped (by resume) or failed; `message` says more."""

    job: Job
    state: str
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Done:
    """An outcome, and the fingerprint of what it was made from."""

    outcome: Outcome
    fingerprint: str = ""


def attempt(worker: Worker, job: Job, known: str | None = None) -> Done:
    """Do a job, unless its result lies there and was made from what has this fingerprint.

    Whatever a file does, the answer is an outcome.
    """
    made_from = fingerprint(job, worker.settings, worker.model)
    try:
        if known == made_from and job.output.is_file():
            return Done(Outcome(job, "skipped"), made_from)
        result = worker(job)
    except UserError as error:
        places = (job.image, job.hole, job.layout, job.style_from, job.output)
        named = any(str(place) in str(error) for place in places if place)
        return Done(Outcome(job, "failed", str(error) if named else f"{job.image}: {error}"))
    except Exception as error:
        return Done(Outcome(job, "failed", f"{job.image}: {type(error).__name__}: {error}"))
    return Done(
        Outcome(job, "done", "; ".join(str(note) for note in result.notes), result.seconds), made_from
    )


def died(job: Job) -> Done:
    """The outcome of a job that no process survived."""
    return Done(Outcome(job, "failed", f"{job.image}: the worker process died on it"))


def fingerprint(job: Job, settings: FillSettings, model: str) -> str:
    """What a result depends on: the files' names, sizes and times, the settings, the model, the program."""
    files = [state_of(place) for place in (job.image, job.hole, job.layout, job.style_from)]
    return hashlib.sha256(
        json.dumps([files, settings.as_json(), model, __version__], default=str).encode()
    ).hexdigest()
