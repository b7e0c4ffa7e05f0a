"""Faces on the page: found, drawn, dragged, turned, resized, deleted, and what is said of them."""

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

from app.browsing import SIDE, Editor, browsing, in_chromium, serving

pytestmark = in_chromium
FACE = (124.0, 136.0)
"""About the middle of the face in `pasted`, forehead to chin."""


@pytest.fixture(scope="module")
def address(detecting: Inpainter) -> Iterator[str]:
    with serving(detecting) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def editor(browser: Any, address: str) -> Iterator[Editor]:
    permissions = ["clipboard-read", "clipboard-write"]
    opened = Editor(browser, address, permissions=permissions, has_touch=True)
    yield opened
    assert not opened.trouble, opened.trouble
    opened.page.context.close()


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


def knob(editor: Editor, frame: FaceFrame) -> tuple[float, float]:
    """The handle that turns the face."""
    zoom = float(editor.page.inner_text("#zoom-value").split()[0]) / 100
    return frame.point(0.5, 0.57 - 0.675 / 2 - 26 / zoom / frame.side)


def filled(editor: Editor) -> np.ndarray:
    editor.fill()
    data = editor.download("#save", menu=False)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def asked(editor: Editor) -> list[dict[str, list[str]]]:
    """What each request for the hole says of faces from now on."""
    seen: list[dict[str, list[str]]] = []

    def note(request: Any) -> None:
        if urlsplit(request.url).path.endswith("/hole"):
            seen.append(parse_qs(urlsplit(request.url).query))

    editor.page.on("request", note)
    return seen


def test_a_face_is_drawn_dragged_turned_resized_and_deleted(
    editor: Editor, wall: Path, detecting: Inpainter
) -> None:
    opened(editor, wall)
    editor.stroke((80, 90), (110, 95))
    hole = editor.hole() > 127
    choose_tool(editor)
    assert frames(editor) == []
    editor.stroke((60, 50), (114, 117.5))
    (drawn,) = frames(editor)
    assert (drawn.side, drawn.angle) == (pytest.approx(100, abs=2), 0)
    assert middle(drawn) == pytest.approx((87, 83.75), abs=1)

    editor.stroke((90, 80), (100, 95))
    (dragged,) = frames(editor)
    assert (dragged.side, dragged.angle) == (drawn.side, drawn.angle)
    assert middle(dragged) == pytest.approx(np.add(middle(drawn), (10, 15)), abs=1)

    (x, y), (left, top) = middle(dragged), knob(editor, dragged)
    reach = y - top
    editor.stroke((left, top), (x + reach * math.sin(0.5), y - reach * math.cos(0.5)))
    (turned,) = frames(editor)
    assert turned.angle == pytest.approx(0.5, abs=0.03)
    assert middle(turned) == pytest.approx((x, y), abs=0.01)

    corner = turned.point(0.5 + 0.27, 0.57 + 0.3375)
    editor.stroke(corner, tuple(np.add((x, y), 0.8 * np.subtract(corner, (x, y)))))
    (resized,) = frames(editor)
    assert resized.side == pytest.approx(0.8 * turned.side, rel=0.03)
    assert middle(resized) == pytest.approx((x, y), abs=0.01)

    requests = asked(editor)
    result = filled(editor)
    (sent,) = requests[-1]["face"]
    assert FaceFrame(*(float(part) for part in sent.split(","))) == resized
    photo = Image.open(wall)
    np.testing.assert_array_equal(result, np.asarray(detecting(photo, hole, faces=[resized]).image))
    np.testing.assert_array_equal(result[~hole], np.asarray(photo)[~hole])
    assert "1 face" in editor.page.inner_text("#face-note")

    editor.page.keyboard.press("f")
    editor.page.mouse.click(*editor.at(*middle(resized)))
    editor.page.keyboard.press("Delete")
    assert frames(editor) == []
    assert "No faces" in editor.page.inner_text("#faces-state")
    assert editor.page.is_hidden("#strip")
    np.testing.assert_array_equal(filled(editor), np.asarray(detecting(photo, hole, faces="none").image))
    assert requests[-1] == {"faces": ["none"]}


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


def test_a_photo_without_a_face_bears_a_warning(editor: Editor, wall: Path, detecting: Inpainter) -> None:
    opened(editor, wall)
    editor.stroke((80, 90), (110, 95))
    hole, photo = editor.hole() > 127, Image.open(wall)
    result = filled(editor)
    np.testing.assert_array_equal(result, np.asarray(detecting(photo, hole).image))
    editor.page.wait_for_timeout(5000)  # what is said at the photo's foot goes; this stays
    assert editor.page.inner_text("#status") == ""
    assert "No face was found" in editor.page.inner_text("#strip-text")
    editor.page.click("#strip >> text=Treat as one portrait")
    editor.versions(2)
    assert editor.page.is_hidden("#strip")
    assert "one portrait" in editor.page.inner_text("#face-note")
    whole = np.asarray(Image.open(io.BytesIO(editor.download("#save", menu=False))).convert("RGB"))
    np.testing.assert_array_equal(whole, np.asarray(detecting(photo, hole, faces="whole").image))
    editor.page.keyboard.press("Control+z")
    np.testing.assert_array_equal(filled(editor), result)
    editor.page.click("#strip >> text=Draw a face")
    editor.idle()
    editor.stroke((70, 60), (124, 127))
    assert len(frames(editor)) == 1
    assert editor.page.is_hidden("#strip")
    editor.page.click("#face-none")
    editor.fill()
    assert editor.page.is_hidden("#strip")


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


def test_a_face_in_the_hole_is_filled_where_that_is_wanted(
    editor: Editor, root: Path, tmp_path: Path
) -> None:
    photo, hole = Image.new("RGB", (480, 480), (90, 120, 150)), np.zeros((480, 480), np.uint8)
    photo.paste(Image.open(root / "src/inlay/examples/portrait.png").convert("RGB"), (140, 130))
    hole[224:307, 142:328] = 255
    photo.save(tmp_path / "photo.png")
    Image.fromarray(hole).save(tmp_path / "hole.png")
    opened(editor, tmp_path / "photo.png")
    with editor.page.expect_file_chooser() as chooser:
        editor.page.click("#hole-import")
    chooser.value.set_files(tmp_path / "hole.png")
    editor.page.wait_for_selector("#fill:not([disabled])")
    editor.fill()
    assert "A face lies mostly in the hole" in editor.page.inner_text("#strip-text")
    editor.page.click("#strip >> text=Fill it as a face")
    editor.versions(2)
    assert editor.page.is_hidden("#strip")
    assert len(frames(editor)) == 1
    editor.page.keyboard.press("Control+z")
    editor.fill()
    editor.page.click("#strip >> text=Leave it so")
    editor.versions(4)
    assert editor.page.is_hidden("#strip")
    assert frames(editor) == []


def test_a_finger_drags_and_two_zoom(editor: Editor, pasted: Path) -> None:
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
