"""Levels are stretched channel by channel over what is known."""

import numpy as np
import pytest
from PIL import Image

from inlay import Inpainter
from inlay.repair.tones import CUT, full_range


def slow(values: np.ndarray, known: np.ndarray, channels: int) -> np.ndarray:
    """The same, pixel by pixel."""
    most, result = np.iinfo(values.dtype).max, values.copy()
    for c in range(channels):
        seen = sorted(int(values[y, x, c]) for y, x in np.argwhere(known))
        low, high = (np.percentile(seen, share) for share in (CUT, 100 - CUT))
        for y, x in np.ndindex(*known.shape):
            share = (float(values[y, x, c]) - low) / (high - low)
            result[y, x, c] = int(min(max(share, 0), 1) * most)
    return result


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_it_is_what_pixel_by_pixel_gives(kind: type) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(40, 200, (9, 11, 4)).astype(kind)
    known = rng.random((9, 11)) < 0.7
    fast, expected = full_range(values, known).astype(int), slow(values, known, 3).astype(int)
    assert np.abs(fast - expected).max() <= 1
    assert np.array_equal(fast[..., 3], values[..., 3])


def test_what_is_damaged_does_not_count() -> None:
    values = np.linspace(80, 160, 100).astype(np.uint8).reshape(10, 10)
    torn = np.zeros((10, 10), dtype=bool)
    torn[0] = True
    values[0] = 255
    assert full_range(values, ~torn)[-1].max() == 255
    assert full_range(values, ~torn)[1].min() == 0


def test_one_level_stays() -> None:
    flat = np.full((4, 4, 3), 120, np.uint8)
    assert np.array_equal(full_range(flat, np.ones((4, 4), dtype=bool)), flat)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16", "CMYK"])
def test_pictures_of_all_kinds(mode: str) -> None:
    faded = Image.fromarray(np.linspace(80, 160, 64 * 64).astype(np.uint8).reshape(64, 64))
    inpainter = Inpainter.load(device="cpu")
    picture = faded.convert("I").convert("I;16") if mode == "I;16" else faded.convert("RGB").convert(mode)
    picture.info["icc_profile"] = b"kept"
    plain, full = (inpainter.repair(picture, tones=tones).image for tones in (False, True))
    assert full.mode == plain.mode
    assert full.info == plain.info
    assert np.asarray(full.convert("L")).max() > np.asarray(plain.convert("L")).max()
