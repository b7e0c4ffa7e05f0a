"""The page in a real browser on a real server: what a person does, and what must not happen."""

import io
import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inlay.app.factory import create_app
from inlay.app.settings import Access
from inlay.inference.inpaint import Inpainter

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="the editor's extra is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    # Playwright's own sockets are closed by the collector at the end.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update"]  # fmt: skip
SIDE = 192  # of the example


@pytest.fixture(scope="module")
def address(inpainter: Inpainter) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        app = create_app(inpainter, Access("127.0.0.1", port))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield opened
        opened.close()


class Editor:
    """The page, as a person uses it."""

    def __init__(self, browser: Any, address: str) -> None:
        context = browser.new_context(viewport={"width": 1200, "height": 800}, accept_downloads=True)
        self.page = context.new_page()
        self.trouble: list[str] = []
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.trouble.append(message.text))
        self.page.on("request", self._watch)
        self.address = address
        self.page.goto(address)
        self.page.wait_for_selector("body[data-ready]")

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.trouble.append(f"asked {request.url}")

    def example(self) -> None:
        self.page.click("#example")
        self.page.wait_for_selector("body[data-mode=hole]")
        self.idle()

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
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("body[data-mode=result]", timeout=60_000)
        self.idle()

    def versions(self, count: int) -> None:
        self.page.wait_for_selector(f"body[data-versions='{count}']", timeout=60_000)
        self.idle()

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


@pytest.fixture
def editor(browser: Any, address: str) -> Iterator[Editor]:
    opened = Editor(browser, address)
    yield opened
    assert not opened.trouble, opened.trouble
    opened.page.context.close()


@pytest.fixture
def example(root: Path) -> np.ndarray:
    return np.asarray(Image.open(root / "src/inlay/examples/portrait.png").convert("RGB"))


def test_paint_fill_compare_look_save(editor: Editor, example: np.ndarray) -> None:
    editor.example()
    editor.stroke((100, 90), (130, 92))
    hole = editor.hole() > 127
    assert hole[90, 115]
    assert not hole[150, 20]
    assert 0.005 < hole.mean() < 0.2
    editor.fill()
    saved = np.asarray(Image.open(io.BytesIO(editor.download("#save", menu=False))).convert("RGB"))
    np.testing.assert_array_equal(saved[~hole], example[~hole])
    assert (saved[hole] != example[hole]).mean() > 0.5
    divider = editor.page.locator("#divider")
    divider.focus()
    editor.page.keyboard.press("Home")
    after = editor.color(115, 91)
    editor.page.keyboard.press("End")
    before = editor.color(115, 91)
    assert divider.get_attribute("aria-valuenow") == "100"
    assert np.abs(np.array(before) - example[91, 115]).max() < 40
    assert before != after
    editor.page.keyboard.press("Home")
    editor.page.keyboard.down("c")
    held = editor.color(115, 91)
    editor.page.keyboard.up("c")
    assert held == before
    editor.page.mouse.click(*editor.at(115, 91))
    editor.page.wait_for_selector("#look .ramp")
    assert "attention" in editor.page.inner_text("#look")
    assert editor.color(20, 150) != tuple(example[150, 20])
    editor.page.keyboard.press("Escape")
    editor.page.wait_for_selector("#look .ramp", state="detached")


def test_undo_redo_and_tools(editor: Editor) -> None:
    editor.example()
    states = [editor.hole()]
    for tool, points in {"b": [(40, 40), (80, 60)], "r": [(100, 100), (140, 130)], "e": [(60, 50), (70, 50)],
                         "l": [(20, 120), (60, 120), (40, 160), (22, 124)]}.items():  # fmt: skip
        editor.page.keyboard.press(tool)
        editor.stroke(*points)
        states.append(editor.hole())
    assert states[2][115, 120] == 255
    assert states[2][50, 65] == 255
    assert states[3][50, 65] == 0
    assert states[4][130, 40] == 255
    for state in reversed(states[:-1]):
        editor.page.keyboard.press("Control+z")
        np.testing.assert_array_equal(editor.hole(), state)
    for _ in range(4):
        editor.page.keyboard.press("Control+Shift+z")
    np.testing.assert_array_equal(editor.hole(), states[-1])
    editor.page.keyboard.press("d")
    assert (editor.hole() > 127).sum() > (states[-1] > 127).sum()


def test_painting_the_layout_fills_again(editor: Editor) -> None:
    editor.example()
    editor.stroke((90, 90), (130, 95))
    editor.fill()
    editor.page.keyboard.press("2")
    editor.page.wait_for_selector("body[data-mode=layout]")
    editor.page.click(".class[data-label='13']")
    editor.stroke((95, 90), (125, 94))
    editor.versions(2)
    layout = np.asarray(Image.open(io.BytesIO(editor.download("#layout-export"))).convert("L"))
    assert layout[92, 110] == 13
    editor.page.keyboard.press("Control+z")
    editor.versions(3)
    editor.page.keyboard.press("i")
    editor.page.mouse.click(*editor.at(100, 20))
    assert editor.page.get_attribute("#tool-brush", "aria-checked") == "true"


def test_a_project_comes_back_whole(editor: Editor, browser: Any, address: str, tmp_path: Path) -> None:
    editor.example()
    editor.stroke((60, 100), (90, 120))
    editor.fill()
    hole, saved = editor.hole(), editor.download("#save", menu=False)
    project = tmp_path / "portrait.inlay"
    project.write_bytes(editor.download("#project-save"))
    assert json.loads(project.read_text())["format"] == "inlay-project"
    again = Editor(browser, address)
    with again.page.expect_file_chooser() as chooser:
        again.page.click("#choose")
    chooser.value.set_files(project)
    again.page.wait_for_selector("body[data-mode=result]", timeout=60_000)
    again.idle()
    np.testing.assert_array_equal(again.hole(), hole)
    assert again.download("#save", menu=False) == saved
    assert not again.trouble
    again.page.context.close()


def test_refinement_and_zoom(editor: Editor) -> None:
    editor.example()
    editor.page.mouse.move(*editor.at(96, 96))
    before = editor.page.inner_text("#zoom-value")
    editor.page.mouse.wheel(0, -300)
    editor.page.wait_for_timeout(100)
    assert editor.page.inner_text("#zoom-value") != before
    editor.page.keyboard.press("0")
    editor.page.wait_for_timeout(100)
    assert editor.page.inner_text("#zoom-value") == before
    editor.stroke((60, 100), (80, 110))
    editor.fill()
    editor.page.click("#refine summary")
    editor.page.click("#refine-start")
    editor.versions(2)


def test_no_serious_accessibility_fault(editor: Editor) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )

    def check() -> None:
        editor.page.wait_for_timeout(400)
        found = axe.Axe().run(editor.page).response["violations"]
        serious = [
            f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in ("serious", "critical")
        ]
        assert not serious, serious

    check()
    editor.example()
    check()
    editor.stroke((60, 100), (80, 110))
    editor.fill()
    check()
    editor.page.keyboard.press("2")
    editor.page.wait_for_selector("body[data-mode=layout]")
    check()
    editor.page.click("#theme")
    check()
    editor.page.keyboard.press("?")
    check()
