"""A browser on a running server, for tests: the page as a person uses it."""

import base64
import io
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image

from inlay.app.factory import create_app
from inlay.app.settings import Access
from inlay.examples import example
from inlay.repair.inpainter import Inpainter

__all__ = ["SIDE", "Editor", "browsing", "in_chromium", "serving"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_chromium = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    # Playwright's own sockets are closed by the collector at the end.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update"]  # fmt: skip
KEEP = """() => {
  const plain = (window.plain ??= URL.createObjectURL);
  window.kept = new Promise((done) => {
    URL.createObjectURL = (blob) => (done(blob), plain.call(URL, blob));
  });
}"""
KEPT = """async () => {
  const reader = new FileReader(), blob = await window.kept;
  return new Promise((done) => { reader.onload = () => done(reader.result); reader.readAsDataURL(blob); });
}"""
SIDE = 192  # of the example portrait


@contextmanager
def serving(inpainter: Inpainter, token: str | None = None) -> Iterator[str]:
    """A server in a thread of its own; yields the page's address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        app: FastAPI = create_app(inpainter, Access("127.0.0.1", port, token))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/"
        server.should_exit = True
        thread.join(10)


@contextmanager
def browsing() -> Iterator[Any]:
    """Chromium without a window. One at a time: Playwright leaves an event loop running meanwhile."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield opened
        opened.close()


class Editor:
    """The page, as a person uses it. Strokes are filled at once only with `heal`."""

    def __init__(self, browser: Any, address: str, *, heal: bool = False, **options: Any) -> None:
        options = {"viewport": {"width": 1200, "height": 800}, **options}
        context = browser.new_context(accept_downloads=True, **options)
        self.page = context.new_page()
        self.trouble: list[str] = []
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.trouble.append(message.text))
        self.page.on("request", self._watch)
        self.address = address.partition("#")[0]
        self.page.goto(address)
        self.page.wait_for_selector("body[data-ready]")
        if not heal:
            self.page.evaluate("document.getElementById('heal').checked = false")

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.trouble.append(f"asked {request.url}")

    def open(self, path: Path) -> None:
        """Choose a file; a photo opens with its hole."""
        with self.page.expect_file_chooser() as chooser:
            self.page.click("#choose" if self.page.is_visible("#choose") else "#open")
        chooser.value.set_files(path)
        self.page.wait_for_selector(f"#file-name:has-text('{path.name}')", state="attached")
        self.idle()

    def example(self) -> None:
        """The example portrait, which is not damaged."""
        self.open(example("portrait"))

    def idle(self) -> None:
        self.page.wait_for_selector("body:not([data-busy])", timeout=60_000)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A pixel of the example in the page's coordinates, while the photo is fitted."""
        zoom = float(self.page.inner_text("#zoom-value").split()[0]) / 100
        box = self.page.locator("#canvas").bounding_box()
        return (
            box["x"] + box["width"] / 2 + (x - SIDE / 2) * zoom,
            box["y"] + box["height"] / 2 + (y - SIDE / 2) * zoom,
        )

    def stroke(self, *points: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        self.page.mouse.up()

    def fill(self) -> None:
        self.page.focus("#canvas")  # on a button Enter would press that
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("body[data-mode=result]", timeout=60_000)
        self.idle()

    def versions(self, count: int) -> None:
        """Wait for so many results, the last one whole: while somebody paints, a sketch stands in for it."""
        self.page.wait_for_selector(
            f"body[data-versions='{count}']:not([data-sketch='true'])", timeout=60_000
        )
        self.idle()

    def layers(self, count: int) -> None:
        """Wait until so many fills lie on the photo, the last one whole."""
        self.page.wait_for_selector(f"body[data-layers='{count}']:not([data-sketch='true'])", timeout=60_000)
        self.idle()

    def saved(self) -> np.ndarray:
        """The pixels of the result as it is saved, from the page: Chromium drops some of many downloads."""
        self.page.evaluate(KEEP)
        self.page.click("#save")
        data = base64.b64decode(self.page.evaluate(KEPT).partition(",")[2])
        self.idle()
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def color(self, x: float, y: float) -> tuple[int, ...]:
        """What is on screen over a pixel of the photo."""
        self.page.wait_for_timeout(60)
        left, top = self.at(x, y)
        shot = self.page.screenshot(clip={"x": left - 1, "y": top - 1, "width": 2, "height": 2})
        return Image.open(io.BytesIO(shot)).convert("RGB").getpixel((1, 1))

    def download(self, selector: str, menu: bool = True) -> bytes:
        if menu:
            self.page.click("#more")
        with self.page.expect_download() as waiting:
            self.page.click(selector)
        return Path(waiting.value.path()).read_bytes()

    def hole(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.download("#hole-export"))).convert("L"))


@contextmanager
def editing(browser: Any, address: str, **options: Any) -> Iterator[Editor]:
    """A page that is open for a test, and must come to its end without trouble."""
    opened = Editor(browser, address, **options)
    yield opened
    assert not opened.trouble, opened.trouble
    opened.page.context.close()
