"""Make the example portrait and its holes anew: writes src/inlay/examples/*.png.

The portrait is cut out of `skimage.data.astronaut()` at its own resolution, framed as CelebA-HQ frames a
face: eyes at 46 % of the height, face in the middle, all of the hair inside. The holes are drawn: white is
to be filled.
"""

from pathlib import Path

import skimage.data
from PIL import Image, ImageChops, ImageDraw

FOLDER = Path(__file__).resolve().parents[1] / "src" / "inlay" / "examples"
LEFT, TOP, SIZE = 129, 13, 192


def portrait() -> Image.Image:
    """The public-domain portrait of Eileen Collins, cropped."""
    return Image.fromarray(skimage.data.astronaut()).crop((LEFT, TOP, LEFT + SIZE, TOP + SIZE))


def scratch() -> Image.Image:
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
    holes = {"scratch": scratch(), "stain": stain(), "object": thing()}
    everything, _ = _black()
    for hole in holes.values():
        everything = ImageChops.lighter(everything, hole)
    portrait().save(FOLDER / "portrait.png", optimize=True)
    for name, hole in {**holes, "all": everything}.items():
        hole.save(FOLDER / f"hole-{name}.png", optimize=True)


if __name__ == "__main__":
    main()
