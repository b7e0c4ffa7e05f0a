"""Known pixels continued smoothly into a hole."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.networks.regions import smooth_fill
from inlay.pixels import continuation
from inlay.pixels.continuation import extend, known_means

RNG = np.random.default_rng(0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 99))
def test_known_values_stay_and_the_fill_lies_between_them(h: int, w: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-90, 300, (h, w, 3)).astype(np.float32)
    hole = rng.random((h, w)) < share
    filled = extend(values, hole)
    assert np.array_equal(filled[~hole], values[~hole])
    if 0 < hole.sum() < hole.size:
        low, high = values[~hole].min(axis=0), values[~hole].max(axis=0)
        assert (filled[hole] >= low - 1e-3).all()
        assert (filled[hole] <= high + 1e-3).all()


def test_what_lies_in_the_hole_does_not_matter() -> None:
    values = RNG.random((20, 30, 3), dtype=np.float32)
    hole = np.zeros((20, 30), dtype=bool)
    hole[5:15, 8:20] = True
    other = np.where(hole[..., None], np.float32(99), values)
    assert np.array_equal(extend(values, hole), extend(other, hole))


def test_small_pictures_are_filled_as_the_networks_fill_them() -> None:
    values = RNG.random((20, 30, 3), dtype=np.float32)
    hole = RNG.random((20, 30)) < 0.4
    expected = smooth_fill(
        torch.from_numpy(values).movedim(-1, 0)[None], torch.from_numpy(hole)[None, None].float()
    )
    assert np.allclose(extend(values, hole), expected[0].movedim(0, -1).numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(64, 90), (61, 47), (33, 100)])
def test_large_pictures_are_filled_from_a_smaller_one(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    values = np.stack([x, y, x + y], axis=-1)
    hole = np.zeros(size, dtype=bool)
    hole[10:25, 12:30] = True
    exact = extend(values, hole)
    monkeypatch.setattr(continuation, "WORKING", 32)
    close = extend(values, hole)
    assert np.array_equal(close[~hole], values[~hole])
    assert np.abs(close - exact).max() < 6


@settings(max_examples=20, deadline=None)
@given(h=st.integers(1, 20), w=st.integers(1, 20), factor=st.integers(1, 5), seed=st.integers(0, 99))
def test_known_means_equal_their_slow_form(h: int, w: int, factor: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, hole = rng.uniform(0, 255, (h, w, 3)).astype(np.float32), rng.random((h, w)) < 0.6
    means, unknown = known_means(np.where(hole[..., None], np.float32(0), values), hole, factor)
    for y, x in np.ndindex(*means.shape[:2]):
        block = np.s_[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        known = values[block][~hole[block]]
        assert unknown[y, x] == (len(known) == 0)
        if len(known):
            np.testing.assert_allclose(means[y, x], known.mean(axis=0), rtol=1e-4)
