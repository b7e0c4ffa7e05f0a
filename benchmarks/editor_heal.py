"""From mouse-up to the healed stroke: `python benchmarks/editor_heal.py [--strokes 10] [--width 512 3000]`.

The real server with the bundled model, the page in Chromium without a window, the damaged example at several
widths, small strokes on and beside the face, each on the picture as the last one left it. The time is taken
in the page, from the stroke's end to its fill, and to the whole fill that takes the first sketch's place.
Needed by the project's issue 29: under 0.5 s at 512 pixels, under 1 s at 12 megapixels.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from app.browsing import Editor, browsing, serving  # noqa: E402
from inlay.examples import example  # noqa: E402
from inlay.repair.inpainter import Inpainter  # noqa: E402

PLACES = ((230, 175), (270, 180), (255, 205), (235, 225), (265, 240), (60, 330), (420, 120), (300, 330),
          (200, 420), (90, 250))  # fmt: skip
"""Columns and rows of the example, 512 pixels wide, where strokes begin."""


def main() -> None:
    """Paint, and print how long it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--strokes", type=int, default=10)
    parser.add_argument("--width", type=int, nargs="+", default=[512, 3000])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with serving(Inpainter.load()) as address, browsing() as browser:
        found = [healed(browser, address, width, given.strokes) for width in given.width]
    for one in found:
        print(
            f"{one['pixels'] / 1e6:.1f} megapixels, {one['strokes']} strokes: healed after "
            f"{one['median_ms']:.0f} ms (median; first {one['first_ms']:.0f}, "
            f"most {one['most_ms']:.0f}), whole after {one['whole_ms']:.0f} ms"
        )
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2))


def healed(browser: object, address: str, width: int, strokes: int) -> dict[str, float]:
    """The times of strokes on the example at a width."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        photo = Image.open(example("damaged")).convert("RGB")
        photo = photo.resize((width, width * photo.height // photo.width), Image.Resampling.LANCZOS)
        photo.save(path, quality=95)
        editor = Editor(browser, address, heal=True)
        editor.open(path)
        editor.page.fill("#brush-size", "30")
        editor.page.dispatch_event("#brush-size", "input")
        times = [stroke(editor, photo.size, number) for number in range(strokes)]
        editor.page.context.close()
    first, whole = np.array(times).T
    return {
        "pixels": float(np.prod(photo.size)), "strokes": strokes, "first_ms": float(first[0]),
        "median_ms": float(np.median(first[1:])), "most_ms": float(first[1:].max()),
        "whole_ms": float(np.median(whole[1:])),
    }  # fmt: skip


def stroke(editor: Editor, size: tuple[int, int], number: int) -> tuple[int, int]:
    """Paint one; milliseconds to its fill and to its whole fill."""
    x, y = PLACES[number % len(PLACES)]
    zoom = float(editor.page.inner_text("#zoom-value").split()[0]) / 100
    box, scale = editor.page.locator("#canvas").bounding_box(), size[0] / 512

    def at(x: float, y: float) -> tuple[float, float]:
        left = box["x"] + box["width"] / 2 + (x * scale - size[0] / 2) * zoom
        return left, box["y"] + box["height"] / 2 + (y * scale - size[1] / 2) * zoom

    editor.page.mouse.move(*at(x, y))
    editor.page.mouse.down()
    editor.page.mouse.move(*at(x + 20, y + 8), steps=4)
    editor.page.mouse.up()
    editor.layers(number + 1)
    editor.page.wait_for_timeout(150)
    return tuple(int(editor.page.get_attribute("body", f"data-{name}-ms")) for name in ("heal", "whole"))


if __name__ == "__main__":
    main()
