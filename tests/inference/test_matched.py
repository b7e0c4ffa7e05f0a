"""Detail of known patches that match, and the patches that a grid of tokens takes and lays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.inference.frame import Frame
from inlay.inference.matched import FEWEST, TOKEN, carry_matched, matches
from inlay.inference.patch_grid import PatchGrid


def squares(size: int, box: tuple[int, int, int, int]) -> np.ndarray:
    hole = np.zeros((size, size), dtype=bool)
    top, bottom, left, right = box
    hole[top:bottom, left:right] = True
    return hole


def carried(residual: np.ndarray, hole: np.ndarray, canvas: np.ndarray, label: np.ndarray) -> np.ndarray:
    frame = Frame.around(hole.shape, len(canvas))
    return carry_matched(residual.astype(np.float32), hole, frame, canvas, frame.hole(hole), label)


def test_each_half_gets_its_own_texture() -> None:
    """Left of the middle stripes across, right of it stripes along, told apart by the fill's colour alone."""
    y, x = np.mgrid[:128, :128]
    left = x < 64
    stripes = np.where(left, 8.0 * (y % 4 < 2) - 4, 8.0 * (x % 4 < 2) - 4)
    hole = squares(128, (40, 88, 40, 88))
    canvas = np.where(left[::2, ::2, None], 60.0, 180.0).astype(np.float32) * np.ones(3, np.float32)
    label = np.zeros((64, 64), dtype=np.uint8)
    laid = carried(np.repeat(stripes[..., None], 3, axis=2), hole, canvas, label)
    assert not laid[~hole].any()
    for side in (slice(46, 54), slice(74, 82)):
        part = laid[46:82, side, 0]
        across, along = (np.abs(np.diff(part, axis=axis)).mean() for axis in (0, 1))
        assert (across > 4 * along) if side.start < 64 else (along > 4 * across)


def test_only_what_is_known_and_of_the_class_is_laid() -> None:
    """Another class, a loud ornament and the hole's own former pixels never come into the hole."""
    hole = squares(128, (40, 88, 40, 88))
    label = np.zeros((64, 64), dtype=np.uint8)
    label[:, 48:] = 1
    rng = np.random.default_rng(0)
    residual = rng.normal(0, 1, (128, 128, 3))
    residual[:, 96:] = 50
    residual[100:108, 20:28] = 90
    canvas = rng.uniform(0, 255, (64, 64, 3)).astype(np.float32)
    laid = carried(residual, hole, canvas, label)
    assert 0.3 < np.abs(laid[hole]).mean() < 2
    assert np.abs(laid).max() < 10
    other = np.where(hole[..., None], 99, residual)
    assert np.array_equal(carried(other, hole, canvas, label), laid)


def test_nothing_known_of_the_class_leaves_the_fill() -> None:
    hole = squares(128, (40, 88, 40, 88))
    label = np.zeros((64, 64), dtype=np.uint8)
    label[20:44, 20:44] = 3
    residual, canvas = np.ones((128, 128, 3)), np.zeros((64, 64, 3), dtype=np.float32)
    assert not carried(residual, hole, canvas, label).any()
    # Nor do its neighbours' patches reach far into it.
    mostly = label.copy()
    mostly[20:44, 20:32] = 0
    laid = carried(residual, hole, canvas, mostly)[40:88, 64:88]
    assert not laid[:, 8:].any()
    assert np.abs(laid[:, 4:8]).max() < 0.5
    everything = np.ones((128, 128), dtype=bool)
    assert not carried(residual, everything, canvas, label).any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_matches_are_usable_tokens_of_the_class(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, (12, 14))
    asks = rng.random((12, 14)) < 0.3
    usable = ~asks & (rng.random((12, 14)) < 0.8)
    tokens, sources = matches(rng.normal(size=(12, 14, 2)), classes, asks, usable)
    counts = np.bincount(classes[usable], minlength=3)
    assert set(tokens) == set(np.flatnonzero(asks & (counts[classes] >= FEWEST)))
    assert usable.ravel()[sources].all()
    assert (classes.ravel()[sources] == classes.ravel()[tokens]).all()


def test_matches_are_nearly_the_best_and_hang_together() -> None:
    """Of a place that occurs twice the first copy is found for the second one, in one piece."""
    rng = np.random.default_rng(3)
    features = rng.normal(0, 3, (24, 40, 3))
    features[6:18, 24:36] = features[6:18, 4:16]
    asks = np.zeros((24, 40), dtype=bool)
    asks[6:18, 24:36] = True
    usable = np.zeros((24, 40), dtype=bool)
    usable[:, :20] = True
    tokens, sources = matches(features, np.zeros((24, 40), dtype=int), asks, usable)
    assert (tokens - sources == 20).mean() > 0.95


def test_a_search_is_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    features, classes = rng.normal(size=(10, 10, 2)), np.zeros((10, 10), dtype=int)
    asks = rng.random((10, 10)) < 0.4
    one, other = (matches(features, classes, asks, ~asks) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("photo", [(70, 70), (70, 100), (130, 61), (32, 32)])
def test_the_grid_s_patches_equal_their_slow_forms(photo: tuple[int, int]) -> None:
    frame = Frame.around(photo, 32)
    th, tw = (side // TOKEN for side in frame.canvas)
    grid = PatchGrid.of(frame, (th, tw))
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 1, (*photo, 3)).astype(np.float32)
    (s, t), (h, w) = grid.side, photo
    tokens = rng.permutation(th * tw)[: th * tw // 2]
    laid, total = np.zeros((*photo, 3)), np.zeros(photo)
    window = np.outer(*(np.sin(np.pi * (np.arange(n) + 1) / (n + 1)) ** 2 for n in (s, t)))
    for token, patch in zip(tokens, grid.take(image, tokens), strict=True):
        top, left = grid.tops[token // tw], grid.lefts[token % tw]
        for y in range(s):
            for x in range(t):
                v, u = top + y, left + x
                assert np.array_equal(patch[y, x], image[min(max(v, 0), h - 1), min(max(u, 0), w - 1)])
                if 0 <= v < h and 0 <= u < w:
                    laid[v, u] += window[y, x] * patch[y, x]
                    total[v, u] += window[y, x]
        inside = top >= 0 and left >= 0 and top + s <= h and left + t <= w
        assert grid.within()[token // tw, token % tw] == inside
        if inside:
            mean = image[top : top + s, left : left + t, 0].mean()
            assert grid.means(image[..., 0].astype(float))[token // tw, token % tw] == pytest.approx(mean)
    expected = laid / np.maximum(total, 0.25)[..., None]
    np.testing.assert_allclose(grid.lay(grid.take(image, tokens), tokens), expected, atol=1e-5)
