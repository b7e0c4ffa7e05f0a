"""The faces on the page: frames that are found, drawn, dragged, turned and deleted, and the warning."""

import io
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

from app.browsing import Editor, editing, in_chromium, serving

pytestmark = in_chromium
SIZE = (400, 300)
HOLE = (150, 100, 220, 150)
"""Left, top, right and bottom."""

PLACE = """([x, y]) => import("/static/js/view.js").then(({ view }) => {
    const box = document.getElementById("canvas").getBoundingClientRect();
    return [box.left + view.x + x * view.scale, box.top + view.y + y * view.scale];
})"""
FRAMES = """() => import("/static/js/work.js").then(({ work }) => work.frames)"""
SPOTS = """(index) => Promise.all(
    ["work", "frames", "view", "frameview"].map((name) => import(`/static/js/${name}.js`))
).then(([{ work }, { middleOf, cornersOf, topOf }, { view }, { STEM }]) => {
    const frame = work.frames[index], spot = ({ x, y }) => [x, y];
    const middle = spot(middleOf(frame)), corner = spot(cornersOf(frame)[2]);
    return { middle, corner, knob: spot(topOf(frame, STEM / view.scale)) };
})"""


@pytest.fixture(scope="module")
def address(detecting: Inpainter) -> Iterator[str]:
    with serving(detecting) as opened:
        yield opened


@pytest.fixture
def faceless(tmp_path: Path) -> tuple[Path, Path]:
    """A photo that shows no face, and a hole."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    noise = np.random.default_rng(0).integers(0, 40, (*rows.shape, 3))
    colors = np.stack([rows % 200, columns // 2, 255 - rows // 2], axis=-1) * 0.8 + noise
    hole = Image.new("L", SIZE)
    hole.paste(255, HOLE)
    paths = tmp_path / "photo.png", tmp_path / "hole.png"
    Image.fromarray(colors.astype(np.uint8)).save(paths[0])
    hole.save(paths[1])
    return paths


@pytest.fixture
def empty(browser: Any, address: str) -> Iterator[Editor]:
    """The page, and no photo yet."""
    with editing(browser, address, has_touch=True) as opened:
        yield opened


@pytest.fixture
def editor(empty: Editor, faceless: tuple[Path, Path]) -> Editor:
    """The page with a photo that shows no face, and its hole."""
    return with_photo(empty, *faceless)


def with_photo(editor: Editor, photo: Path, hole: Path) -> Editor:
    open_file(editor, "#choose", photo)
    editor.page.wait_for_selector("body[data-mode=hole]")
    editor.idle()
    open_file(editor, "#hole-import", hole)
    editor.page.wait_for_selector("#fill:not([disabled])")
    return editor


def open_file(editor: Editor, selector: str, path: Path) -> None:
    with editor.page.expect_file_chooser() as chooser:
        editor.page.click(selector)
    chooser.value.set_files(path)


def drag(editor: Editor, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag from one pixel of the photo to another."""
    (x, y), (left, top) = (editor.page.evaluate(PLACE, list(point)) for point in (start, end))
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(left, top, steps=5)
    editor.page.mouse.up()


def touch_drag(editor: Editor, start: tuple[float, float], end: tuple[float, float]) -> None:
    session = editor.page.context.new_cdp_session(editor.page)
    for kind, point in (("touchStart", start), ("touchMove", end), ("touchEnd", None)):
        places = [] if point is None else [editor.page.evaluate(PLACE, list(point))]
        points = [{"x": x, "y": y} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def frames(editor: Editor) -> list[FaceFrame]:
    found = editor.page.evaluate(FRAMES)
    return [FaceFrame(*(float(face[name]) for name in ("x", "y", "side", "angle"))) for face in found]


def spots(editor: Editor, index: int = 0) -> dict[str, tuple[float, float]]:
    return {name: (x, y) for name, (x, y) in editor.page.evaluate(SPOTS, index).items()}


def faces(editor: Editor) -> None:
    editor.page.focus("#canvas")
    editor.page.keyboard.press("f")
    editor.page.wait_for_selector("#faces:not([hidden])")
    editor.idle()


def press(editor: Editor, *keys: str) -> None:
    editor.page.focus("#canvas")
    for key in keys:
        editor.page.keyboard.press(key)


def saved(editor: Editor) -> np.ndarray:
    data = editor.download("#save", menu=False)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_a_drawn_face_is_filled_exactly_there(
    editor: Editor, detecting: Inpainter, faceless: tuple[Path, Path]
) -> None:
    """Drawn, moved, resized and turned: the server gets the frame shown, and Python's fill is equal."""
    faces(editor)
    drag(editor, (150, 70), (231, 171.25))  # the shares of a portrait: 0.54 and 0.675 of 150 pixels
    (drawn,) = frames(editor)
    assert (drawn.x, drawn.side, drawn.angle) == pytest.approx((190.5, 150, 0), abs=2)
    drag(editor, spots(editor)["middle"], (180, 130))
    (moved,) = frames(editor)
    assert spots(editor)["middle"] == pytest.approx((180, 130), abs=1)
    assert (moved.side, moved.angle) == (drawn.side, drawn.angle)
    x, y = spots(editor)["corner"]
    drag(editor, (x, y), (180 + 1.2 * (x - 180), 130 + 1.2 * (y - 130)))
    (resized,) = frames(editor)
    assert resized.side == pytest.approx(1.2 * moved.side, rel=0.03)
    x, y = spots(editor)["knob"]
    reach = 130 - y
    drag(editor, (x, y), (180 + reach * np.sin(0.4), 130 - reach * np.cos(0.4)))
    (turned,) = frames(editor)
    assert turned.angle == pytest.approx(0.4, abs=0.03)
    assert turned.side == resized.side
    with editor.page.expect_request("**/hole*") as asked:
        editor.fill()
    (text,) = parse_qs(urlsplit(asked.value.url).query)["face"]
    assert FaceFrame(*(float(part) for part in text.split(","))) == turned
    photo, hole = (Image.open(path) for path in faceless)
    np.testing.assert_array_equal(saved(editor), np.asarray(detecting(photo, hole, faces=[turned]).image))
    press(editor, *["Control+z"] * 5)  # the fill, and four steps of the frame
    assert frames(editor) == []
    press(editor, *["Control+Shift+z"] * 5)
    assert frames(editor) == [turned]


def test_a_finger_draws_and_moves_a_face(editor: Editor) -> None:
    faces(editor)
    touch_drag(editor, (150, 70), (231, 171))
    (drawn,) = frames(editor)
    touch_drag(editor, spots(editor)["middle"], (150, 140))
    (moved,) = frames(editor)
    assert spots(editor)["middle"] == pytest.approx((150, 140), abs=1)
    assert (moved.side, moved.angle) == (drawn.side, drawn.angle)


def test_faces_by_the_keyboard_alone(editor: Editor) -> None:
    faces(editor)
    press(editor, "x")
    (added,) = frames(editor)
    press(editor, "]", "]", "]")
    assert frames(editor)[0].angle == pytest.approx(3 * np.pi / 90)
    press(editor, "[", "[", "[")
    before = spots(editor)["middle"]
    press(editor, "ArrowRight", "ArrowDown", "ArrowDown")
    step = max(1, added.side / 100)
    assert spots(editor)["middle"] == pytest.approx((before[0] + step, before[1] + 2 * step))
    press(editor, "+")
    assert frames(editor)[0].side == pytest.approx(1.04 * added.side)
    press(editor, "-", "x")
    first, second = frames(editor)
    assert first.side == pytest.approx(added.side)
    editor.page.focus("#face-list [aria-checked=true]")
    editor.page.keyboard.press("ArrowLeft")
    assert editor.page.locator("#face-list .face").nth(0).get_attribute("aria-checked") == "true"
    press(editor, "Delete")
    assert frames(editor) == [second]
    press(editor, "Control+z")
    assert frames(editor) == [first, second]
    press(editor, "Delete", "Delete")
    assert frames(editor) == []
    assert "No faces" in editor.page.inner_text("#faces-state")


def test_what_was_found_can_be_asked_for_again(editor: Editor) -> None:
    faces(editor)
    assert editor.page.inner_text("#faces-state") == "No face was found."
    for button, text in {
        "#face-whole": "The whole photo is treated as one portrait.",
        "#face-none": "No faces: the hole is filled from what lies around it.",
        "#face-detect": "No face was found.",
    }.items():
        editor.page.click(button)
        editor.page.get_by_text(text, exact=True).first.wait_for()
        if button == "#face-detect":  # nothing to go back to
            assert editor.page.is_disabled(button)
        else:
            assert editor.page.get_attribute(button, "aria-pressed") == "true"


def test_a_photo_without_a_face_warns(
    editor: Editor, detecting: Inpainter, faceless: tuple[Path, Path]
) -> None:
    """The strip stays until something is chosen; its button fills anew."""
    photo, hole = (Image.open(path) for path in faceless)
    editor.fill()
    assert "No face was found" in editor.page.inner_text("#strip")
    np.testing.assert_array_equal(saved(editor), np.asarray(detecting(photo, hole).image))
    editor.page.click("#strip [data-way=portrait]")
    editor.versions(2)
    assert editor.page.is_hidden("#strip")
    assert "one portrait" in editor.page.inner_text("#face-note")
    np.testing.assert_array_equal(saved(editor), np.asarray(detecting(photo, hole, faces="whole").image))
    press(editor, "Control+z")
    editor.fill()
    assert editor.page.is_visible("#strip")
    editor.page.click("#strip [data-way=draw]")
    assert editor.page.is_visible("#faces")
    drag(editor, (150, 70), (231, 171))
    assert len(frames(editor)) == 1
    assert editor.page.is_hidden("#strip")
    assert editor.page.get_attribute("body", "data-mode") == "hole"


def test_a_face_in_the_hole_can_be_filled(empty: Editor, root: Path, tmp_path: Path) -> None:
    photo, hole = Image.new("RGB", (384, 384), (120, 130, 140)), Image.new("L", (384, 384))
    photo.paste(Image.open(root / "src/inlay/examples/portrait.png").convert("RGB"), (96, 96))
    hole.paste(255, (136, 186, 246, 266))
    photo.save(tmp_path / "hidden.png")
    hole.save(tmp_path / "hidden-hole.png")
    editor = with_photo(empty, tmp_path / "hidden.png", tmp_path / "hidden-hole.png")
    editor.fill()
    assert "lies mostly in the hole" in editor.page.inner_text("#strip")
    editor.page.click("#strip [data-way=hidden]")
    editor.versions(2)
    assert editor.page.is_hidden("#strip")
    assert len(frames(editor)) == 1
