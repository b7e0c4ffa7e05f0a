"""Progress as server-sent events: the work reports, the client reads, and leaving ends the work."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from inlay.app.work import WorkQueue, stopping
from inlay.errors import UserError
from inlay.finish.recipe import Watch

__all__ = ["Event", "Work", "events"]

Event = dict[str, Any]

Work = Callable[[Callable[[Event], None], Watch], Event]
"""Given what reports an event and what is told of each stage; both raise once nobody listens."""


async def events(queue: WorkQueue, work: Work) -> AsyncIterator[str]:
    """The events that the work reports, then its result; a failure is an event too."""
    loop, line, left = asyncio.get_running_loop(), asyncio.Queue[Event | None](), threading.Event()

    watch = stopping(left)

    def report(event: Event) -> None:
        watch("report")
        loop.call_soon_threadsafe(line.put_nowait, event)

    job = queue.start(lambda: work(report, watch))
    job.add_done_callback(lambda _: line.put_nowait(None))
    try:
        async with asyncio.timeout(queue.seconds):
            while (event := await line.get()) is not None:
                yield _written(event)
        yield _written(job.result())
    except UserError as error:
        yield _written({"problem": str(error)})
    except TimeoutError:
        yield _written({"problem": "this took longer than the server allows; choose fewer steps"})
    finally:
        left.set()
        job.cancel()


def _written(event: Event) -> str:
    return f"data: {json.dumps(event)}\n\n"
