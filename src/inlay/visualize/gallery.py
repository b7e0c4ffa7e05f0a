"""A gallery of fills (paper, fig. 5): original | layout | masked | result, a row a portrait."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw, ImageFont

from inlay.labels import LabelSet
from inlay.visualize.grids import FAINT, GAP, INK, MARGIN, PAPER, SMALL, TEXT, show_hole

__all__ = ["Exhibit", "gallery_sheet"]

COLUMNS = ("original", "layout", "masked", "result")
SIDE, HEAD, CAPTION = 192, 34, 22


@dataclass(frozen=True)
class Exhibit:
    """One fill, and a line about it."""

    photo: UInt8[np.ndarray, "h w 3"]
    label: UInt8[np.ndarray, "h w"]
    hole: Bool[np.ndarray, "h w"]
    result: UInt8[np.ndarray, "h w 3"]
    caption: str


def gallery_sheet(groups: dict[str, list[Exhibit]], labels: LabelSet) -> Image.Image:
    """Groups of exhibits side by side, each under its title."""
    sheets = [_group(title, exhibits, labels) for title, exhibits in groups.items()]
    width = sum(sheet.width for sheet in sheets) + 2 * MARGIN + 3 * GAP * (len(sheets) - 1)
    whole = Image.new("RGB", (width, max(sheet.height for sheet in sheets) + 2 * MARGIN), PAPER)
    left = MARGIN
    for sheet in sheets:
        whole.paste(sheet, (left, MARGIN))
        left += sheet.width + 3 * GAP
    return whole


def _group(title: str, exhibits: list[Exhibit], labels: LabelSet) -> Image.Image:
    h, w = exhibits[0].photo.shape[:2]
    size = round(w * SIDE / max(h, w)), round(h * SIDE / max(h, w))
    step = size[1] + CAPTION + GAP // 2
    width = len(COLUMNS) * (size[0] + GAP // 2) - GAP // 2
    sheet = Image.new("RGB", (width, 2 * HEAD + step * len(exhibits)), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((0, 0), title, fill=INK, font=ImageFont.load_default(TEXT + 2))
    for n, name in enumerate(COLUMNS):
        draw.text((n * (size[0] + GAP // 2), HEAD), name, fill=INK, font=ImageFont.load_default(SMALL))
    for row, exhibit in enumerate(exhibits):
        top = 2 * HEAD - GAP // 2 + row * step
        for n, picture in enumerate(_pictures(exhibit, labels, size)):
            sheet.paste(picture, (n * (size[0] + GAP // 2), top))
        draw.text((0, top + size[1] + 2), exhibit.caption, fill=FAINT, font=ImageFont.load_default(SMALL))
    return sheet


def _pictures(exhibit: Exhibit, labels: LabelSet, size: tuple[int, int]) -> list[Image.Image]:
    both = (Image.fromarray(pixels) for pixels in (exhibit.photo, exhibit.result))
    photo, result = (picture.resize(size, Image.Resampling.BICUBIC) for picture in both)
    layout = Image.fromarray(labels.colorize(exhibit.label)).resize(size, Image.Resampling.NEAREST)
    return [photo, layout, show_hole(photo, exhibit.hole), result]
