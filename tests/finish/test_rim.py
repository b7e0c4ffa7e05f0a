"""Known pixels extended across the rim."""

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st

from finish.scenes import flat_scene
from inlay.finish.masked import Masked
from inlay.finish.rim import Rim
from inlay.finish.widen import Distrust
from inlay.pixels.continuation import extend

SIZE, STANDARD = 256, Rim()


def scratch(size: int, width: int) -> np.ndarray:
    """From the upper left to the lower right, not quite along the diagonal."""
    y, x = np.mgrid[:size, :size]
    return np.abs(0.8 * x - 0.6 * y - 0.1 * size) < width / 2


def texture(angle: float, size: int = SIZE) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    across = x * np.cos(angle) + y * np.sin(angle)
    bright = 120 + 40 * np.sin(across / 1.6) + 25 * np.sign(np.sin(across / 9))
    return np.repeat(bright[..., None], 3, axis=2).astype(np.float32)


def with_rim(
    fill: np.ndarray, photo: np.ndarray, hole: np.ndarray, unit: float, rim: Rim = STANDARD
) -> np.ndarray:
    return rim(flat_scene(photo, hole, unit), fill)


def error(one: np.ndarray, other: np.ndarray, place: np.ndarray) -> float:
    return float(np.square((one - other)[place]).mean())


@pytest.mark.parametrize("angle", [0.5, 0.9, 1.3])
def test_lines_go_on_across_a_scratch(angle: float) -> None:
    """A fill that knows nothing, and the smooth continuation, are both far from the lines that go on."""
    photo, hole = texture(angle), scratch(SIZE, 5)
    result = with_rim(np.full_like(photo, 120), photo, hole, 4.0)
    smooth = extend(np.where(hole[..., None], 0, photo), hole)
    assert error(result, photo, hole) < 0.5 * error(smooth, photo, hole)


def test_deep_in_a_hole_the_fill_stays_and_known_pixels_always() -> None:
    photo = texture(0.3)
    hole = np.zeros((SIZE, SIZE), dtype=bool)
    hole[60:200, 60:200] = True
    fill = np.where(hole[..., None], np.float32(70), photo)
    result = with_rim(fill, photo, hole, 2.0)
    assert np.array_equal(result[~hole], photo[~hole])
    assert np.array_equal(result[70:190, 70:190], fill[70:190, 70:190])
    edge = np.abs(result[60, 70:190] - fill[60, 70:190]).mean()
    assert edge > 20


def test_windows_leave_no_seams() -> None:
    """But for single lines that tip over, what small windows give is what one window gives."""
    photo, hole = texture(0.9), scratch(SIZE, 6)
    fill = np.full_like(photo, 120)
    whole = with_rim(fill, photo, hole, 2.0)
    apart = np.abs(with_rim(fill, photo, hole, 2.0, Rim(window=48)) - whole)[hole]
    assert apart.mean() < 2
    assert np.mean(apart > 2) < 0.1


def test_a_photo_that_is_all_hole_is_left() -> None:
    everything = np.ones((40, 40), dtype=bool)
    assert not STANDARD.wants(flat_scene(np.full((40, 40, 3), np.nan), everything))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), h=st.integers(1, 60), w=st.integers(1, 60), unit=st.floats(0.1, 14))
def test_whatever_the_hole_the_result_is_finite(seed: int, h: int, w: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    hole = rng.random((h, w)) < rng.uniform(0.05, 0.95)
    photo = np.where(hole[..., None], np.nan, rng.uniform(0, 255, (h, w, 3))).astype(np.float32)
    fill = np.where(hole[..., None], np.float32(120), photo)
    result = with_rim(fill, photo, hole, float(unit))
    assert np.isfinite(result).all()
    assert np.array_equal(result[~hole], fill[~hole])


@pytest.mark.parametrize("beyond", [5, 20, 60])
def test_windows_that_meet_the_photo_s_border_do_it_once(beyond: int) -> None:
    photo = np.full((220, 90, 3), 150, np.float32)
    hole = np.zeros((220, 90), dtype=bool)
    hole[20 : 220 - beyond, 40:46] = True
    fill = np.where(hole[..., None], np.float32(120), photo)
    result = with_rim(fill, photo, hole, 4.0, Rim(window=48))
    assert np.ptp(result[24 : 216 - beyond, 40:46], axis=0).max() < 0.5
    assert 140 < result[hole].min() <= result.max() <= 150.01


def test_the_edge_of_a_damage_is_not_extended_into_the_hole() -> None:
    """One pixel of a white thing stays around its hole: it is distrusted, and what lies behind it goes on."""
    photo, hole = np.full((120, 120, 3), 80, np.uint8), np.zeros((120, 120), dtype=bool)
    hole[40:80, 40:80] = True
    edge = ~hole & scipy.ndimage.binary_dilation(hole)
    photo[edge] = 200
    unknown = Distrust()(photo, Masked.of(hole)).unknown
    assert unknown[edge].all()
    fill = np.where(unknown[..., None], np.float32(85), photo.astype(np.float32))
    extended = with_rim(fill, photo.astype(np.float32), unknown, 4.0)
    assert np.abs(extended - fill)[hole].max() < 6
