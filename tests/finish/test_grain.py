"""Grain in a fill."""

import numpy as np
import pytest

from finish.scenes import flat_scene
from inlay.finish.grain import Grain
from inlay.pixels.filters import LUMA, smoothed

SIDE = 200


def hole(start: int = 70, stop: int = 130) -> np.ndarray:
    result = np.zeros((SIDE, SIDE), dtype=bool)
    result[start:stop, start:stop] = True
    return result


def grained(spread: float, soft: float = 0.0, *, grey: bool = True, seed: int = 0) -> np.ndarray:
    """A slope with noise of one standard deviation, smoothed by `soft` before."""
    shape = (SIDE, SIDE, 1 if grey else 3)
    noise = np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
    noise = smoothed(noise, soft) if soft else noise
    slope = np.linspace(90, 150, SIDE, dtype=np.float32)[:, None, None]
    return (slope + spread * noise / noise.std()) * np.ones(3, np.float32)


def smooth_fill() -> np.ndarray:
    return np.linspace(90, 150, SIDE, dtype=np.float32)[:, None, None] * np.ones((SIDE, SIDE, 3), np.float32)


def fine(picture: np.ndarray) -> np.ndarray:
    brightness = picture @ LUMA
    return brightness - smoothed(brightness, 2.0)


def filled(photo: np.ndarray, fill: np.ndarray, where: np.ndarray, grain: Grain = Grain()) -> np.ndarray:  # noqa: B008
    return np.where(where[..., None], grain(flat_scene(photo, where), fill), photo)


@pytest.mark.parametrize("soft", [0.0, 0.8, 1.5])
@pytest.mark.parametrize("spread", [4.0, 8.0])
def test_the_grain_in_the_fill_is_as_strong_as_around_it(spread: float, soft: float) -> None:
    photo, where = grained(spread, soft), hole()
    ratio = fine(filled(photo, smooth_fill(), where))[where].std() / fine(photo)[~where].std()
    assert 0.8 < ratio < 1.2


@pytest.mark.parametrize("soft", [0.0, 1.0])
def test_the_spectrum_is_the_photos(soft: float) -> None:
    """Neighbours are as alike as in the photo."""
    photo, where = grained(6.0, soft), hole()
    result = fine(filled(photo, smooth_fill(), where))
    inner = np.s_[75:125, 75:125]
    for step in (1, 2, 3):
        ours, theirs = (
            float((p[:, step:] * p[:, :-step]).mean() / np.square(p).mean())
            for p in (result[inner], fine(photo)[:60])
        )
        assert abs(ours - theirs) < 0.12


def test_a_photo_without_grain_gets_none() -> None:
    photo, fill = smooth_fill(), smooth_fill() + 1
    assert Grain()(flat_scene(photo, hole()), fill) is fill
    faint = grained(1.0)
    assert Grain()(flat_scene(faint, hole()), fill) is fill


def test_a_blank_part_takes_no_part() -> None:
    """Places that are white all over say nothing about grain, and the rest is grained."""
    photo, where = grained(6.0), hole()
    photo[:, 140:] = 255
    ratio = (
        fine(filled(photo, smooth_fill(), where))[where].std() / fine(photo)[:, :130][~where[:, :130]].std()
    )
    assert 0.8 < ratio < 1.2
    clean = smooth_fill()
    clean[:, 140:] = 255
    clean[:60, :130] = grained(6.0)[:60, :130]
    fill = smooth_fill()
    assert np.abs(Grain()(flat_scene(clean, where), fill) - fill).max() < 40


def test_textured_places_do_not_count_as_grain() -> None:
    """Three quarters are strong stripes, the rest is flat."""
    photo = smooth_fill()
    photo[:, : 3 * SIDE // 4] += (30 * (np.arange(3 * SIDE // 4) // 2 % 2))[None, :, None].astype(np.float32)
    fill = smooth_fill()
    assert Grain()(flat_scene(photo, hole()), fill) is fill


def test_a_fill_that_has_grain_gets_no_more() -> None:
    photo, where = grained(6.0), hole()
    fill = grained(6.0, seed=1)
    ratio = fine(filled(photo, fill, where))[where].std() / fine(fill)[where].std()
    assert 0.98 < ratio < 1.15


def test_grey_photos_get_grey_grain_and_coloured_ones_coloured() -> None:
    where = hole()
    grey = filled(grained(6.0), smooth_fill(), where)[where]
    assert np.ptp(grey, axis=-1).max() < 0.01
    photo = grained(6.0, grey=False)
    colored = filled(photo, smooth_fill(), where)
    ours, theirs = (
        np.corrcoef((p - smoothed(p, 2.0))[w].T)[0, 1] for p, w in ((colored, where), (photo, ~where))
    )
    assert abs(ours - theirs) < 0.1


def test_grain_follows_brightness() -> None:
    """The dark half of the photo is clean, the light one is grainy."""
    photo = smooth_fill()
    noise = np.random.default_rng(0).normal(0, 8, (SIDE, SIDE, 1)).astype(np.float32)
    photo[120:] += noise[120:]
    where = np.zeros((SIDE, SIDE), dtype=bool)
    where[20:180, 90:110] = True
    result = fine(filled(photo, smooth_fill(), where, Grain(least=0.5)))
    assert result[30:80, 92:108].std() < 0.4 * result[140:170, 92:108].std()


def test_the_hole_is_not_read_and_nothing_outside_changes() -> None:
    photo, where = grained(6.0), hole()
    unread = np.where(where[..., None], np.float32(np.nan), photo)
    one, two = (Grain()(flat_scene(p, where), smooth_fill()) for p in (photo, unread))
    assert np.array_equal(one, two)
    assert np.array_equal(one[~where], smooth_fill()[~where])
