"""Scratches drawn on shaded, grainy ground, followed from one click."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from inlay.damage.scratch import follow_scratch

H, W, FINE = 300, 400, 4


def ground(grain: float = 3.0) -> np.ndarray:
    rows, columns = np.mgrid[:H, :W]
    shade = 110 + 40 * np.sin(rows / 60) + 30 * np.cos(columns / 80)
    return shade + np.random.default_rng(0).normal(0, grain, (H, W))


def scratched(points: list[tuple[float, float]], width: float, tone: float) -> tuple[np.ndarray, np.ndarray]:
    """A photo with a line through points (x, y), and where the line is."""
    fine = Image.new("L", (W * FINE, H * FINE))
    places = [((x + 0.5) * FINE, (y + 0.5) * FINE) for x, y in points]
    ImageDraw.Draw(fine).line(places, fill=255, width=round(width * FINE), joint="curve")
    cover = np.asarray(fine.resize((W, H), Image.Resampling.BOX)) / 255
    levels = np.clip(np.rint(ground() + tone * cover), 0, 255).astype(np.uint8)
    return levels[..., None].repeat(3, axis=2), cover > 0.3


def curve() -> list[tuple[float, float]]:
    return [(x, 150 + 60 * np.sin(x / 70)) for x in range(40, 360, 4)]


def followed(pixels: np.ndarray, x: float, y: float, reach: float = 6.0) -> np.ndarray:
    hole, found = np.zeros(pixels.shape[:2], dtype=bool), follow_scratch(pixels, round(x), round(y), reach)
    if found is not None:
        h, w = found.hole.shape
        hole[found.top : found.top + h, found.left : found.left + w] = found.hole
    return hole


@pytest.mark.parametrize("tone", [25, 90, -25, -80])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 9, 14])
def test_a_scratch_is_followed_both_ways_from_beside_it(width: float, tone: float) -> None:
    points = curve()
    pixels, drawn = scratched(points, width, tone)
    x, y = points[40]
    hole = followed(pixels, x + 2, y - 2)
    assert hole[drawn].mean() > 0.97
    rim = np.hypot(*np.mgrid[-4:5, -4:5]) <= 2 + width / 5
    assert ndimage.binary_dilation(drawn, rim)[hole].mean() > 0.92
    assert hole.sum() < drawn.sum() * (1.25 * width + 6) / width


def test_a_short_gap_is_crossed_and_a_long_one_is_not() -> None:
    pixels, drawn = scratched([(40, 150), (360, 150)], 2, 80)
    plain = np.clip(np.rint(ground()), 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    for gap, crossed in ((4, True), (40, False)):
        broken = pixels.copy()
        broken[:, 200 : 200 + gap] = plain[:, 200 : 200 + gap]
        hole = followed(broken, 100, 150)
        assert hole[drawn][: drawn.sum() // 4].mean() > 0.4
        assert hole[148:153, 300].any() == crossed


def test_it_ends_where_the_contrast_fades() -> None:
    pixels, _ = scratched([(40, 150), (200, 150)], 3, 70)
    hole = followed(pixels, 60, 150)
    assert hole[150, 195]
    assert not hole[:, 210:].any()
    assert not hole[:, :30].any()


def test_an_edge_is_no_scratch() -> None:
    levels = np.clip(np.rint(ground(1.0)), 0, 255).astype(np.uint8)
    levels[:, 200:] //= 3
    assert not followed(levels[..., None].repeat(3, axis=2), 200, 150).any()


def test_grain_is_no_scratch() -> None:
    levels = np.clip(np.rint(ground(6.0)), 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    assert [place for place in ((100, 80), (200, 150), (300, 220)) if followed(levels, *place).any()] == []


@pytest.mark.parametrize("place", [(0, 0), (W - 1, H - 1), (W - 1, 0)])
def test_a_scratch_through_a_corner_of_the_photo(place: tuple[int, int]) -> None:
    pixels, drawn = scratched([(-9, -9), (60, 60)], 3, 80)
    hole = followed(pixels, *place)
    assert hole[drawn].mean() > 0.97 if place == (0, 0) else not hole.any()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2)])
def test_photos_of_a_few_pixels(size: tuple[int, int]) -> None:
    follow_scratch(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8), 0, 0)
