"""The screenshots of docs/images: `.venv/bin/python scripts/make_screenshots.py`.

The real page on the bundled model, with the public-domain example portrait, in Chromium without a window.
"""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from app.browsing import Editor, browsing, serving  # noqa: E402
from inlay.repair.inpainter import Inpainter  # noqa: E402

IMAGES = ROOT / "docs" / "images"
DESKTOP, TABLET = {"width": 1440, "height": 900}, {"width": 820, "height": 1180}
PATCH = ((152, 56), (166, 60), (158, 72), (166, 76))


def main() -> None:
    """Write them all."""
    with serving(Inpainter.load(device="cpu")) as address, browsing() as browser:
        desktop(browser, address)
        tablet(browser, address)


def desktop(browser: Any, address: str) -> None:
    """Hole, layout and result in light, a look in dark."""
    editor = Editor(browser, address, viewport=DESKTOP)
    editor.example()
    paint(editor)
    shoot(editor, "editor-hole")
    editor.fill()
    editor.page.click("#candidates")
    editor.versions(4)
    editor.page.locator("#versions [role=radio]").nth(0).click()
    editor.page.wait_for_timeout(4000)  # until what was said is gone
    shoot(editor, "editor-result")
    editor.page.click("#tab-layout")
    editor.idle()
    shoot(editor, "editor-layout")
    editor.page.click("#tab-result")
    editor.page.click("#theme")
    editor.page.keyboard.press("a")
    editor.page.mouse.click(*editor.at(154, 60))
    editor.idle()
    shoot(editor, "editor-dark")
    editor.page.context.close()


def tablet(browser: Any, address: str) -> None:
    """The result on a tall screen."""
    editor = Editor(browser, address, viewport=TABLET)
    editor.example()
    paint(editor)
    editor.fill()
    editor.page.wait_for_timeout(4000)
    shoot(editor, "editor-tablet")
    editor.page.context.close()


def paint(editor: Editor) -> None:
    """A scratch over the face, and a patch at the hair's outline."""
    editor.stroke((40, 26), (70, 66), (94, 98), (112, 132), (128, 150))
    editor.stroke(*PATCH)
    editor.page.evaluate("document.getElementById('heal').checked = true")  # as it is for people
    editor.page.mouse.move(5, 400)


def shoot(editor: Editor, name: str) -> None:
    """Write what is on screen."""
    editor.page.wait_for_timeout(400)
    editor.page.screenshot(path=str(IMAGES / f"{name}.png"))


if __name__ == "__main__":
    main()
