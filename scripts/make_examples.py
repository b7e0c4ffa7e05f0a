"""Make the example portrait, its holes and the damaged print anew: writes into src/inlay/examples.

The portrait is cut out of `skimage.data.astronaut()` at its own resolution, framed as CelebA-HQ frames a
face: eyes at 46 % of the height, face in the middle, all of the hair inside. The holes are drawn: white is
to be filled. The damaged print is more of the same photograph, in the tone of an old print, with damage that
`inlay.data.damage` draws.
"""

from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image, ImageChops, ImageDraw

from inlay.data.damage.age import toned
from inlay.data.damage.lines import crack, crease, scratch
from inlay.data.damage.spots import dust, tear

FOLDER = Path(__file__).resolve().parents[1] / "src" / "inlay" / "examples"
LEFT, TOP, SIZE = 129, 13, 192
PRINT, PRINT_SIZE = (64, 0, 384, 400), (512, 640)
SEED = 7
"""Of the damage: one of many that crosses the face and tears a corner off."""


def portrait() -> Image.Image:
    """The public-domain portrait of Eileen Collins, cropped."""
    return Image.fromarray(skimage.data.astronaut()).crop((LEFT, TOP, LEFT + SIZE, TOP + SIZE))


def damaged() -> Image.Image:
    """A sepia print of the photograph with a fold, cracks, scratches, dust and a torn corner."""
    rng = np.random.default_rng(SEED)
    photo = Image.fromarray(skimage.data.astronaut()).convert("RGB")
    photo = photo.resize(PRINT_SIZE, Image.Resampling.LANCZOS, box=PRINT)
    faded = 38 + np.asarray(photo, dtype=np.float32) * np.float32(200 / 255)
    canvas = toned(faded, np.array([1.06, 1.0, 0.86], dtype=np.float32))
    canvas += rng.normal(0, 2.5, (*canvas.shape[:2], 1)).astype(np.float32)
    crease(rng, canvas, 1.8)
    for unit in (1.7, 1.4):
        crack(rng, canvas, unit)
    for unit in (1.4, 1.2):
        scratch(rng, canvas, unit)
    dust(rng, canvas, 1.5)
    canvas = canvas.clip(0, 255)
    tear(rng, canvas, 1.8)
    return Image.fromarray(canvas.clip(0, 255).round().astype(np.uint8))


def scratched() -> Image.Image:
    """A thin scratch across hair, face and collar, with a splinter."""
    hole, draw = _black()
    draw.line([(28, 22), (47, 52), (63, 71), (92, 99), (101, 121), (132, 158), (139, 185)], fill=255, width=3)
    draw.line([(92, 99), (112, 109), (139, 112)], fill=255, width=2)
    return hole


def stain() -> Image.Image:
    """A stain over the eye on the viewer's right."""
    hole, draw = _black()
    for x, y, rx, ry in ((118, 88, 14, 11), (127, 96, 10, 9), (108, 82, 7, 6), (140, 106, 3, 3)):
        draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=255)
    return hole


def thing() -> Image.Image:
    """Where an object was cut out, over hair and background."""
    hole, draw = _black()
    draw.rounded_rectangle((150, 28, 181, 62), radius=8, fill=255)
    return hole


def _black() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    hole = Image.new("L", (SIZE, SIZE), 0)
    return hole, ImageDraw.Draw(hole)


def main() -> None:
    """Write all of them."""
    holes = {"scratch": scratched(), "stain": stain(), "object": thing()}
    everything, _ = _black()
    for hole in holes.values():
        everything = ImageChops.lighter(everything, hole)
    portrait().save(FOLDER / "portrait.png", optimize=True)
    for name, hole in {**holes, "all": everything}.items():
        hole.save(FOLDER / f"hole-{name}.png", optimize=True)
    damaged().save(FOLDER / "damaged.jpg", quality=90)


if __name__ == "__main__":
    main()
