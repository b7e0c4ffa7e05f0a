"""A batch on Ray Data: an actor pool of models, on this machine or on a cluster."""

import logging
import os
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import ModuleType
from typing import Any

from inlay.data.manifest import COLUMNS, Job
from inlay.errors import UserError
from inlay.extras import require
from inlay.jobs.journal import Made
from inlay.jobs.outcomes import Done, Outcome, attempt, died
from inlay.jobs.worker import FillSettings, Worker
from inlay.places import place_of

__all__ = ["RayEngine", "RayWorker"]

INSTALL = "pip install 'inlay[ray]'"

TASKS, MOST = 64, 16
"""So many tasks a worker at least, of at most so many photos; when a worker dies, its task is repeated."""

TRIES = 2
"""A job in which so many workers died is not tried again."""

STORE = 200_000_000
"""Bytes of a local Ray's object store: only names travel through it, no pictures."""


@dataclass(frozen=True)
class RayEngine:
    """So many workers, each a model in an actor of one CPU, or of one GPU where the device is cuda.

    Without an address Ray is started on this machine and stopped at the end.
    """

    workers: int = 1
    address: str | None = None
    worker: type = field(default_factory=lambda: RayWorker)

    def __call__(
        self, jobs: list[Job], known: Mapping[Job, Made], settings: FillSettings
    ) -> Generator[Done, None, None]:
        """Do the jobs in any order; `known` is what is known of earlier results."""
        if not jobs:
            return
        Worker(settings)  # faulty settings are told here, and not by each actor
        ray = require("ray", package="Ray", install=INSTALL)
        require("ray.data", package="Ray Data", install=INSTALL)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        own = self._start(ray)
        attempts = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
        rows = [_row(number, job, known.get(job)) for number, job in enumerate(jobs)]
        try:
            for row in self._run(ray, rows, settings, attempts):
                outcome = Outcome(jobs[row["number"]], row["state"], row["message"], row["seconds"])
                yield Done(outcome, Made(row["fingerprint"], row["size"]), row["disk_full"])
        finally:
            ray.kill(attempts)
            if own:
                ray.shutdown()

    def _start(self, ray: ModuleType) -> bool:
        """Connect, or start Ray here; whether it is to be stopped afterwards."""
        if ray.is_initialized():
            return False
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        passed = {name: value for name, value in os.environ.items() if name.startswith("INLAY_")}
        quiet: dict[str, Any] = {
            "log_to_driver": False,
            "logging_level": "error",
            "runtime_env": {"env_vars": passed},
        }
        try:
            if self.address is None:
                ray.init(
                    num_cpus=self.workers + 1, include_dashboard=False, object_store_memory=STORE, **quiet
                )
            else:
                ray.init(address=self.address, **quiet)
        except Exception as error:  # Ray's errors of connecting have no common class
            raise UserError(f"Ray at {self.address or 'this machine'} does not answer ({error})") from error
        return True

    def _run(
        self, ray: ModuleType, rows: list[dict[str, Any]], settings: FillSettings, attempts: Any
    ) -> Iterator[dict[str, Any]]:
        """The rows' answers, as they come."""
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        size = max(1, min(MOST, len(rows) // (TASKS * self.workers)))
        dataset = ray.data.from_items(rows, override_num_blocks=-(-len(rows) // size)).map(
            self.worker,
            fn_constructor_args=(settings, attempts),
            compute=ray.data.ActorPoolStrategy(size=min(self.workers, len(rows))),
            num_cpus=1,
            num_gpus=1 if settings.device == "cuda" else None,
        )
        try:
            yield from dataset.iter_rows()
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1]
            raise UserError(
                f"Ray's workers do not run ({reason}); is inlay on each of its machines, with the model?"
            ) from error


class Attempts:
    """How often each job was begun and not ended: Ray repeats a dead worker's task without an end."""

    def __init__(self) -> None:
        self.begun: dict[int, int] = {}

    def begin(self, number: int) -> int:
        """Count one more; how many that makes."""
        self.begun[number] = self.begun.get(number, 0) + 1
        return self.begun[number]

    def end(self, number: int) -> None:
        """The job's worker lived through it."""
        self.begun.pop(number, None)


class RayWorker:
    """A model in an actor."""

    def __init__(self, settings: FillSettings, attempts: Any) -> None:
        import ray

        self.ray, self.attempts = ray, attempts
        self.worker = Worker(settings, threads=1)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Do a job that did not kill its worker twice; the answer is plain values."""
        job = _job(row)
        number = row["number"]
        if self.ray.get(self.attempts.begin.remote(number)) > TRIES:
            done = died(job)
        else:
            done = self.work(job, Made(row["known"], row["known_size"]) if row["known"] else None)
            self.attempts.end.remote(number)
        state, message, seconds = done.outcome.state, done.outcome.message, float(done.outcome.seconds)
        told = {"state": state, "message": message, "seconds": seconds}
        made = {"fingerprint": done.made.fingerprint, "size": done.made.size, "disk_full": done.disk_full}
        return {"number": number, **told, **made}

    def work(self, job: Job, known: Made | None) -> Done:
        """Do a job."""
        return attempt(self.worker, job, known)


def _job(row: dict[str, Any]) -> Job:
    """The job of a row; what is empty is not given."""
    places: dict[str, Any] = {name: place_of(row[name]) if row[name] else None for name in COLUMNS}
    return Job(**places)


def _row(number: int, job: Job, known: Made | None) -> dict[str, Any]:
    """A job as plain values; paths are absolute, since actors run elsewhere."""
    places = {part.name: getattr(job, part.name) for part in fields(job)}
    named = {name: str(place.absolute()) if place else "" for name, place in places.items()}
    known = known or Made("")
    return {"number": number, "known": known.fingerprint, "known_size": known.size, **named}
