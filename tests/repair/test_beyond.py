"""Fills of what lies on no face."""

import numpy as np
import pytest

from inlay.errors import UserError
from inlay.finish.grain import Grain
from inlay.pixels.filters import LUMA, smoothed
from inlay.repair.beyond import BEYOND, beyond_parts, choose_beyond


@pytest.mark.parametrize("name", BEYOND)
def test_fills_of_a_slope(name: str) -> None:
    y, x = np.mgrid[:80, :90]
    pixels = np.stack([x, y, x + y], axis=-1).astype(np.uint8)
    hole = np.zeros((80, 90), dtype=bool)
    hole[20:30, 20:34] = hole[50:56, 60:80] = True
    taken = np.zeros_like(hole)
    for part in beyond_parts(name, pixels, hole):
        taken[part.window] |= part.taken
        assert np.abs(part.fill - pixels[part.window])[part.taken].mean() < 4
    assert np.array_equal(taken, hole)


def test_large_regions_are_solved_reduced() -> None:
    pixels, hole = np.full((300, 300, 3), 60, dtype=np.uint8), np.zeros((300, 300), dtype=bool)
    hole[40:240, 40:240] = True
    for part in beyond_parts("biharmonic", pixels, hole):
        assert np.abs(part.fill[part.taken] - 60).max() < 1


def test_unknown_methods_are_named() -> None:
    assert choose_beyond("auto") == "texture"
    with pytest.raises(UserError, match="biharmonic"):
        choose_beyond("magic")


def filled(pixels: np.ndarray, hole: np.ndarray, **more: object) -> np.ndarray:
    """The picture with all parts put in, not rounded."""
    result = pixels.astype(np.float32)
    for part in beyond_parts("texture", pixels, hole, **more):  # type: ignore[arg-type]
        assert (hole[part.window] | ~part.taken).all()
        result[part.window] = np.where(part.taken[..., None], part.fill, result[part.window])
    return result


def scratch_and_blob(side: int = 420) -> np.ndarray:
    """A long scratch through a blob, and another blob."""
    y, x = np.mgrid[:side, :side]
    hole = np.abs(x - y) < 3
    hole |= np.hypot(x - 200, y - 205) < 26
    return hole | (np.hypot(x - 330, y - 90) < 20)


def stripes(side: int = 420, period: int = 9) -> np.ndarray:
    x = np.mgrid[:side, :side][1]
    wave = 120 + 70 * np.sin(2 * np.pi * x / period)
    return np.stack([wave, wave, 255 - wave], axis=-1).astype(np.uint8)


def test_every_hole_pixel_is_filled_once_and_texture_goes_on() -> None:
    pixels, hole = stripes(), scratch_and_blob()
    taken = np.zeros(hole.shape, dtype=int)
    for part in beyond_parts("texture", pixels, hole):
        taken[part.window] += part.taken
    assert np.array_equal(taken, hole.astype(int))
    assert np.abs(filled(pixels, hole) - pixels)[hole].mean() < 12


def test_the_hole_s_pixels_are_not_read() -> None:
    pixels, hole = stripes(), scratch_and_blob()
    other = np.where(hole[..., None], np.uint8(7), pixels)
    assert np.array_equal(filled(pixels, hole)[hole], filled(other, hole)[hole])


def test_faces_are_not_copied() -> None:
    """What the hole hides is seen once more in the photo: it is copied, but not where that is barred."""
    noise = np.random.default_rng(0).normal(0, 60, (200, 200, 3)).astype(np.float32)
    pixels = np.clip(128 + smoothed(noise, 5.0) * 12, 0, 255).astype(np.uint8)
    pixels[60:104, 60:104] = pixels[100:144, 100:144]
    hole, barred = np.zeros((200, 200), dtype=bool), np.zeros((200, 200), dtype=bool)
    hole[110:134, 110:134], barred[:105, :105] = True, True
    copied, other = (np.abs(filled(pixels, hole, barred=b) - pixels)[hole].mean() for b in (None, barred))
    assert copied < 3
    assert other > 20


def test_a_smooth_photo_is_continued_smoothly_and_gets_no_grain() -> None:
    y, x = np.mgrid[:200, :200]
    pixels = np.stack([60 + y // 4, 60 + x // 4, 90 + 0 * x], axis=-1).astype(np.uint8)
    hole = np.zeros((200, 200), dtype=bool)
    hole[70:130, 60:140] = True
    result = filled(pixels, hole, grain=Grain())
    assert np.abs(result - pixels)[hole].mean() < 2
    brightness = result @ LUMA
    assert np.abs(brightness - smoothed(brightness, 2.0))[80:120, 80:120].max() < 1


@pytest.mark.parametrize("kind", ["scratch", "blob"])
def test_a_grainy_photo_s_fill_is_as_grainy(kind: str) -> None:
    noise = smoothed(np.random.default_rng(1).normal(0, 1, (240, 240)).astype(np.float32), 0.7)
    pixels = np.repeat((128 + 7 * noise / noise.std())[..., None], 3, axis=-1).astype(np.uint8)
    hole = np.zeros((240, 240), dtype=bool)
    if kind == "scratch":
        hole[20:220, 118:123] = True
    else:
        hole[90:150, 90:150] = True
    brightness = filled(pixels, hole, grain=Grain()) @ LUMA
    fine = brightness - smoothed(brightness, 2.0)
    assert 0.8 < fine[hole].std() / fine[~hole].std() < 1.2


def test_a_hole_over_everything_is_refused() -> None:
    with pytest.raises(UserError, match="leave some of the photo known"):
        list(beyond_parts("texture", stripes(40), np.ones((40, 40), dtype=bool)))
