"""The work queue: one worker thread for one model, a time limit, and an end when the client leaves."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fastapi import Request

from inlay.finish.recipe import Watch

__all__ = ["ClientGoneError", "StoppedError", "TimeLimitError", "WorkQueue", "stopping", "until_gone"]

T = TypeVar("T")


class TimeLimitError(Exception):
    """A request's time ran out before its answer was ready."""


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


class StoppedError(Exception):
    """Raised inside work whose answer nobody waits for any more."""


class WorkQueue:
    """Runs work in the order in which it came, one piece at a time.

    How many may wait is bounded by `Admission`, before a request's body is even read.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inlay-model")

    def close(self) -> None:
        """Drop what waits and end the worker."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def start(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Put work into the queue; cancelling the future takes it out again unless it already runs."""
        return asyncio.wrap_future(self._worker.submit(work))

    async def run(self, request: Request, work: Callable[[Watch], T]) -> T:
        """The work's result. `work` gets a watch to call when a stage begins.

        The watch raises once the client has left or the time is over, so that the next piece of work starts.
        """
        stop = threading.Event()
        job = self.start(lambda: work(stopping(stop)))
        gone = asyncio.ensure_future(until_gone(request))
        try:
            both: set[asyncio.Future[Any]] = {job, gone}
            done, _ = await asyncio.wait(both, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if job in done:
                return job.result()
            raise ClientGoneError if gone in done else TimeLimitError
        finally:
            stop.set()
            gone.cancel()
            job.cancel()


def stopping(stop: threading.Event) -> Watch:
    """A watch that ends the work once the event is set."""

    def watch(begun: str) -> None:
        if stop.is_set():
            raise StoppedError(begun)

    return watch


async def until_gone(request: Request) -> None:
    """Returns when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
