"""A batch on one machine: in this process, or in several."""

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from inlay.data.manifest import Job
from inlay.jobs.outcomes import Done, attempt, died
from inlay.jobs.worker import FillSettings, Worker

__all__ = ["Processes"]

_WORKER: Worker | None = None


def _start(settings: FillSettings, threads: int) -> None:
    """Load the model once a process."""
    global _WORKER
    _WORKER = Worker(settings, threads)


def _work(job: Job, known: str | None) -> Done:
    assert _WORKER is not None
    return attempt(_WORKER, job, known)


@dataclass(frozen=True)
class Processes:
    """So many processes of so many threads; one process is this one."""

    workers: int = 1
    threads: int = 1

    def __call__(self, jobs: list[Job], known: Mapping[Job, str], settings: FillSettings) -> Iterator[Done]:
        """Do the jobs in any order; `known` are the fingerprints of earlier results."""
        if self.workers == 1 and jobs:
            worker = Worker(settings)
            for job in jobs:
                yield attempt(worker, job, known.get(job))
            return
        if jobs:
            Worker(settings)  # faulty settings are told here, and not as the death of each process
        waiting = list(reversed(jobs))
        while waiting:
            suspects: list[Job] = []
            yield from self._pool(waiting, suspects, known, settings, min(self.workers, len(waiting)))
            # A process died with some jobs in flight: alone, each shows whether it was the one.
            for job in suspects:
                guilty: list[Job] = []
                yield from self._pool([job], guilty, known, settings, 1)
                if guilty:
                    yield died(job)

    def _pool(
        self,
        waiting: list[Job],
        suspects: list[Job],
        known: Mapping[Job, str],
        settings: FillSettings,
        workers: int,
    ) -> Iterator[Done]:
        """Work through `waiting`; when a process dies, jobs in flight become suspects and the pool ends."""
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, _start, (settings, self.threads)) as pool:
            running: dict[Future[Done], Job] = {}
            while running or (waiting and not suspects):
                while waiting and not suspects and len(running) < 2 * workers:
                    job = waiting.pop()
                    try:
                        running[pool.submit(_work, job, known.get(job))] = job
                    except BrokenProcessPool:
                        suspects.append(job)
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    job = running.pop(future)
                    try:
                        yield future.result()
                    except BrokenProcessPool:
                        suspects.append(job)
