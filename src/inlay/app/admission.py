"""Admission: so many pieces of work at a time and no more, each with a body of bounded size and time."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inlay.app.settings import Limits

__all__ = ["Admission", "Places"]

RETRY_SECONDS = 1

ALWAYS = {"/api/v1/health", "/api/v1/labels"}
"""Answered without a place, since they cost nothing."""


class Places:
    """How many pieces of work may still come in."""

    def __init__(self, count: int) -> None:
        self.free = count


class Admission:
    """Gives each request that needs the model one of a fixed number of places, or answers 429 at once.

    So the memory that bodies, decoded pictures and results take together is bounded, however many ask.
    """

    def __init__(self, app: ASGIApp, limits: Limits, places: Places) -> None:
        self.app = app
        self.limits = limits
        self.places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place, read the body, let the application answer, leave."""
        if not _is_work(scope):
            await self.app(scope, receive, send)
        elif self.places.free == 0:
            await _drain(receive, self.limits)
            busy = JSONResponse({"detail": "too many requests wait already; try again in a moment"}, 429)
            busy.headers["Retry-After"] = str(RETRY_SECONDS)
            await busy(scope, receive, send)
        else:
            self.places.free -= 1
            try:
                await self._admitted(scope, receive, send)
            finally:
                self.places.free += 1

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused, body = None, b""
        if int(Headers(scope=scope).get("content-length", "0") or 0) > self.limits.body:
            refused = _too_large(self.limits)
        else:
            try:
                body = await asyncio.wait_for(_read(receive, self.limits.body), self.limits.upload_seconds)
            except TimeoutError:
                refused = JSONResponse({"detail": "the request's body came too slowly"}, 408)
            except _TooLargeError:
                refused = _too_large(self.limits)
            except _GoneError:
                return
        if refused is not None:
            refused.headers["Connection"] = "close"
            await refused(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        del body

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self.app(scope, replay, send)


def _is_work(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] in ("DELETE", "OPTIONS", "HEAD"):
        return False
    return scope["path"].startswith("/api/") and scope["path"] not in ALWAYS


class _TooLargeError(Exception):
    pass


class _GoneError(Exception):
    pass


async def _read(receive: Receive, most: int) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _TooLargeError
        more = message.get("more_body", False)
    return b"".join(parts)


async def _drain(receive: Receive, limits: Limits) -> None:
    """Read a body and forget it: clients that are still sending rarely read an early answer."""

    async def discard() -> None:
        size, more = 0, True
        while more and size <= limits.body:
            message = await receive()
            size += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)

    try:
        await asyncio.wait_for(discard(), limits.upload_seconds)
    except TimeoutError:
        return


def _too_large(limits: Limits) -> JSONResponse:
    return JSONResponse({"detail": f"the request's body is over {limits.body // 1024**2} MiB"}, 413)
