"""Patterns of a layout: each pixel's neighbourhood is found again, and nothing is kept twice."""

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inlay.networks.patterns import find_patterns, spread
from inlay.networks.regions import one_hot

layouts = st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 8), st.integers(1, 6)).flatmap(
    lambda s: st.tuples(arrays(np.int64, s[:3], elements=st.integers(0, s[3] - 1)), st.just(s[3]))
)


def neighbourhood(label: np.ndarray, b: int, y: int, x: int, reach: int, outside: int) -> tuple[int, ...]:
    """The classes around a pixel, pixel by pixel."""
    _, h, w = label.shape
    span = range(-reach, reach + 1)
    return tuple(
        int(label[b, y + dy, x + dx]) if 0 <= y + dy < h and 0 <= x + dx < w else outside
        for dy in span
        for dx in span
    )


@settings(max_examples=60, deadline=None)
@given(layouts)
def test_patterns_are_the_neighbourhoods(given_layout: tuple[np.ndarray, int]) -> None:
    label, classes = given_layout
    patterns = find_patterns(torch.from_numpy(label), classes)
    b, h, w = label.shape
    cells, around, place = patterns.cells.tolist(), patterns.around.tolist(), patterns.place.tolist()
    firsts = np.cumsum([0, *patterns.counts])
    owners = {}
    for n in range(b):
        for y in range(h):
            for x in range(w):
                row = place[n][y][x]
                assert firsts[n] <= row < firsts[n + 1]
                assert tuple(cells[around[row][4]]) == neighbourhood(label, n, y, x, 1, classes)
                for at, (dy, dx) in enumerate((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)):
                    inside = 0 <= y + dy < h and 0 <= x + dx < w
                    expected = neighbourhood(label, n, y + dy, x + dx, 1, classes) if inside else None
                    found = around[row][at]
                    assert (tuple(cells[found]) if found < len(cells) else None) == expected
                owners.setdefault((n, neighbourhood(label, n, y, x, 2, classes)), row)
    assert len(set(map(tuple, cells))) == len(cells)
    assert len(set(owners.values())) == len(owners) == sum(patterns.counts) == len(around)


@settings(max_examples=30, deadline=None)
@given(layouts)
def test_two_convolutions_by_patterns(given_layout: tuple[np.ndarray, int]) -> None:
    label, classes = torch.from_numpy(given_layout[0]), given_layout[1]
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(4, classes, 3, 3, generator=generator, dtype=torch.float64)
    second = torch.randn(5, 4, 3, 3, generator=generator, dtype=torch.float64)
    patterns = find_patterns(label, classes)
    hidden = torch.tanh(1 + patterns.one_hot_cells().double() @ first.flatten(1).T)
    around = F.pad(hidden, (0, 0, 0, 1))[patterns.around].flatten(1)
    rows = around @ second.permute(0, 2, 3, 1).flatten(1).T
    middle = torch.tanh(1 + F.conv2d(one_hot(label, classes).double(), first, padding=1))
    expected = F.conv2d(middle, second, padding=1)
    torch.testing.assert_close(spread(rows, patterns.place), expected)


def test_a_layout_of_regions_has_few_patterns() -> None:
    y, x = np.mgrid[:128, :128]
    label = torch.from_numpy((np.hypot(y - 60, x - 64) < 40).astype(np.int64))[None]
    assert sum(find_patterns(label, 19).counts) < 0.05 * 128 * 128
