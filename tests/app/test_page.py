"""The page in a real browser on a real server: what a person does, and what must not happen."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inlay.repair.inpainter import Inpainter

pytest.importorskip("uvicorn", reason="the editor's extra is not installed")

from app.browsing import Editor, editing, in_chromium, serving

pytestmark = in_chromium


@pytest.fixture(scope="module")
def address(inpainter: Inpainter) -> Iterator[str]:
    with serving(inpainter) as opened:
        yield opened


@pytest.fixture
def editor(browser: Any, address: str) -> Iterator[Editor]:
    with editing(browser, address) as opened:
        yield opened


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

    def both() -> None:
        """In light and in dark."""
        for _ in range(2):
            check()
            editor.page.click("#theme")

    both()
    editor.example()
    both()
    editor.stroke((60, 100), (80, 110))
    editor.fill()
    editor.page.click("#refine summary")
    both()
    editor.page.keyboard.press("2")
    editor.page.wait_for_selector("body[data-mode=layout]")
    editor.page.click("#styles summary")
    both()
    editor.page.click("#more")
    check()
    editor.page.keyboard.press("Escape")
    editor.page.keyboard.press("?")
    check()


def test_refinement_can_be_stopped(editor: Editor) -> None:
    editor.example()
    editor.stroke((60, 100), (80, 110))
    editor.fill()
    editor.page.click("#refine summary")
    editor.page.fill("#refine-steps", "100")
    editor.page.click("#refine-start")
    editor.page.wait_for_selector("#refine-progress:not([hidden])")
    editor.page.wait_for_timeout(150)
    editor.page.click("#refine-stop")
    editor.page.wait_for_selector("#refine-start:not([hidden])")
    editor.idle()
    assert editor.page.get_attribute("body", "data-versions") == "1"
    editor.page.keyboard.press("1")
    editor.stroke((100, 60), (110, 70))  # and the server is free again
    editor.fill()
    editor.layers(2)


def test_a_jpeg_comes_back_as_one(editor: Editor, photo: Image.Image, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a portrait"
    path = tmp_path / "photo.jpg"
    photo.resize((192, 192)).save(path, quality=90, exif=exif, icc_profile=b"a profile of its own")
    with editor.page.expect_file_chooser() as chooser:
        editor.page.click("#choose")
    chooser.value.set_files(path)
    editor.page.wait_for_selector("body[data-mode=hole]")
    editor.idle()
    editor.stroke((60, 100), (80, 110))
    editor.fill()
    result = Image.open(io.BytesIO(editor.download("#save", menu=False)))
    assert (result.format, result.size) == ("JPEG", (192, 192))
    assert result.getexif()[0x010E] == "a portrait"
    assert result.info["icc_profile"] == b"a profile of its own"


def test_the_keyboard_alone(editor: Editor) -> None:
    """Move the cursor, use the tool there, widen, undo, fill."""
    editor.page.focus("#example")
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_selector("body[data-mode=hole]")
    editor.idle()
    for key in ("]", "ArrowLeft", "ArrowUp", "Shift+ArrowLeft", "x"):
        editor.page.keyboard.press(key)
    assert "%" in editor.page.inner_text("#fact-ratio")
    before = editor.page.inner_text("#fact-ratio")
    editor.page.keyboard.press("d")
    assert editor.page.inner_text("#fact-ratio") != before
    editor.page.keyboard.press("Control+z")
    assert editor.page.inner_text("#fact-ratio") == before
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_selector("body[data-mode=result]", timeout=60_000)
    editor.idle()


def test_what_takes_long_bears_a_mark(editor: Editor) -> None:
    editor.example()
    editor.stroke((60, 100), (80, 110))

    def slow(route: Any) -> None:
        editor.page.wait_for_timeout(700)
        route.continue_()

    editor.page.route("**/fill", slow)
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_selector("#busy:not([hidden])")
    editor.page.wait_for_selector("body[data-mode=result]", timeout=60_000)
    editor.page.wait_for_selector("#busy", state="hidden")
