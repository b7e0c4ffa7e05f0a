import numpy as np
import pytest
from PIL import Image

from inlay.labels import CELEBAMASK_HQ
from inlay.visualize.grids import (
    GAP,
    MARGIN,
    PAPER,
    ROW,
    SIDE,
    STRIPES,
    Panel,
    fill_sheet,
    legend,
    panels_in_a_row,
    show_hole,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("size", [(40, 40), (400, 300), (30, 1200), (1, 1), (1000, 1000)])
def test_a_sheet_has_three_panels_and_names(size: tuple[int, int]) -> None:
    photo = RNG.integers(0, 256, (*size, 3), dtype=np.uint8)
    hole = RNG.random(size) < 0.2
    label = RNG.integers(0, 19, size, dtype=np.uint8)
    sheet = fill_sheet(photo, hole, label, photo, labels=CELEBAMASK_HQ)
    scale = min(max(SIDE, *size), 2 * SIDE) / max(size)
    width, height = max(1, round(size[1] * scale)), max(1, round(size[0] * scale))
    assert sheet.mode == "RGB"
    assert sheet.width == 3 * width + 2 * GAP + 2 * MARGIN
    assert sheet.height > height + MARGIN + ROW
    assert fill_sheet(photo, hole, label, photo, labels=CELEBAMASK_HQ, footer="a line").height > sheet.height


def test_the_panels_show_what_they_say() -> None:
    photo = np.full((SIDE, SIDE, 3), (10, 200, 30), dtype=np.uint8)
    result = np.full((SIDE, SIDE, 3), (90, 20, 130), dtype=np.uint8)
    hole = np.zeros((SIDE, SIDE), dtype=bool)
    hole[:, 200:] = True
    label = np.full((SIDE, SIDE), 13, dtype=np.uint8)
    sheet = np.asarray(fill_sheet(photo, hole, label, result, labels=CELEBAMASK_HQ))
    row = sheet[MARGIN + ROW + 50]
    assert tuple(row[MARGIN + 50]) == (10, 200, 30)
    assert tuple(row[MARGIN + 250]) in STRIPES
    assert tuple(row[MARGIN + SIDE + GAP + 50]) == CELEBAMASK_HQ.classes[13].color
    assert tuple(row[MARGIN + 2 * (SIDE + GAP) + 50]) == (90, 20, 130)


def test_known_pixels_stay_visible_up_to_the_edge() -> None:
    picture = Image.fromarray(RNG.integers(0, 256, (60, 80, 3), dtype=np.uint8))
    hole = np.zeros((30, 40), dtype=bool)
    hole[10:20, 10:30] = True
    shown = np.asarray(show_hole(picture, hole))
    large = hole.repeat(2, axis=0).repeat(2, axis=1)
    inner = shown[large]
    assert {tuple(color) for color in inner.tolist()} == set(STRIPES)
    changed = (shown != np.asarray(picture)).any(axis=2) & ~large
    assert changed[19:41, 19:61].sum() == changed.sum() > 0


def test_a_legend_breaks_its_rows() -> None:
    wide, narrow = (legend(CELEBAMASK_HQ, list(range(19)), width) for width in (2000, 200))
    assert wide.size == (2000, ROW)
    assert narrow.width == 200
    assert narrow.height > 5 * ROW
    colors = {tuple(c) for c in np.asarray(narrow).reshape(-1, 3).tolist()}
    assert {c.color for c in CELEBAMASK_HQ.classes} <= colors


def test_panels_of_different_widths() -> None:
    panels = [Panel("a", Image.new("RGB", (30, 50), "red")), Panel("b", Image.new("RGB", (60, 50), "blue"))]
    row = np.asarray(panels_in_a_row(panels))
    assert row.shape[1] == 90 + GAP + 2 * MARGIN
    assert tuple(row[MARGIN + ROW + 10, MARGIN + 40]) == PAPER
    assert tuple(row[MARGIN + ROW + 10, MARGIN + 60]) == (0, 0, 255)
