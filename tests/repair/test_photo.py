from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.errors import UserError
from inlay.repair.photo import Photo

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 5, 3), dtype=np.uint8)
RGB = Image.fromarray(PIXELS)
HOLE = np.zeros((6, 5), dtype=bool)
HOLE[2:4, 1:3] = True
FILL = np.full((6, 5, 3), [10.2, 300.0, -4.0], dtype=np.float32)


@pytest.mark.parametrize(
    ("mode", "kept"),
    [("RGB", "RGB"), ("L", "L"), ("LA", "LA"), ("RGBA", "RGBA"), ("P", "RGB"), ("1", "L"), ("CMYK", "RGB")],
)
def test_known_pixels_are_kept_in_the_photos_mode(mode: str, kept: str) -> None:
    picture = RGB.convert(mode)
    filled = Photo.of(picture).filled(FILL, HOLE)
    assert filled.mode == kept
    assert np.array_equal(np.asarray(filled)[~HOLE], np.asarray(picture.convert(kept))[~HOLE])
    if kept == "RGB":
        assert (np.asarray(filled)[HOLE] == (10, 255, 0)).all()


def test_16_bit_grey_stays_16_bit_grey() -> None:
    values = RNG.integers(0, 65536, (6, 5)).astype(np.uint16)
    photo = Photo.of(Image.fromarray(values))
    filled = photo.filled(np.full((6, 5, 3), 128.5, dtype=np.float32), HOLE)
    assert filled.mode == "I;16"
    assert np.array_equal(np.asarray(filled)[~HOLE], values[~HOLE])
    assert np.abs(np.asarray(filled)[HOLE].astype(int) - 33024).max() <= 1
    assert np.abs(photo.pixels[..., 0] - values / 257).max() <= 0.5


@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_stays_16_bit_colour(channels: int) -> None:
    values = RNG.integers(0, 65536, (6, 5, channels)).astype(np.uint16)
    values[..., 3:] = 65535
    photo = Photo.of(values)
    assert np.abs(photo.pixels - values[..., :3] / 257).max() <= 0.5
    result = photo.composite(np.full((6, 5, 3), 128.5, dtype=np.float32), HOLE)
    assert np.array_equal(result[~HOLE], values[~HOLE])
    assert np.abs(result[HOLE][:, :3].astype(int) - 33024).max() <= 1
    assert (result[..., 3:] == 65535).all()
    assert photo.deep(result) is result
    assert photo.picture(result).mode == ("RGB" if channels == 3 else "RGBA")
    assert Photo.of(RGB).deep(PIXELS) is None


def test_a_grey_photo_is_filled_by_luminance() -> None:
    filled = Photo.of(RGB.convert("L")).filled(np.full((6, 5, 3), [200.0, 100, 50], dtype=np.float32), HOLE)
    assert np.asarray(filled)[2, 1] == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_opacity_goes_on_into_the_hole(mode: str) -> None:
    """The hole was rubbed out: nothing of it is visible, its rim is."""
    pixels = np.asarray(RGB.convert(mode)).copy()
    pixels[HOLE] = 0
    filled = np.asarray(Photo.of(Image.fromarray(pixels)).filled(FILL, HOLE))
    assert (filled[..., -1] == 255).all()


def test_the_networks_see_white_where_nothing_is() -> None:
    pixels = np.dstack([PIXELS, np.zeros((6, 5), dtype=np.uint8)])
    assert (Photo.of(pixels).pixels == 255).all()


def test_profiles_are_kept_where_they_still_hold() -> None:
    for mode, kept in (("RGB", b"profile"), ("L", b"profile"), ("CMYK", None)):
        picture = RGB.convert(mode)
        picture.info["icc_profile"] = b"profile"
        photo = Photo.of(picture)
        assert photo.filled(FILL, HOLE).info.get("icc_profile") == kept
        assert photo.copy().info.get("icc_profile") == kept


def test_turned_photos_come_upright() -> None:
    picture = RGB.copy()
    picture.getexif()[0x0112] = 6
    assert Photo.of(picture).size == (5, 6)


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 2), (6, 5, 3), (6, 5, 4)])
def test_arrays(shape: tuple[int, ...]) -> None:
    array = RNG.integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(np.asarray(Photo.of(array).copy()), array)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((6, 5)),
        np.zeros((6, 5, 5), dtype=np.uint8),
        np.zeros((0, 5), dtype=np.uint8),
        np.zeros(3, bool),
    ],
)
def test_arrays_that_are_no_photos(array: np.ndarray) -> None:
    with pytest.raises(
        UserError, match=r"the image: expected a Pillow image, a path, or an array of uint8 .* got"
    ):
        Photo.of(array)


def test_paths_tensors_and_single_channels_are_photos(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a b.png")
    path = tmp_path / "a b.png"
    for given in (path, str(path), path.as_uri(), torch.from_numpy(pixels)):
        assert np.array_equal(Photo.of(given).native, pixels)
    grey = Photo.of(pixels[..., :1])
    assert np.array_equal(grey.native, pixels[..., 0])
    with pytest.raises(UserError, match="move its channels to the last axis"):
        Photo.of(torch.zeros(3, 60, 50))
    for nothing in (None, 3, b"bytes"):
        with pytest.raises(UserError, match="the image: expected a Pillow image, a path, an array or a ten"):
            Photo.of(nothing)
