"""Gaussians, falls and changes of size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlay.pixels import filters
from inlay.pixels.filters import enlarged, fading, reduced, smoothed


@given(st.floats(1, 5), st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_a_window_of_an_enlarged_picture_is_cut_out_of_it(factor: float, h: int, w: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    small = reduced(rng.uniform(0, 255, (h, w)).astype(np.float32), factor)
    top, left = int(rng.integers(h)), int(rng.integers(w))
    size = (int(rng.integers(1, h - top + 1)), int(rng.integers(1, w - left + 1)))
    window = enlarged(small, factor, size, (top, left))
    whole = enlarged(small, factor, (h, w))
    np.testing.assert_allclose(window, whole[top : top + size[0], left : left + size[1]], atol=0.01)


def test_smoothing_and_fading_equal_their_slow_forms() -> None:
    rng = np.random.default_rng(0)
    values, spread = rng.uniform(0, 1, (9, 11, 2)).astype(np.float32), 1.3
    reach = range(-4, 5)
    weights = [np.exp(-0.5 * (d / spread) ** 2) for d in reach]
    expected = np.zeros_like(values)
    for y in range(9):
        for x in range(11):
            for down, of_down in zip(reach, weights, strict=True):
                for right, of_right in zip(reach, weights, strict=True):
                    there = values[min(max(y + down, 0), 8), min(max(x + right, 0), 10)]
                    expected[y, x] += of_down * of_right * there / sum(weights) ** 2
    np.testing.assert_allclose(smoothed(values, spread), expected, atol=1e-5)
    hole = np.zeros((12, 12), dtype=bool)
    hole[3:9, 2:10] = True
    steps = [
        [min((abs(y - v) + abs(x - u) for v, u in np.argwhere(~hole)), default=99) for x in range(12)]
        for y in range(12)
    ]
    np.testing.assert_allclose(
        fading(hole, 3), np.clip(1 - (np.array(steps) - 1) / 3, 0, 1) * hole, atol=1e-6
    )


def test_wide_gaussians_are_nearly_the_same_at_a_reduced_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for what lies at the border, which is reduced before it is continued."""
    rng = np.random.default_rng(0)
    values = smoothed(rng.uniform(0, 255, (240, 270, 3)).astype(np.float32), 3.0)
    within, spreads = np.s_[90:-90, 90:-90], (13.0, 24.0)
    quick = [smoothed(values, spread)[within] for spread in spreads]
    monkeypatch.setattr(filters, "NARROW", np.inf)
    for one, spread in zip(quick, spreads, strict=True):
        exact = smoothed(values, spread)[within]
        assert np.abs(one - exact).max() < 0.02 * np.ptp(exact)
