"""Lines that are followed through a hole, and the detail that is carried along them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.pixels.biharmonic import biharmonic
from inlay.pixels.streamlines import follow, sample
from inlay.pixels.transport import LineTransport


def stripes(angle: float, size: int = 64) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    bright = 120 + 50 * np.sin((x * np.cos(angle) + y * np.sin(angle)) / 1.6)
    return np.repeat(bright[..., None], 3, axis=2).astype(np.float32)


def band(size: int = 64, width: int = 5) -> np.ndarray:
    hole = np.zeros((size, size), dtype=bool)
    hole[size // 2 - width // 2 : size // 2 + width - width // 2] = True
    return hole


@pytest.mark.parametrize("toward", [1, -1])
def test_a_straight_line_is_reflected_at_the_rim(toward: int) -> None:
    """A pixel n steps from the known ones ends n steps, and one, beyond the first of them."""
    steps = np.zeros((20, 30, 2), np.float32)
    steps[..., 0] = 1
    hole = np.zeros((20, 30), dtype=bool)
    hole[8:13] = True
    start = np.argwhere(hole)
    ends = follow(start, toward * steps[tuple(start.T)], steps, hole, 15)
    assert ends.found.all()
    first = 13 if toward > 0 else 7
    assert np.array_equal(ends.steps, np.abs(first - start[:, 0]))
    assert np.array_equal(ends.place[:, 0], first + toward * ends.steps)
    assert np.array_equal(ends.place[:, 1], start[:, 1])


def test_lines_that_leave_the_picture_or_are_too_long_are_not_found() -> None:
    steps = np.zeros((20, 30, 2), np.float32)
    steps[..., 0] = 1
    hole = np.zeros((20, 30), dtype=bool)
    hole[4:] = True
    start = np.argwhere(hole)
    down = follow(start, steps[tuple(start.T)], steps, hole, 40)
    assert not down.found.any()
    up = follow(start, -steps[tuple(start.T)], steps, hole, 6)
    assert np.array_equal(up.found, start[:, 0] < 10)
    # Too few known rows to go as far again: the line turns back among them.
    assert up.place[up.found].min() >= 0


@settings(max_examples=20, deadline=None)
@given(h=st.integers(1, 9), w=st.integers(1, 9), seed=st.integers(0, 99))
def test_sampling_equals_its_slow_form(h: int, w: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, place = rng.normal(size=(h, w, 2)), rng.uniform(-2, 11, (20, 2))
    expected = np.zeros((20, 2))
    for n, (y, x) in enumerate(place.clip(0, (h - 1, w - 1))):
        for v, u in np.ndindex(h, w):
            expected[n] += max(0, 1 - abs(y - v)) * max(0, 1 - abs(x - u)) * values[v, u]
    np.testing.assert_allclose(sample(values, place), expected, atol=1e-5)


@pytest.mark.parametrize("angle", [0.0, 0.4, -0.6])
@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_lines_are_carried_across(angle: float, factor: float) -> None:
    photo = np.kron(stripes(angle), np.ones((int(factor), int(factor), 1), np.float32))
    hole = np.kron(band(), np.ones((int(factor), int(factor)))) > 0
    smooth = biharmonic(photo, hole)
    change = LineTransport()(smooth, hole, hole, factor)
    before, after = (np.square(one - photo)[hole].mean() for one in (smooth, smooth + change))
    assert after < 0.8 * before
    assert not change[~hole].any()


def test_only_asked_pixels_change_and_the_hole_is_read_nowhere_else() -> None:
    photo, hole = stripes(0.3), band()
    asked = hole & (np.arange(64) < 30)
    change = LineTransport()(biharmonic(photo, hole), hole, asked)
    assert change[asked].any()
    assert not change[~asked].any()


def test_without_lines_nothing_is_carried() -> None:
    """Grain has no direction; nothing known, or nothing asked, gives nothing either."""
    plain = np.full((64, 64, 3), 90, np.float32)
    transport, hole = LineTransport(), band()
    assert np.abs(transport(plain, hole, hole)).max() < 1e-3
    everything, nothing = np.ones_like(hole), np.zeros_like(hole)
    assert not transport(stripes(0.3), everything, everything).any()
    assert not transport(stripes(0.3), hole, nothing).any()
