"""What becomes of chosen faces on the page: undo, projects, the command, a painted layout, a phone."""

import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

from inlay.geometry.face_frame import FaceFrame
from inlay.repair.inpainter import Inpainter

pytest.importorskip("uvicorn", reason="the editor's extra is not installed")

from app.browsing import SIDE, Editor, editing, in_chromium, serving

pytestmark = in_chromium
FACE = (124.0, 136.0)
"""About the middle of the face in `pasted`, forehead to chin."""


@pytest.fixture(scope="module")
def address(detecting: Inpainter) -> Iterator[str]:
    with serving(detecting) as opened:
        yield opened


@pytest.fixture
def editor(browser: Any, address: str) -> Iterator[Editor]:
    permissions = ["clipboard-read", "clipboard-write"]
    with editing(browser, address, permissions=permissions, has_touch=True) as opened:
        yield opened


@pytest.fixture
def pasted(root: Path, tmp_path: Path) -> Path:
    """A photo of a face that does not fill it, with the size of the example."""
    portrait = Image.open(root / "src/inlay/examples/portrait.png").convert("RGB")
    photo = Image.new("RGB", (SIDE, SIDE), (90, 120, 150))
    photo.paste(portrait.resize((110, 110), Image.Resampling.LANCZOS), (70, 75))
    photo.save(tmp_path / "pasted.png")
    return tmp_path / "pasted.png"


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    """A photo that shows nobody."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    shades = np.stack([60 + rows // 2, 90 + columns // 3, 200 - rows // 2], axis=-1).astype(np.uint8)
    Image.fromarray(shades).save(tmp_path / "wall.png")
    return tmp_path / "wall.png"


def opened(editor: Editor, path: Path) -> None:
    with editor.page.expect_file_chooser() as chooser:
        editor.page.click("#choose" if editor.page.is_visible("#choose") else "#open")
    chooser.value.set_files(path)
    editor.page.wait_for_selector("body[data-mode=hole]")
    editor.idle()


def choose_tool(editor: Editor) -> None:
    editor.page.keyboard.press("f")
    editor.page.wait_for_selector("#faces-state:not(:has-text('Looking'))")
    editor.idle()


def frames(editor: Editor) -> list[FaceFrame]:
    """The frames that the page shows."""
    shown = editor.page.evaluate("import('/static/js/work.js').then(({ work }) => work.frames)")
    return [FaceFrame(*(float(f[name]) for name in ("x", "y", "side", "angle"))) for f in shown]


def middle(frame: FaceFrame) -> tuple[float, float]:
    """The middle of the face in a frame."""
    return frame.point(0.5, 0.57)


def filled(editor: Editor) -> np.ndarray:
    editor.fill()
    data = editor.download("#save", menu=False)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def asked(editor: Editor) -> list[dict[str, list[str]]]:
    """What each request for the hole says of faces from now on."""
    seen: list[dict[str, list[str]]] = []

    def note(request: Any) -> None:
        if urlsplit(request.url).path.endswith("/hole"):
            said = parse_qs(urlsplit(request.url).query)
            seen.append({name: said[name] for name in said if name not in ("left", "top")})

    editor.page.on("request", note)
    return seen


def test_a_found_face_is_moved_by_keys_and_steps_are_undone(editor: Editor, pasted: Path) -> None:
    opened(editor, pasted)
    editor.stroke((110, 130), (140, 135))
    choose_tool(editor)
    (found,) = frames(editor)
    assert middle(found) == pytest.approx(FACE, abs=6)
    assert editor.page.inner_text("#face-list") == "Face 1\nwith hole"
    editor.page.focus("#face-list [role=radio]")
    editor.page.keyboard.press("ArrowRight")
    editor.page.focus("#canvas")
    for key in ("ArrowRight", "Shift+ArrowDown", "]", "]", "+", "+", "+"):
        editor.page.keyboard.press(key)
    (moved,) = frames(editor)
    step = found.side / 100
    assert middle(moved) == pytest.approx(np.add(middle(found), (step, 5 * step)))
    assert moved.angle == pytest.approx(found.angle + math.radians(4))
    assert moved.side == pytest.approx(found.side * 1.04**3)
    editor.page.keyboard.press("[")
    editor.page.keyboard.press("-")
    editor.page.keyboard.press("Delete")
    assert frames(editor) == []
    # Steps of one kind in a row are one: delete, shrink, turn, enlarge, turn, move.
    editor.page.keyboard.press("Control+z")
    editor.page.keyboard.press("Control+z")
    editor.page.keyboard.press("Control+z")
    assert frames(editor) == [moved]
    for _ in range(3):
        editor.page.keyboard.press("Control+z")
    editor.page.wait_for_selector("#face-list:has-text('with hole')")
    assert frames(editor) == [found]
    editor.page.keyboard.press("Control+Shift+z")
    assert middle(frames(editor)[0]) == pytest.approx(middle(moved))
    assert editor.page.is_enabled("#face-detect")
    editor.page.click("#face-detect")
    editor.page.wait_for_selector("#face-list:has-text('with hole')")
    assert frames(editor) == [found]


def test_keys_do_what_they_did_where_no_face_is_chosen(editor: Editor, pasted: Path) -> None:
    opened(editor, pasted)
    choose_tool(editor)
    before = editor.page.inner_text("#zoom-value")
    editor.page.keyboard.press("x")
    first, added = frames(editor)
    assert middle(added) == pytest.approx((SIDE / 2, SIDE / 2), abs=1)
    editor.page.keyboard.press("Escape")
    editor.page.keyboard.press("+")
    editor.page.wait_for_timeout(60)
    assert editor.page.inner_text("#zoom-value") != before
    assert frames(editor) == [first, added]
    editor.page.keyboard.press("b")
    size = editor.page.inner_text("#brush-size-value")
    editor.page.keyboard.press("]")
    assert editor.page.inner_text("#brush-size-value") != size


def test_a_painted_layout_makes_a_photo_one_portrait_and_this_is_said(editor: Editor, wall: Path) -> None:
    opened(editor, wall)
    editor.stroke((80, 90), (110, 95))
    requests = asked(editor)
    editor.fill()
    editor.page.keyboard.press("2")
    editor.page.click(".class[data-label='13']")
    editor.stroke((85, 90), (100, 94))
    editor.versions(2)
    assert requests[-1] == {"faces": ["whole"]}
    assert "because its layout was painted" in editor.page.inner_text("#strip-text")
    editor.page.keyboard.press("Control+z")
    editor.versions(3)
    assert requests[-1] == {}
    assert "lies around it" in editor.page.inner_text("#strip-text")


def test_a_warning_stays_until_somebody_chooses(editor: Editor, wall: Path) -> None:
    opened(editor, wall)
    editor.stroke((80, 90), (110, 95))
    editor.fill()
    editor.page.wait_for_selector("#status:empty", state="attached")  # what is said at the photo's foot goes
    assert "No face was found" in editor.page.inner_text("#strip-text")
    editor.page.click("#strip >> text=No faces")
    editor.versions(2)
    assert editor.page.is_hidden("#strip")
    editor.page.keyboard.press("Control+z")
    editor.fill()
    assert editor.page.is_visible("#strip")


def test_a_second_finger_zooms_and_leaves_the_face(editor: Editor, pasted: Path) -> None:
    opened(editor, pasted)
    choose_tool(editor)
    (found,) = frames(editor)
    session = editor.page.context.new_cdp_session(editor.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    here = middle(found)
    touch("touchStart", editor.at(*here))
    touch("touchMove", editor.at(here[0] - 20, here[1] - 10))
    touch("touchEnd")
    (moved,) = frames(editor)
    assert middle(moved) == pytest.approx((here[0] - 20, here[1] - 10), abs=1)
    # A second finger turns the drag into zooming; the frame stays where it was.
    x, y = editor.at(*middle(moved))
    touch("touchStart", (x, y))
    touch("touchMove", (x + 20, y))
    touch("touchStart", (x + 20, y), (x + 100, y))
    touch("touchMove", (x, y), (x + 120, y))
    touch("touchEnd")
    assert frames(editor) == [moved]


def test_chosen_faces_go_with_the_project_and_the_command(
    editor: Editor, browser: Any, address: str, wall: Path, tmp_path: Path
) -> None:
    opened(editor, wall)
    editor.stroke((80, 90), (110, 95))
    choose_tool(editor)
    editor.stroke((60, 50), (114, 117.5))
    editor.page.keyboard.press("]")
    chosen = frames(editor)
    editor.page.click("#more")
    editor.page.click("#copy-command")
    command = editor.page.evaluate("navigator.clipboard.readText()")
    box = ",".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in chosen[0].face_box)
    assert f"--face {box}" in command
    project = tmp_path / "wall.inlay"
    project.write_bytes(editor.download("#project-save"))
    again = Editor(browser, address)
    opened(again, project)
    again.page.wait_for_selector("#fill:not([disabled])")
    again.idle()
    assert frames(again) == chosen
    np.testing.assert_array_equal(filled(again), filled(editor))
    assert not again.trouble
    again.page.context.close()


def test_a_phone_shows_all_of_it_without_serious_fault(browser: Any, address: str, wall: Path) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    editor = Editor(browser, address, **phone)

    def check() -> None:
        editor.page.wait_for_timeout(400)
        found = axe.Axe().run(editor.page).response["violations"]
        faults = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
        assert not faults
        outside = editor.page.evaluate(
            """() => [...document.querySelectorAll("button, .strip, .panel, .tabs")]
                .filter((each) => each.offsetParent && !each.closest(".menu-list"))
                .filter((each) => {
                    const { left, right } = each.getBoundingClientRect();
                    return left < -0.5 || right > innerWidth + 0.5;
                })
                .map((each) => each.id || each.textContent)"""
        )
        assert outside == []

    opened(editor, wall)
    editor.page.click("#tool-faces")
    editor.idle()
    check()
    editor.page.click("#face-add")
    check()
    editor.page.click("#face-detect")
    editor.page.wait_for_selector("#strip:not([hidden])")
    check()
    editor.page.click("#theme")
    check()
    assert not editor.trouble
    editor.page.context.close()
