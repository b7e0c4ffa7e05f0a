"""Work whose answer nobody waits for ends before its next step, and the next request is answered."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image

from app.pictures_as_text import file_of, text_of
from inlay.app.factory import create_app
from inlay.app.settings import Limits
from inlay.finish.recipe import run
from inlay.painters.network import NetworkPainting
from inlay.repair.inpainter import Inpainter

Slow = tuple[threading.Event, threading.Event, list[str]]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Painting has begun; painting may go on; and what was finished after it."""
    begun, go, finished, plain = threading.Event(), threading.Event(), list[str](), NetworkPainting.paint

    def paint(self: NetworkPainting, *given: Any) -> Any:
        begun.set()
        assert go.wait(20)
        return plain(self, *given)

    def recorded(*given: Any) -> np.ndarray:
        fill = run(*given)
        finished.append("steps")
        return fill

    monkeypatch.setattr(NetworkPainting, "paint", paint)
    monkeypatch.setattr("inlay.repair.portrait.run", recorded)
    return begun, go, finished


async def ask(
    app: FastAPI, path: str, body: bytes, leaving: Callable[[], bool] = lambda: False
) -> tuple[int, bytes]:
    """Status and body of the answer; the connection is closed as soon as `leaving` says so."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    parts, answers = [body], list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        while not leaving():
            await asyncio.sleep(0.005)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answers.append(message)

    await app(scope, receive, send)
    data = b"".join(message.get("body", b"") for message in answers)
    return (answers[0]["status"] if answers else 0), data


async def opened(app: FastAPI, image: Image.Image, hole: Image.Image) -> str:
    _, answer = await ask(app, "/api/v1/session", file_of(image))
    path = f"/api/v1/session/{json.loads(answer)['session']}"
    await ask(app, f"{path}/hole", file_of(hole))
    return path


@pytest.mark.parametrize(
    ("door", "why"),
    [
        *((door, "left") for door in ("fill", "inpaint", "session", "refine")),
        *((door, "late") for door in ("fill", "refine")),
    ],
)
def test_the_rest_is_not_done(
    inpainter: Inpainter, photo: Image.Image, hole: Image.Image, slow: Slow, door: str, why: str
) -> None:
    begun, go, finished = slow
    app = create_app(inpainter, limits=Limits(seconds=3.0 if why == "late" else 20.0))
    layout = json.dumps({"image": text_of(photo)}).encode()

    async def both() -> tuple[int, int]:
        if door in ("session", "refine"):
            path = await opened(app, photo, hole)
            path, sent = f"{path}/{'fill' if door == 'session' else 'refine'}", b"{}"
        else:
            path, mask = f"/api/v1/{door}", "mask" if door == "inpaint" else "hole"
            sent = json.dumps({"image": text_of(photo), mask: text_of(hole)}).encode()
        status, _ = await ask(app, path, sent, begun.is_set if why == "left" else lambda: False)
        assert begun.is_set()
        go.set()
        answered, _ = await ask(app, "/api/v1/layout", layout)
        return status, answered

    status, answered = asyncio.run(both())
    assert answered == 200
    assert not finished
    if why == "late":
        assert status == (200 if door == "refine" else 503)
