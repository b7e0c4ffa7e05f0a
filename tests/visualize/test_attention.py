"""Attention as pictures."""

import numpy as np
import pytest
from PIL import Image

from inlay.visualize.attention import Look, attention_panel, attention_sheet, choose_points, heat_colors


def test_blue_is_low_and_red_is_high() -> None:
    low, high = heat_colors(np.array([[0.0, 1.0]]))[0].astype(int)
    assert low[2] > low[0] + 100
    assert high[0] > high[2] + 100


def test_colors_change_smoothly() -> None:
    colors = heat_colors(np.linspace(0, 1, 256)[None])[0].astype(int)
    assert np.abs(np.diff(colors, axis=0)).max() < 8


@pytest.mark.parametrize("size", [(200, 200), (160, 240)])
def test_the_diamond_lies_at_the_point(size: tuple[int, int]) -> None:
    look = Look((4, 12), np.full((16, 16), 0.5), "title")
    panel = attention_panel(Image.new("RGB", size, "white"), look)
    shown = np.asarray(panel.picture)
    assert shown.shape == (size[1], size[0], 3)
    rows, columns = np.nonzero((shown == 0).all(axis=-1))
    assert rows.mean() == pytest.approx(4 / 16 * size[1], abs=1)
    assert columns.mean() == pytest.approx(12 / 16 * size[0], abs=1)


def test_sheet_has_a_panel_a_point_in_rows_of_five() -> None:
    hole = np.zeros((40, 40), dtype=bool)
    hole[10:30, 10:30] = True
    looks = [Look((20, 20), np.zeros((40, 40)), str(n)) for n in range(6)]
    photo = Image.new("RGB", (40, 40), "tan")
    one, six = (attention_sheet(photo, hole, looks[:n]) for n in (1, 6))
    assert six.width > 2 * one.width
    assert six.height == 2 * one.height


def test_points_are_chosen_by_class_and_lie_inside() -> None:
    label = np.zeros((40, 40), dtype=np.uint8)
    label[:, 20:] = 1
    label[0:3, 0:3] = 2
    hole = np.zeros((40, 40), dtype=bool)
    hole[5:25, 5:35] = True
    hole[0:2, 0:2] = True
    points = choose_points(label, hole, 5)
    assert [label[p] for p in points] == [0, 1, 2]
    assert all(hole[p] for p in points)
    (y, x), _, _ = points
    assert 12 <= y <= 17
    assert 10 <= x <= 14
    assert choose_points(label, hole, 1) == points[:1]
