"""Fills joined to the known pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finish.scenes import flat_scene
from inlay.errors import UserError
from inlay.finish.join import Join
from inlay.finish.strength import Strength
from inlay.pixels.continuation import extend


def scene(seed: int, h: int = 14, w: int = 17) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    fill, photo = (rng.uniform(0, 255, (h, w, 3)).astype(np.float32) for _ in range(2))
    hole = rng.random((h, w)) < 0.4
    hole[rng.integers(h), rng.integers(w)] = False
    hole[h // 2, w // 2] = True
    return fill, photo, hole


def square(size: int = 61, depth: int = 10) -> np.ndarray:
    hole = np.zeros((size, size), dtype=bool)
    hole[depth:-depth, depth:-depth] = True
    return hole


def test_a_fill_that_is_wrong_by_a_constant_is_put_right() -> None:
    _, photo, hole = scene(4)
    joined = Join()(flat_scene(photo, hole), photo + 20)
    np.testing.assert_allclose(joined[hole], photo[hole], atol=0.01)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), feather=st.floats(0, 5), amount=st.floats(0, 1))
def test_joined_and_mixed_fills_are_finite(seed: int, feather: float, amount: float) -> None:
    fill, photo, hole = scene(seed)
    unread = flat_scene(np.where(hole[..., None], np.nan, photo), hole)
    joined = Join(feather)(unread, fill)
    assert np.isfinite(Strength(amount)(unread, joined)[hole]).all()


@pytest.mark.parametrize("feather", [4.0, 12.0])
@pytest.mark.parametrize("scale", [1.0, 2.0, 4.0])
def test_a_feather_is_so_many_pixels_of_the_photo_whatever_the_scale(feather: float, scale: float) -> None:
    """A crop of a half or a quarter of the photo's size has a half or a quarter of the feather's pixels."""
    hole, photo = square(), np.zeros((61, 61, 3), dtype=np.float32)
    joined = Join(feather)(flat_scene(photo, hole, scale=scale), photo + 90)
    row = joined[30, 10:51, 0]
    pixels = feather / scale
    depth = np.minimum(np.arange(41), np.arange(41)[::-1])
    np.testing.assert_allclose(row, 90 * np.clip(depth / pixels, 0, 1), atol=1)


def test_in_one_of_several_windows_the_correction_fades_out() -> None:
    """Over the window's pixels, or over the feather where that is shorter."""
    hole, photo = square(101), np.zeros((101, 101, 3), dtype=np.float32)
    window, whole = flat_scene(photo, hole, is_window=True), flat_scene(photo, hole)
    assert Join()(window, photo + 90)[50, 50, 0] == pytest.approx(90)
    assert Join()(whole, photo + 90)[50, 50, 0] == pytest.approx(0, abs=0.1)
    near = [Join(feather)(window, photo + 90)[50, 18, 0] for feather in (0.0, 4.0, 32.0, 99.0)]
    assert near[1] == pytest.approx(90)
    assert near[0] == near[2] == near[3] < 30


@pytest.mark.parametrize("feather", [-1.0, float("nan")])
def test_unusable_feathers_are_named(feather: float) -> None:
    with pytest.raises(UserError, match="0 pixels or more"):
        Join(feather)


def test_strength_0_is_the_smooth_continuation_and_half_lies_between() -> None:
    fill, photo, hole = scene(3)
    window, smooth = flat_scene(photo, hole), extend(photo, hole)
    np.testing.assert_allclose(Strength(0.0)(window, fill), smooth, atol=1e-4)
    np.testing.assert_allclose(Strength(0.5)(window, fill), (fill + smooth) / 2, atol=1e-3)


@pytest.mark.parametrize("amount", [-0.1, 2.0, float("nan")])
def test_unusable_strengths_are_named(amount: float) -> None:
    with pytest.raises(UserError, match="from 0 to 1"):
        Strength(amount)
