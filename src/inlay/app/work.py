"""The work queue: one worker thread for one model, a time limit, and an end when the client leaves."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fastapi import Request

__all__ = ["ClientGoneError", "TimeLimitError", "WorkQueue", "until_gone"]

T = TypeVar("T")


class TimeLimitError(Exception):
    """A request's time ran out before its answer was ready."""


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


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

    async def run(self, request: Request, work: Callable[[threading.Event], T]) -> T:
        """The work's result; `work` is given an event that is set when it should stop early."""
        stop = threading.Event()
        job = self.start(lambda: work(stop))
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


async def until_gone(request: Request) -> None:
    """Returns when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
