"""Each fill is a layer: strokes heal, undo goes over strokes and fills, and what is shown is saved."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inlay.app.tables import Tables
from inlay.examples import example
from inlay.repair.inpainter import Inpainter

pytest.importorskip("uvicorn", reason="the editor's extra is not installed")

from app.browsing import Editor, editing, in_chromium, serving

pytestmark = in_chromium
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def address(detecting: Inpainter) -> Iterator[str]:
    with serving(detecting) as opened:
        yield opened


@pytest.fixture
def editor(browser: Any, address: str) -> Iterator[Editor]:
    with editing(browser, address, heal=True) as opened:
        yield opened


@pytest.fixture
def portrait() -> np.ndarray:
    return np.asarray(Image.open(example("portrait")).convert("RGB"))


def stroke(editor: Editor, number: int) -> None:
    x, y = 30 + 26 * (number % 5), 45 + 80 * (number // 5) + 5 * (number % 3)
    editor.stroke((x, y), (x + 8, y + 6))


def undo(editor: Editor) -> None:
    editor.page.keyboard.press("Control+z")
    editor.idle()


def redo(editor: Editor) -> None:
    editor.page.keyboard.press("Control+Shift+z")
    editor.idle()


def blue(editor: Editor) -> bool:
    """Whether something is painted that is not filled."""
    return "%" in editor.page.inner_text("#fact-ratio")


@pytest.mark.parametrize("options", [DESK, PHONE], ids=["desk", "phone"])
def test_ten_strokes_heal_and_nine_are_undone(
    browser: Any, address: str, portrait: np.ndarray, options: dict[str, Any]
) -> None:
    editor = Editor(browser, address, heal=True, **options)
    editor.example()
    states = [portrait]
    for number in range(10):
        stroke(editor, number)
        editor.layers(number + 1)
        assert not blue(editor)
        assert editor.page.get_attribute("body", "data-mode") == "hole"
        states.append(editor.saved())
        changed = (states[-1] != states[-2]).any(axis=2)
        assert 20 < changed.sum() < 1500
    for number in range(9, 0, -1):
        undo(editor)
        np.testing.assert_array_equal(editor.saved(), states[number])
    for number in range(2, 11):
        redo(editor)
        np.testing.assert_array_equal(editor.saved(), states[number])
    for _ in range(10):
        undo(editor)
    assert editor.page.is_disabled("#save")
    assert editor.page.is_disabled("#undo")
    assert not blue(editor)
    redo(editor)
    np.testing.assert_array_equal(editor.saved(), states[1])
    assert not editor.trouble
    editor.page.context.close()


def test_a_chosen_candidate_stays_when_the_next_stroke_heals(editor: Editor) -> None:
    editor.example()
    editor.page.uncheck("#heal")
    editor.stroke((120, 40), (150, 60), (140, 85))
    editor.fill()
    editor.page.click("#candidates")
    editor.versions(4)
    editor.page.locator("#versions [role=radio]").nth(3).click()
    third, hole = editor.saved(), editor.hole() > 127
    editor.page.click("#tab-hole")
    editor.page.check("#heal")
    editor.stroke((40, 150), (50, 155))
    editor.layers(2)
    after = editor.saved()
    np.testing.assert_array_equal(after[hole], third[hole])
    assert (after != third).any()
    assert not (hole & ~(editor.hole() > 127)).any()
    undo(editor)
    np.testing.assert_array_equal(editor.saved(), third)
    editor.page.click("#tab-result")
    chosen = editor.page.locator("#versions [aria-checked=true]")
    assert chosen.get_attribute("aria-label") == "Result 4, candidate 3"


def test_undo_takes_a_fill_back_and_shows_its_hole(editor: Editor) -> None:
    editor.example()
    editor.page.uncheck("#heal")
    editor.stroke((60, 100), (80, 110))
    editor.stroke((100, 60), (120, 70))
    hole = editor.hole()
    editor.fill()
    filled = editor.saved()
    undo(editor)
    assert editor.page.get_attribute("body", "data-mode") == "hole"
    assert blue(editor)
    np.testing.assert_array_equal(editor.hole(), hole)
    undo(editor)
    assert editor.hole().any()
    assert not editor.hole()[65, 110]
    redo(editor)
    redo(editor)
    assert not blue(editor)
    np.testing.assert_array_equal(editor.saved(), filled)


def test_what_is_not_filled_is_asked_about(editor: Editor) -> None:
    editor.example()
    editor.page.uncheck("#heal")
    editor.stroke((60, 100), (80, 110))
    editor.fill()
    filled = editor.saved()
    editor.page.click("#tab-hole")
    editor.stroke((100, 60), (120, 70))
    editor.page.click("#save")
    editor.page.wait_for_selector("#unfilled-dialog[open]")
    editor.page.click("#unfilled-dialog button >> text=Go back")
    np.testing.assert_array_equal(saved_by(editor, "without"), filled)
    warns = "import('/static/js/work.js').then(({ work }) => work.unsaved)"
    assert editor.page.evaluate(warns)
    both = saved_by(editor, "fill")
    assert (both != filled).any(axis=2)[65, 110]
    np.testing.assert_array_equal(both[105, 70], filled[105, 70])
    assert not editor.page.evaluate(warns)


def saved_by(editor: Editor, answer: str) -> np.ndarray:
    editor.page.click("#save")
    editor.page.wait_for_selector("#unfilled-dialog[open]")
    return picture(editor.download(f"#unfilled-dialog button[value={answer}]", menu=False))


def picture(data: bytes) -> np.ndarray:

    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_the_server_forgets_the_photo(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    editor.example()
    for number in range(2):
        stroke(editor, number)
        editor.layers(number + 1)
    kept = editor.saved()
    plain, forgotten = Tables.get, list[str]()

    def forgetful(self: Tables, name: str) -> Any:
        if not forgotten:
            forgotten.append(name)
            self.close(name)
        return plain(self, name)

    monkeypatch.setattr(Tables, "get", forgetful)
    stroke(editor, 2)
    editor.layers(3)
    assert forgotten
    after = editor.saved()
    changed = (after != kept).any(axis=2)
    assert 20 < changed.sum() < 1500
    editor.trouble[:] = [line for line in editor.trouble if "404" not in line]


def test_strokes_faster_than_the_server_are_all_healed(editor: Editor, portrait: np.ndarray) -> None:
    editor.example()
    for number in range(4):
        stroke(editor, number)
    editor.page.wait_for_selector("body[data-layers]:not([data-layers='0'])")
    editor.page.wait_for_timeout(500)
    editor.idle()
    after = editor.saved()
    hole = editor.hole() > 127
    for number in range(4):
        x, y = 30 + 26 * (number % 5) + 4, 45 + 80 * (number // 5) + 5 * (number % 3) + 3
        assert hole[y, x]
    assert (after[hole] != portrait[hole]).any(axis=1).mean() > 0.5
    np.testing.assert_array_equal(after[~hole], portrait[~hole])
    while editor.page.is_enabled("#undo"):
        undo(editor)
        assert not blue(editor)


def test_widening_opens_the_fill_again(editor: Editor) -> None:
    editor.example()
    editor.page.uncheck("#heal")
    editor.stroke((60, 100), (80, 110))
    hole = editor.hole() > 127
    editor.fill()
    editor.page.click("#tab-hole")
    editor.page.keyboard.press("d")
    wider = editor.hole() > 127
    assert (wider & ~hole).any()
    assert not (hole & ~wider).any()
    assert blue(editor)
    editor.fill()
    editor.layers(1)
    undo(editor)
    undo(editor)
    assert not blue(editor)
    np.testing.assert_array_equal(editor.hole() > 127, hole)


def test_layers_go_with_the_project(editor: Editor, browser: Any, address: str, tmp_path: Path) -> None:
    editor.example()
    for number in range(3):
        stroke(editor, number)
        editor.layers(number + 1)
    project, saved = tmp_path / "portrait.inlay", editor.saved()
    project.write_bytes(editor.download("#project-save"))
    again = Editor(browser, address, heal=True)
    with again.page.expect_file_chooser() as chooser:
        again.page.click("#choose")
    chooser.value.set_files(project)
    again.page.wait_for_selector("body[data-mode=result]", timeout=60_000)
    again.idle()
    np.testing.assert_array_equal(again.saved(), saved)
    again.page.click("#tab-hole")
    stroke(again, 3)
    again.layers(4)
    assert (again.saved() != saved).any()
    assert not again.trouble
    again.page.context.close()
