"""Attention as pictures (paper, fig. 4): where the model looked for a pixel that it filled."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw

from inlay.visualize.grids import PAPER, Panel, panels_in_a_row, show_hole

__all__ = [
    "Look",
    "attention_panel",
    "attention_sheet",
    "choose_points",
    "deepest",
    "heat_colors",
    "mark_points",
]

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
COLORS = ((24, 40, 150), (20, 150, 230), (90, 210, 120), (250, 200, 40), (200, 20, 20))
"""From blue, for no attention, to red, for the most."""

SIDE, IN_A_ROW = 320, 5
UNSEEN = (232, 232, 232)
OPACITY = 0.6
"""Of the heat over the picture."""


@dataclass(frozen=True)
class Look:
    """A point of interest (row, column), and the attention that went out from it, from 0 to 1 (the most)."""

    point: tuple[int, int]
    weights: Float[np.ndarray, "h w"]
    title: str


def attention_sheet(photo: Image.Image, hole: Bool[np.ndarray, "h w"], looks: list[Look]) -> Image.Image:
    """The photo with its hole and the points of interest, then a panel a point."""
    scale = SIDE / max(photo.size)
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    small = photo.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    marked = mark_points(show_hole(small, hole), [look.point for look in looks], looks[0].weights.shape)
    area = Image.fromarray(hole.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)
    seen = Image.composite(Image.new("RGB", size, UNSEEN), small, area)
    panels = [Panel("points in the hole", marked), *(attention_panel(seen, look) for look in looks)]
    rows = [panels_in_a_row(panels[n : n + IN_A_ROW]) for n in range(0, len(panels), IN_A_ROW)]
    sheet = Image.new("RGB", (max(r.width for r in rows), sum(r.height for r in rows)), PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def heat_colors(weights: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Blue where a weight is 0, red where it is 1."""
    channels = [np.interp(weights, PLACES, channel) for channel in np.array(COLORS).T]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def attention_panel(picture: Image.Image, look: Look) -> Panel:
    """The heat of one point over what the model saw, in grey; the point is a black diamond.

    The colours show the square root of the weights: most of the attention goes to a few cells, beside which
    the rest could not be told from nothing.
    """
    size = picture.size
    heat = Image.fromarray(heat_colors(np.sqrt(look.weights.clip(0, 1)))).resize(
        size, Image.Resampling.BILINEAR
    )
    h, w = look.weights.shape
    place = (look.point[0] * size[1] / h, look.point[1] * size[0] / w)
    shown = Image.blend(picture.convert("L").convert("RGB"), heat, OPACITY)
    return Panel(look.title, _with_diamonds(shown, [place]))


def mark_points(picture: Image.Image, points: list[tuple[int, int]], grid: tuple[int, int]) -> Image.Image:
    """The picture with its points of interest, rows and columns of `grid`, as black diamonds."""
    h, w = grid
    return _with_diamonds(
        picture.convert("RGB"), [(y * picture.height / h, x * picture.width / w) for y, x in points]
    )


def _with_diamonds(picture: Image.Image, points: list[tuple[float, float]]) -> Image.Image:
    picture = picture.copy()
    draw, r = ImageDraw.Draw(picture), max(4.0, max(picture.size) / 55)
    for y, x in points:
        for radius, color in ((r * 1.35, "white"), (r, "black")):
            draw.polygon([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], fill=color)
    return picture


def choose_points(
    label: UInt8[np.ndarray, "h w"], hole: Bool[np.ndarray, "h w"], count: int
) -> list[tuple[int, int]]:
    """A point (row, column) for each of the classes that fill most of the hole: the one deepest inside."""
    ids, sizes = np.unique(label[hole], return_counts=True)
    largest = ids[np.argsort(-sizes, kind="stable")][:count]
    return [deepest((label == k) & hole) for k in largest]


def deepest(region: Bool[np.ndarray, "h w"]) -> tuple[int, int]:
    """The pixel of a region that outlasts the others when the region is eroded again and again."""
    left = region
    while left.any():
        region = left
        ring = np.pad(left, 1)
        left = left & ring[:-2, 1:-1] & ring[2:, 1:-1] & ring[1:-1, :-2] & ring[1:-1, 2:]
    places = np.argwhere(region)
    nearest = np.abs(places - places.mean(axis=0)).sum(axis=1).argmin()
    return int(places[nearest][0]), int(places[nearest][1])
