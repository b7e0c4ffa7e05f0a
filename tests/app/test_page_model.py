"""The page in a real browser with the model that comes with the package."""

import base64
import io
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from inlay.cli.main import app as command
from inlay.repair.inpainter import Inpainter

pytest.importorskip("uvicorn", reason="the editor's extra is not installed")

from app.browsing import SIDE, Editor, editing, in_chromium, serving

pytestmark = in_chromium
TOKEN = "a-long-enough-word"
HAIR, SKIN = "13", "1"


@pytest.fixture(scope="module")
def bundled() -> Inpainter:
    return Inpainter.load(device="cpu")


@pytest.fixture(scope="module")
def address(bundled: Inpainter) -> Iterator[str]:
    with serving(bundled) as opened:
        yield opened


@pytest.fixture
def editor(browser: Any, address: str) -> Iterator[Editor]:
    permissions = ["clipboard-read", "clipboard-write"]
    with editing(browser, address, permissions=permissions, has_touch=True) as opened:
        yield opened


@pytest.fixture
def portrait(root: Path) -> Path:
    return root / "src/inlay/examples/portrait.png"


def picture(data: bytes, mode: str = "RGB") -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode))


def layout(editor: Editor) -> np.ndarray:
    return picture(editor.download("#layout-export"), "L")


def saved(editor: Editor) -> np.ndarray:
    return picture(editor.download("#save", menu=False))


def filled(editor: Editor) -> None:
    """A hole in the example, and its first fill."""
    editor.example()
    editor.stroke((100, 90), (130, 92))
    editor.fill()


def choose_file(editor: Editor, selector: str, path: Path) -> None:
    with editor.page.expect_file_chooser() as chooser:
        editor.page.click(selector)
    chooser.value.set_files(path)


def hand_over(editor: Editor, kind: str, data: bytes, name: str, media_type: str) -> None:
    """Drop or paste a file."""
    editor.page.evaluate(
        """([kind, text, name, type]) => {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), all = new DataTransfer();
            all.items.add(new File([bytes], name, { type }));
            const options = { bubbles: true, cancelable: true };
            const event = kind === "paste" ? new ClipboardEvent("paste", { ...options, clipboardData: all })
                                           : new DragEvent("drop", { ...options, dataTransfer: all });
            document.getElementById("stage").dispatchEvent(event);
        }""",
        [kind, base64.b64encode(data).decode(), name, media_type],
    )


def test_bucket_pick_and_reset(editor: Editor) -> None:
    filled(editor)
    first = saved(editor)
    editor.page.keyboard.press("2")
    editor.page.wait_for_selector("body[data-mode=layout]")
    predicted = layout(editor)
    old = predicted[110, 96]
    editor.page.click(f".class[data-label='{HAIR if old == int(SKIN) else SKIN}']")
    new = int(HAIR if old == int(SKIN) else SKIN)
    editor.page.keyboard.press("g")
    editor.page.mouse.click(*editor.at(96.5, 110.5))
    editor.versions(2)
    poured = layout(editor)
    changed = poured != predicted
    assert changed[110, 96]
    assert (poured[changed] == new).all()
    assert (predicted[changed] == old).all()
    # The bucket stops at other classes: no neighbour of what it filled still has the old class.
    edge = changed[:, 1:] & ~changed[:, :-1] & (predicted[:, :-1] == old)
    assert not edge.any()
    editor.page.keyboard.press("i")
    row, column = np.argwhere((predicted != old) & (predicted != new))[-1]
    editor.page.mouse.click(*editor.at(column + 0.5, row + 0.5))
    picked = editor.page.get_attribute(".class[aria-checked=true]", "data-label")
    assert picked == str(predicted[row, column])
    assert editor.page.get_attribute("#tool-brush", "aria-checked") == "true"
    editor.page.click("#layout-reset")
    editor.versions(3)
    np.testing.assert_array_equal(layout(editor), predicted)
    np.testing.assert_array_equal(saved(editor), first)
    editor.page.keyboard.press("Control+z")
    editor.versions(4)
    np.testing.assert_array_equal(layout(editor), poured)


def test_a_stroke_while_the_hole_is_read_is_filled_too(editor: Editor, portrait: Path) -> None:
    editor.example()
    editor.stroke((100, 90), (130, 92))
    editor.page.evaluate(
        """() => {
            const whole = window.fetch;
            window.fetch = async (...given) => {
                const answer = await whole(...given);
                if (String(given[0]).includes("/hole?")) {
                    document.body.dataset.reading = "yes";
                    await new Promise((done) => setTimeout(done, 1500));
                }
                return answer;
            };
        }"""
    )
    editor.page.focus("#canvas")
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_selector("body[data-reading]")
    editor.stroke((40, 140), (60, 150))
    editor.page.wait_for_selector("body[data-versions='1']", timeout=60_000)
    editor.idle()
    hole, photo = editor.hole() > 127, picture(portrait.read_bytes())
    second = hole.copy()
    second[:115] = False
    assert second.sum() > 100
    assert (saved(editor)[second] != photo[second]).any(axis=1).mean() > 0.5


def test_hole_out_and_in(editor: Editor, tmp_path: Path) -> None:
    editor.example()
    editor.stroke((40, 60), (80, 100), (120, 70))
    hole = editor.hole()
    assert 0 < (hole > 127).mean() < 0.3
    path = tmp_path / "hole.png"
    path.write_bytes(editor.download("#hole-export"))
    editor.page.click("#hole-clear")
    assert not editor.hole().any()
    choose_file(editor, "#hole-import", path)
    editor.page.wait_for_selector("#fill:enabled")
    np.testing.assert_array_equal(editor.hole(), hole)
    Image.fromarray(hole).resize((2 * SIDE, 2 * SIDE), Image.Resampling.NEAREST).save(path)
    editor.page.click("#hole-clear")
    choose_file(editor, "#hole-import", path)
    editor.page.wait_for_selector("#status:has-text('scaled')")
    np.testing.assert_array_equal(editor.hole(), hole)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_photos_dropped_and_pasted(editor: Editor, portrait: Path, kind: str) -> None:
    wide = Image.open(portrait).convert("RGB").crop((0, 0, 192, 160))
    buffer = io.BytesIO()
    wide.save(buffer, format="PNG")
    hand_over(editor, kind, buffer.getvalue(), "wide.png", "image/png")
    editor.page.wait_for_selector("body[data-mode=hole]")
    editor.idle()
    assert editor.page.inner_text("#fact-size") == "192 \u00d7 160"
    assert editor.page.inner_text("#file-name") == "wide.png"
    buffer = io.BytesIO()
    wide.resize((96, 80)).save(buffer, format="TIFF")  # which browsers do not read
    hand_over(editor, kind, buffer.getvalue(), "small.tif", "image/tiff")
    editor.page.wait_for_selector("#fact-size:has-text('96 \u00d7 80')")
    editor.idle()
    hand_over(editor, kind, b"no picture", "notes.png", "image/png")
    editor.page.wait_for_selector("#status.problem")
    assert "photo" in editor.page.inner_text("#status")
    assert editor.page.inner_text("#fact-size") == "96 \u00d7 80"
    assert [line for line in editor.trouble if "400" not in line] == []
    editor.trouble.clear()


def test_a_photo_that_does_not_open_leaves_the_old_one_as_it_was(editor: Editor, portrait: Path) -> None:
    filled(editor)
    before, name = saved(editor), editor.page.inner_text("#file-name")
    # The browser reads the photo as half as wide as the server does.
    editor.page.evaluate(
        """() => {
            const whole = window.createImageBitmap;
            window.createImageBitmap = async (...given) => {
                window.createImageBitmap = whole;
                return whole(new ImageData(4, 8));
            };
        }"""
    )
    turned = io.BytesIO()
    Image.open(portrait).rotate(90).save(turned, "PNG")
    hand_over(editor, "drop", turned.getvalue(), "turned.png", "image/png")
    editor.page.wait_for_selector("#status:has-text('differently')")
    assert editor.page.inner_text("#file-name") == name
    editor.page.click("#tab-hole")
    editor.stroke((40, 140), (60, 150))
    editor.fill()
    hole, after = editor.hole() > 127, saved(editor)
    np.testing.assert_array_equal(after[~hole], before[~hole])
    np.testing.assert_array_equal(after[~hole], picture(portrait.read_bytes())[~hole])


def test_what_was_painted_is_not_given_up_unasked(editor: Editor, portrait: Path) -> None:
    editor.example()
    editor.stroke((100, 90), (130, 92))
    hole = editor.hole()
    for answer, kept in (("keep", True), ("discard", False)):
        hand_over(editor, "paste", portrait.read_bytes(), "other.png", "image/png")
        editor.page.wait_for_selector("#discard-dialog[open]")
        assert editor.page.inner_text("#discard-name") == "portrait.png"
        editor.page.click(f"#discard-dialog button[value={answer}]")
        editor.idle()
        if kept:
            np.testing.assert_array_equal(editor.hole(), hole)
    editor.page.wait_for_selector("#file-name:has-text('other')")
    assert not editor.hole().any()
    # What is saved need not be asked for.
    editor.stroke((100, 90), (130, 92))
    editor.download("#project-save")
    hand_over(editor, "paste", portrait.read_bytes(), "third.png", "image/png")
    editor.page.wait_for_selector("#file-name:has-text('third')")


def test_a_refinement_is_of_the_hole_that_is_painted_now(editor: Editor, portrait: Path) -> None:
    filled(editor)
    editor.page.click("#tab-hole")
    editor.stroke((40, 140), (60, 150))
    editor.page.click("#tab-result")
    editor.page.click("#refine summary")
    editor.page.click("#refine-start")
    editor.versions(2)
    hole, photo = editor.hole() > 127, picture(portrait.read_bytes())
    second = hole.copy()
    second[:115] = False
    assert second.sum() > 100
    assert (saved(editor)[second] != photo[second]).any(axis=1).mean() > 0.5


def test_a_command_where_nothing_can_be_copied(editor: Editor) -> None:
    filled(editor)
    editor.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    editor.page.click("#more")
    editor.page.click("#copy-command")
    editor.page.wait_for_selector("#command-dialog[open]")
    command = editor.page.input_value("#command")
    assert command == "inlay fill portrait.png --hole portrait.hole.png"


def test_the_copied_command_does_the_same(
    editor: Editor, portrait: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(editor)
    editor.page.keyboard.press("2")
    editor.page.wait_for_selector("body[data-mode=layout]")
    editor.page.click(f".class[data-label='{HAIR}']")
    editor.stroke((100, 90), (115, 91))
    editor.versions(2)
    (tmp_path / "portrait.png").write_bytes(portrait.read_bytes())
    (tmp_path / "portrait.hole.png").write_bytes(editor.download("#hole-export"))
    (tmp_path / "portrait.layout.png").write_bytes(editor.download("#layout-export"))
    here = saved(editor)
    editor.page.click("#more")
    editor.page.click("#copy-command")
    line = editor.page.evaluate("navigator.clipboard.readText()")
    words = shlex.split(line)
    assert words[0] == "inlay"
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, [*words[1:], "--device", "cpu"])
    assert result.exit_code == 0, result.output
    there = np.asarray(Image.open(tmp_path / "portrait.filled.png").convert("RGB"))
    # The command's layout is hard where the page keeps the prediction's shares: not bit for bit, but alike.
    apart = np.abs(here.astype(int) - there)
    assert (apart > 24).mean() < 0.005, (line, apart.max())
    assert apart.mean() < 0.2


def test_the_style_of_a_class_by_an_amount(editor: Editor, portrait: Path, tmp_path: Path) -> None:
    filled(editor)
    first = saved(editor)
    editor.page.keyboard.press("2")
    editor.page.wait_for_selector("body[data-mode=layout]")
    label = layout(editor)[91, 115]
    editor.page.click(f".class[data-label='{label}']")
    other = tmp_path / "other.png"
    Image.fromarray(255 - np.asarray(Image.open(portrait).convert("RGB"))).save(other)
    editor.page.click("#styles summary")
    assert editor.page.is_disabled("#style-amount")
    choose_file(editor, "#style-choose", other)
    editor.page.wait_for_selector("#style-amount:enabled")
    assert editor.page.inner_text("#style-name") == "other.png"
    moved = []
    for version, amount in enumerate((50, 100, 0), start=2):
        editor.page.fill("#style-amount", str(amount))
        editor.page.dispatch_event("#style-amount", "change")
        editor.versions(version)
        moved.append(np.abs(saved(editor).astype(int) - first).sum())
    half, full, none = moved
    assert 0 < half < full
    assert none == 0


def test_a_style_goes_with_the_project_and_the_command(
    editor: Editor,
    browser: Any,
    address: str,
    portrait: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled(editor)
    plain = saved(editor)
    editor.page.keyboard.press("2")
    editor.page.wait_for_selector("body[data-mode=layout]")
    editor.page.click(f".class[data-label='{SKIN}']")
    (tmp_path / "portrait.png").write_bytes(portrait.read_bytes())
    # Photos of other colours; the second one takes the first one's place.
    for name, order in (("first photo.png", [1, 2, 0]), ("other photo.png", [2, 0, 1])):
        path = tmp_path / name
        Image.fromarray(np.asarray(Image.open(portrait).convert("RGB"))[..., order]).save(path)
    editor.page.click("#styles summary")
    choose_file(editor, "#style-choose", tmp_path / "first photo.png")
    editor.page.wait_for_selector("#style-amount:enabled")
    editor.page.fill("#style-amount", "60")
    editor.page.dispatch_event("#style-amount", "change")
    editor.versions(2)
    choose_file(editor, "#style-choose", tmp_path / "other photo.png")
    editor.page.wait_for_selector("#style-name:has-text('other photo.png')")
    editor.versions(3)
    here = saved(editor)
    assert np.abs(here.astype(int) - plain).sum() > 0
    project = tmp_path / "portrait.inlay"
    project.write_bytes(editor.download("#project-save"))
    (tmp_path / "portrait.hole.png").write_bytes(editor.download("#hole-export"))
    editor.page.click("#more")
    editor.page.click("#copy-command")
    line = editor.page.evaluate("navigator.clipboard.readText()")

    again = Editor(browser, address)
    choose_file(again, "#choose", project)
    again.page.wait_for_selector("body[data-mode=result]", timeout=60_000)
    again.idle()
    np.testing.assert_array_equal(saved(again), here)
    again.page.keyboard.press("2")
    again.page.click(f".class[data-label='{SKIN}']")
    again.page.click("#styles summary")
    assert again.page.input_value("#style-amount") == "60"
    assert again.page.inner_text("#style-name") == "other photo.png"
    again.fill()
    np.testing.assert_array_equal(saved(again), here)
    assert not again.trouble
    again.page.context.close()

    words = shlex.split(line)
    assert words[-4:] == ["--style-from", "other photo.png", "--classes", "skin=0.6"]
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, [*words[1:], "--device", "cpu"])
    assert result.exit_code == 0, result.output
    there = np.asarray(Image.open(tmp_path / "portrait.filled.png").convert("RGB"))
    assert np.abs(here.astype(int) - there).mean() < 0.2


def test_the_token_is_asked_for(browser: Any, bundled: Inpainter) -> None:
    with serving(bundled, TOKEN) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        for word in ("not-the-right-word", TOKEN):
            page.wait_for_selector("#token-dialog[open]")
            page.fill("#token", word)
            page.keyboard.press("Enter")
            page.wait_for_timeout(200)
        page.wait_for_selector("body[data-ready]")
        assert page.locator(".class").count() == 19
        context.close()
        opened = Editor(browser, f"{address}#token={TOKEN}")
        assert TOKEN not in opened.page.url
        opened.example()
        opened.stroke((100, 90), (130, 92))
        opened.fill()
        assert not opened.trouble
        opened.page.context.close()


def touches(session: Any, kind: str, *points: tuple[float, float]) -> None:
    session.send(
        "Input.dispatchTouchEvent",
        {"type": kind, "touchPoints": [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]},
    )


def pen(editor: Editor, session: Any, force: float, row: float) -> None:
    """A stroke of a pen from column 40 to 140."""
    for kind, column in (
        ("mousePressed", 40),
        ("mouseMoved", 90),
        ("mouseMoved", 140),
        ("mouseReleased", 140),
    ):
        x, y = editor.at(column, row)
        button = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen", "force": force}
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **button})


def test_fingers_and_pen(editor: Editor) -> None:
    editor.example()
    session = editor.page.context.new_cdp_session(editor.page)
    (x, y), (left, top) = editor.at(96, 96), editor.at(40, 40)
    touches(session, "touchStart", (left, top))
    touches(session, "touchMove", editor.at(60, 40))
    touches(session, "touchEnd")
    hole = editor.hole()
    assert hole[40, 50]
    # A second finger turns the first one's stroke into zooming; nothing of it stays.
    fitted = editor.page.inner_text("#zoom-value")
    touches(session, "touchStart", (x - 40, y))
    touches(session, "touchMove", (x - 50, y))
    touches(session, "touchStart", (x - 50, y), (x + 50, y))
    touches(session, "touchMove", (x - 100, y), (x + 100, y))
    touches(session, "touchEnd")
    editor.page.wait_for_timeout(60)
    before, after = (float(text.split()[0]) for text in (fitted, editor.page.inner_text("#zoom-value")))
    assert after / before == pytest.approx(2, rel=0.05)
    np.testing.assert_array_equal(editor.hole(), hole)
    editor.page.keyboard.press("0")
    editor.page.wait_for_timeout(60)
    pen(editor, session, 0.05, 90)
    pen(editor, session, 1.0, 140)
    drawn = editor.hole() > 127
    light, heavy = drawn[75:105, 90].sum(), drawn[120:160, 90].sum()
    assert 0 < light < 0.6 * heavy
    # From then on a finger moves the photo and paints no more.
    touches(session, "touchStart", editor.at(150, 40))
    touches(session, "touchMove", editor.at(170, 60))
    touches(session, "touchEnd")
    np.testing.assert_array_equal(editor.hole() > 127, drawn)


def test_candidates(editor: Editor, portrait: Path, tmp_path: Path) -> None:
    """Three more results, each under another layout; what is shown is saved, and the command makes it."""
    editor.example()
    editor.stroke((120, 40), (150, 60), (140, 85))
    editor.stroke((125, 60), (150, 75))
    editor.fill()
    first, likeliest = saved(editor), layout(editor)
    editor.page.click("#candidates")
    editor.versions(4)
    shown = editor.page.locator("#versions [role=radio]")
    names = [shown.nth(i).get_attribute("aria-label") for i in range(4)]
    assert names == ["Result 1", *(f"Result {n + 1}, candidate {n}" for n in (1, 2, 3))]
    pictures = [first]
    for number in (1, 2, 3):
        shown.nth(number).click()
        pictures.append(saved(editor))
    assert len({each.tobytes() for each in pictures}) == 4
    hole = editor.hole() > 0
    for each in pictures:
        np.testing.assert_array_equal(each[~hole], first[~hole])
    assert (layout(editor) != likeliest).any()
    (tmp_path / "portrait.png").write_bytes(portrait.read_bytes())
    Image.fromarray(editor.hole()).save(tmp_path / "portrait.hole.png")
    editor.page.click("#more")
    editor.page.click("#copy-command")
    words = shlex.split(editor.page.evaluate("navigator.clipboard.readText()"))
    assert words[-2:] == ["--seed", "3"]
    paths = [str(tmp_path / word) if word.endswith(".png") else word for word in words[1:]]
    done = CliRunner().invoke(command, [*paths, "--output", str(tmp_path / "out.png"), "--device", "cpu"])
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(picture((tmp_path / "out.png").read_bytes()), pictures[3])
    # A stroke on the layout goes on from the candidate that is shown.
    editor.page.click("#tab-layout")
    editor.page.click(f"#classes [data-label='{SKIN}']")
    editor.stroke((130, 62), (136, 62))
    editor.versions(5)
    editor.page.click("#tab-result")
    assert "candidate 3" in (shown.nth(4).get_attribute("aria-label") or "")


def test_a_photo_of_two_faces(editor: Editor, portrait: Path, tmp_path: Path) -> None:
    """Both are framed, the fill is that of the command, known pixels stay."""
    face = Image.open(portrait).convert("RGB")
    photo = Image.new("RGB", (760, 420), (90, 120, 150))
    photo.paste(face.rotate(-20, resample=Image.Resampling.BICUBIC, fillcolor=(90, 120, 150)), (60, 90))
    photo.paste(face, (480, 120))
    hole = np.zeros((420, 760), dtype=np.uint8)
    hole[180:200, 140:170] = hole[210:240, 560:590] = hole[390:400, 340:360] = 255
    paths = [str(tmp_path / name) for name in ("two.png", "hole.png", "out.png")]
    photo.save(paths[0])
    Image.fromarray(hole).save(paths[1])
    choose_file(editor, "#choose", Path(paths[0]))
    editor.page.wait_for_selector("body[data-mode=hole]")
    choose_file(editor, "#hole-import", Path(paths[1]))
    editor.page.wait_for_selector("#fill:not([disabled])")
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_selector("body[data-versions='1']", timeout=60_000)
    editor.idle()
    assert "of the hole lies on no face" in editor.page.inner_text("#face-note")
    result = saved(editor)
    np.testing.assert_array_equal(result[hole == 0], np.asarray(photo)[hole == 0])
    command_line = ["fill", paths[0], "--hole", paths[1], "--output", paths[2], "--device", "cpu"]
    done = CliRunner().invoke(command, command_line)
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(result, np.asarray(Image.open(paths[2])))
    editor.page.click("#tab-layout")
    editor.idle()
    shown = layout(editor)
    assert {1, 13} <= set(np.unique(shown[:, :300])) & set(np.unique(shown[:, 450:]))
    assert not shown[:60, 300:420].any()
