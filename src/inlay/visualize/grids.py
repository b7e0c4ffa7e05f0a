"""One sheet that tells what a fill did: photo with its hole, layout with the names of its classes, result."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from inlay.labels import LabelSet

__all__ = ["Panel", "fill_sheet", "legend", "panels_in_a_row", "show_hole"]

PAPER, INK, FAINT = (250, 249, 246), (34, 36, 40), (118, 121, 128)
STRIPES = ((233, 64, 87), (250, 206, 212))
SIDE = 400
MARGIN, GAP, ROW = 24, 16, 26
TEXT, SMALL = 16, 14


@dataclass(frozen=True)
class Panel:
    """A picture with a line above it."""

    title: str
    picture: Image.Image


def fill_sheet(
    photo: UInt8[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    label: UInt8[np.ndarray, "h w"],
    result: UInt8[np.ndarray, "h w 3"],
    *,
    labels: LabelSet,
    layout_title: str = "layout",
    found: bool = False,
    footer: str = "",
) -> Image.Image:
    """Photo with its hole | coloured layout | result, and under them the names of the layout's classes.

    Where the hole is damage that was `found`, the photo comes first without it.
    """
    size = _shown(photo.shape[1], photo.shape[0])
    shown = Image.fromarray(photo).resize(size, _method(photo))
    panels = [
        *([Panel("photo", shown)] if found else []),
        Panel("damage that was found" if found else "photo with its hole", show_hole(shown, hole)),
        Panel(layout_title, Image.fromarray(labels.colorize(label)).resize(size, Image.Resampling.NEAREST)),
        Panel("result", Image.fromarray(result).resize(size, _method(photo))),
    ]
    row = panels_in_a_row(panels)
    names = legend(labels, sorted(set(np.unique(label).tolist())), row.width - 2 * MARGIN)
    foot = ROW + MARGIN // 2 if footer else MARGIN // 2
    sheet = Image.new("RGB", (row.width, row.height + names.height + foot), PAPER)
    sheet.paste(row, (0, 0))
    sheet.paste(names, (MARGIN, row.height))
    if footer:
        place = (MARGIN, row.height + names.height + 4)
        ImageDraw.Draw(sheet).text(place, footer, fill=FAINT, font=ImageFont.load_default(SMALL))
    return sheet


def show_hole(picture: Image.Image, hole: Bool[np.ndarray, "h w"]) -> Image.Image:
    """The picture with its hole striped, so that no photo can be mistaken for it, and with a fine edge."""
    size = picture.size
    area = Image.fromarray(hole.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    stripes = np.array(STRIPES, dtype=np.uint8)[((x + y) // 4) % 2]
    edge = np.asarray(area.filter(ImageFilter.MaxFilter(3))) > np.asarray(area)
    shown = np.where((np.asarray(area) > 0)[..., None], stripes, np.asarray(picture.convert("RGB")))
    return Image.fromarray(np.where(edge[..., None], np.uint8(255), shown))


def panels_in_a_row(panels: list[Panel]) -> Image.Image:
    """Panels of one height side by side on paper, each under its title."""
    width = sum(p.picture.width for p in panels) + GAP * (len(panels) - 1) + 2 * MARGIN
    sheet = Image.new("RGB", (width, max(p.picture.height for p in panels) + MARGIN + ROW + GAP), PAPER)
    draw, left = ImageDraw.Draw(sheet), MARGIN
    for panel in panels:
        draw.text((left, MARGIN - 6), panel.title, fill=INK, font=ImageFont.load_default(TEXT))
        sheet.paste(panel.picture, (left, MARGIN + ROW))
        left += panel.picture.width + GAP
    return sheet


def legend(labels: LabelSet, ids: list[int], width: int) -> Image.Image:
    """A swatch and a name for each class, in as many rows as the width needs."""
    font, swatch = ImageFont.load_default(SMALL), 14
    places, x, y = [], 0, 0
    for i in ids:
        needed = swatch + 8 + round(font.getlength(labels.names[i])) + 22
        if x and x + needed > width:
            x, y = 0, y + ROW
        places.append((x, y))
        x += needed
    picture = Image.new("RGB", (width, y + ROW), PAPER)
    draw = ImageDraw.Draw(picture)
    for i, (x, y) in zip(ids, places, strict=True):
        color = labels.classes[i].color
        draw.rectangle((x, y + 4, x + swatch, y + 4 + swatch), fill=color, outline=FAINT)
        draw.text((x + swatch + 8, y + 3), labels.names[i], fill=INK, font=font)
    return picture


def _shown(width: int, height: int) -> tuple[int, int]:
    """A size at which three fit on a screen: the long side is `SIDE`, or the photo's own up to twice that."""
    scale = min(max(SIDE, max(width, height)), 2 * SIDE) / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _method(photo: UInt8[np.ndarray, "h w 3"]) -> Image.Resampling:
    return Image.Resampling.BICUBIC if max(photo.shape[:2]) < SIDE else Image.Resampling.LANCZOS
