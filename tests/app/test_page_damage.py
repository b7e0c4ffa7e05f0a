"""Damage on the page: found, followed by a slider, corrected piece by piece, and filled."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inlay.damage.find import MIDDLE, DamageFinder
from inlay.examples import example
from inlay.repair.inpainter import Inpainter

pytest.importorskip("uvicorn", reason="the editor's extra is not installed")

from app.browsing import SIDE, Editor, editing, in_chromium, serving

pytestmark = in_chromium
SURE, UNSURE = 250, 240
"""Levels of what the stand-in finds at any sensitivity, and from 0.75 on."""


@pytest.fixture(scope="module")
def address(inpainter: Inpainter) -> Iterator[str]:
    with serving(inpainter) as opened:
        yield opened


@pytest.fixture
def editor(browser: Any, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Editor]:
    monkeypatch.setattr("inlay.repair.damaged.bundled_finder", Levels)
    with editing(browser, address) as opened:
        yield opened


class Levels(DamageFinder):
    """Takes grey levels for damage, so that what is found does not depend on weights."""

    def __init__(self) -> None:
        pass

    def scores(self, pixels: np.ndarray, watch: Any = None) -> np.ndarray:
        grey = pixels[..., 0].astype(int)
        unsure = np.where(grey == UNSURE, MIDDLE - 2.0, -30.0)
        return np.where(grey == SURE, 30.0, unsure).astype(np.float32)


@pytest.fixture
def scratched(tmp_path: Path) -> Path:
    """Three upright scratches: sure, unsure, and one that is not found."""
    pixels = np.full((SIDE, SIDE, 3), 100, np.uint8)
    pixels[30:160, 40:43], pixels[30:160, 90:93], pixels[30:160, 140:143] = SURE, UNSURE, 200
    Image.fromarray(pixels).save(tmp_path / "scratched.png")
    return tmp_path / "scratched.png"


def find(editor: Editor) -> None:
    editor.page.keyboard.press("m")
    editor.page.wait_for_selector("#damage-found:not([hidden])")
    editor.idle()


def slide(editor: Editor, percent: int) -> None:
    editor.page.fill("#damage-sensitivity", str(percent))
    editor.page.dispatch_event("#damage-sensitivity", "change")
    editor.idle()


def columns(editor: Editor) -> list[bool]:
    """Whether the three scratches lie in the hole, at their middle."""
    hole = editor.hole() > 127
    return [bool(hole[95, x : x + 3].all()) for x in (40, 90, 140)]


def test_find_undo_and_follow_the_slider(editor: Editor, scratched: Path) -> None:
    editor.open(scratched)
    editor.stroke((20, 20), (30, 20))
    painted = editor.hole()
    find(editor)
    assert columns(editor) == [True, False, False]
    assert editor.page.inner_text("#damage-state").startswith("1 piece, 1.")
    editor.page.keyboard.press("Control+z")
    np.testing.assert_array_equal(editor.hole(), painted)
    editor.page.keyboard.press("Control+Shift+z")
    slide(editor, 90)
    assert columns(editor) == [True, True, False]
    assert editor.page.inner_text("#damage-state").startswith("2 pieces")
    slide(editor, 40)
    assert columns(editor) == [True, False, False]
    assert (editor.hole()[painted > 0] == 255).all()
    editor.page.keyboard.press("Control+z")
    assert columns(editor) == [True, True, False]
    editor.page.keyboard.press("Control+z")
    assert columns(editor) == [True, False, False]


def test_pieces_are_taken_away_and_added(editor: Editor, scratched: Path) -> None:
    editor.open(scratched)
    find(editor)
    slide(editor, 90)
    editor.page.keyboard.press("s")
    editor.page.mouse.click(*editor.at(41.5, 80))
    assert columns(editor) == [False, True, False]
    editor.page.mouse.click(*editor.at(143.5, 80))
    editor.idle()
    assert columns(editor) == [False, True, True]
    hole = editor.hole() > 127
    assert hole[32:158, 140:143].all()
    assert hole[:, 115:].sum() < 2.5 * 3 * 130
    # What was taken away and what was added stay when the slider moves; found anew, the piece is back.
    slide(editor, 20)
    assert columns(editor) == [False, False, True]
    slide(editor, 80)
    assert columns(editor) == [False, True, True]
    find(editor)
    assert columns(editor) == [True, True, True]
    editor.page.mouse.click(*editor.at(110, 170))
    editor.page.wait_for_selector("#status:has-text('No scratch is seen there')")


def test_an_erased_part_stays_erased(editor: Editor, scratched: Path) -> None:
    editor.open(scratched)
    find(editor)
    editor.page.keyboard.press("e")
    editor.stroke((30, 95), (55, 95))
    slide(editor, 70)
    assert columns(editor) == [False, False, False]
    assert (editor.hole() > 127)[40, 41]


def test_no_damage_is_said(editor: Editor) -> None:
    editor.example()
    editor.page.click("#damage-find")
    editor.page.wait_for_selector("#status:has-text('No damage was found')")
    assert editor.page.inner_text("#damage-state") == "No damage was found."
    assert editor.page.is_disabled("#undo")
    assert not editor.hole().any()


def test_the_example_is_damaged_found_and_filled(browser: Any, address: str) -> None:
    """With the bundled detector; the example comes unpainted."""
    editor = Editor(browser, address)
    editor.page.click("#example")
    editor.page.wait_for_selector("#file-name:has-text('damaged.jpg')")
    editor.idle()
    assert not editor.hole().any()
    find(editor)
    hole = editor.hole() > 127
    assert 0.005 < hole.mean() < 0.5
    editor.fill()
    photo = np.asarray(Image.open(example("damaged")).convert("RGB"))
    saved = np.asarray(Image.open(io.BytesIO(editor.download("#save", menu=False))).convert("RGB"))
    assert saved.shape == photo.shape
    assert (saved[hole] != photo[hole]).any(axis=1).mean() > 0.5
    assert not editor.trouble
    editor.page.context.close()
