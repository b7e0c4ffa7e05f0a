"""A batch on one machine: in this process, or in several."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from inlay.data.manifest import Job
from inlay.jobs.journal import Made
from inlay.jobs.outcomes import Done, attempt, died
from inlay.jobs.worker import FillSettings, Worker

__all__ = ["Processes"]

_WORKER: Worker | None = None


PR_SET_PDEATHSIG = 1
"""Linux's number of the call that lets a process end with its parent (prctl(2))."""


def _start(settings: FillSettings, threads: int, parent: int) -> None:
    """Load the model once a process."""
    global _WORKER
    end_with(parent)
    _WORKER = Worker(settings, threads)


def end_with(parent: int) -> None:
    """Let this process end as soon as its parent does, however that ends.

    A thread waits for the pipe that the parent holds, which works everywhere; on Linux the kernel sends a
    signal too, which ends a process in the middle of a computation.
    """

    def watch() -> None:
        process = multiprocessing.parent_process()
        if process is not None:
            process.join()
            os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        except (OSError, AttributeError):
            return
        if os.getppid() != parent:  # it ended before the call
            os._exit(1)


def _work(job: Job, known: Made | None) -> Done:
    assert _WORKER is not None
    return attempt(_WORKER, job, known)


@dataclass(frozen=True)
class Processes:
    """So many processes of so many threads; one process is this one."""

    workers: int = 1
    threads: int = 1

    def __call__(
        self, jobs: list[Job], known: Mapping[Job, Made], settings: FillSettings
    ) -> Generator[Done, None, None]:
        """Do the jobs in any order; `known` is what is known of earlier results."""
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
        known: Mapping[Job, Made],
        settings: FillSettings,
        workers: int,
    ) -> Generator[Done, None, None]:
        """Work through `waiting`; when a process dies, jobs in flight become suspects and the pool ends."""
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, _start, (settings, self.threads, os.getpid())) as pool:
            running: dict[Future[Done], Job] = {}
            try:
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
            finally:  # a batch that stops begins no further photo
                pool.shutdown(wait=False, cancel_futures=True)
