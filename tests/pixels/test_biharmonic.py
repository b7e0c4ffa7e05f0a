"""The smoothest continuation."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.evaluation.baselines import biharmonic as of_scikit_image
from inlay.pixels.biharmonic import biharmonic


def laplacians(h: int, w: int) -> np.ndarray:
    """Each pixel's Laplacian as a row over all pixels; beyond the border there is nothing."""
    rows = np.zeros((h * w, h * w))
    for y in range(h):
        for x in range(w):
            for v, u in ((y, x + 1), (y, x - 1), (y + 1, x), (y - 1, x)):
                if 0 <= v < h and 0 <= u < w:
                    rows[y * w + x, y * w + x] += 1
                    rows[y * w + x, v * w + u] -= 1
    return rows


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), h=st.integers(1, 9), w=st.integers(2, 9))
def test_no_other_fill_has_less_of_a_laplacian(seed: int, h: int, w: int) -> None:
    """Against all Laplacians of the picture at once, by dense least squares."""
    rng = np.random.default_rng(seed)
    picture = rng.uniform(0, 255, (h, w, 2)).astype(np.float32)
    unknown = rng.random((h, w)) < rng.uniform(0.1, 0.8)
    unknown[0, 0], unknown[-1, -1] = True, False
    unread = np.where(unknown[..., None], np.float32(np.nan), picture)
    result = biharmonic(unread, unknown)
    rows, gone = laplacians(h, w), unknown.ravel()
    side = -rows[:, ~gone] @ picture.reshape(-1, 2)[~gone]
    expected = np.linalg.lstsq(rows[:, gone], side, rcond=None)[0]
    assert np.allclose(result[unknown], expected, atol=0.05)
    assert np.array_equal(result[~unknown], picture[~unknown])


def test_a_slope_goes_on_and_a_bow_nearly() -> None:
    y, x = np.mgrid[:40, :50].astype(np.float32)
    picture = np.stack([2 * x + y, 0.1 * (x - 20) ** 2 + y], axis=-1)
    hole = np.zeros((40, 50), dtype=bool)
    hole[12:20, 10:30] = True
    result = biharmonic(np.where(hole[..., None], 0, picture), hole)
    assert np.allclose(result[..., 0], picture[..., 0], atol=1e-2)
    assert np.abs(result - picture)[..., 1].max() < 1


def test_near_scikit_image_s() -> None:
    """Which sees another Laplacian next to the rim and knows no free border."""
    y, x = np.mgrid[:48, :48]
    picture = (120 + 60 * np.sin(x / 7) * np.cos(y / 9))[..., None].repeat(3, axis=2).round().astype(np.uint8)
    hole = np.zeros((48, 48), dtype=bool)
    hole[14:30, 12:28] = True
    theirs = of_scikit_image(picture, hole.astype(np.uint8)).astype(np.float32)
    ours = biharmonic(picture.astype(np.float32), hole)
    assert np.abs(ours - theirs)[hole].mean() < 2


def test_nothing_known_or_nothing_unknown_comes_back() -> None:
    picture = np.ones((5, 6, 3), np.float32)
    for gone in (np.ones((5, 6), dtype=bool), np.zeros((5, 6), dtype=bool)):
        assert biharmonic(picture, gone) is picture
