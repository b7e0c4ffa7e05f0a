"""What painters and steps see of a JPEG photo has no compression rings of the damage."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inlay.finish.dering import Dering
from inlay.finish.masked import Masked
from inlay.finish.recipe import STANDARD
from inlay.images import JpegBlocks, upright

SIZE = (170, 150)
"""Width and height: no whole number of blocks."""


def smooth_photo() -> np.ndarray:
    """Slow waves in three colours, with a little grain."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    waves = [
        120 + 50 * np.sin(x / a + c) * np.cos(y / b) for a, b, c in ((19, 23, 0), (29, 17, 1), (37, 31, 2))
    ]
    grain = np.random.default_rng(0).normal(0, 1.5, (SIZE[1], SIZE[0], 1))
    return np.clip(np.rint(np.stack(waves, axis=-1) + grain), 0, 255).astype(np.uint8)


def scratch() -> np.ndarray:
    picture = Image.new("L", SIZE)
    ImageDraw.Draw(picture).line([(12, 20), (150, 131)], fill=255, width=3)
    return np.asarray(picture) > 0


def jpeg(pixels: np.ndarray, quality: int = 85, sampling: str = "4:2:0", **more: object) -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=sampling, **more)
    stored = Image.open(io.BytesIO(file.getvalue()))
    stored.load()
    return stored


def damaged(**more: object) -> Image.Image:
    return jpeg(np.where(scratch()[..., None], np.uint8(255), smooth_photo()), **more)  # type: ignore[arg-type]


def seen_of(picture: Image.Image, hole: np.ndarray, step: Dering = Dering()) -> np.ndarray:  # noqa: B008
    masked = step(np.asarray(picture.convert("RGB")), Masked.of(hole, JpegBlocks.of(picture)))
    assert masked.seen is not None
    return masked.seen


def error(pixels: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """Mean squared error of the known pixels within 8 pixels of the hole."""
    import scipy.ndimage

    near = scipy.ndimage.binary_dilation(hole, iterations=8) & ~hole
    return float(np.square(pixels[near].astype(float) - truth[near]).mean())


@pytest.mark.parametrize("sampling", ["4:2:0", "4:2:2", "4:4:4"])
@pytest.mark.parametrize("quality", [95, 75])
def test_known_pixels_are_nearer_to_the_photo_before_the_damage(quality: int, sampling: str) -> None:
    hole, picture = scratch(), damaged(quality=quality, sampling=sampling)
    before, after = (
        error(one, smooth_photo(), hole) for one in (np.asarray(picture), seen_of(picture, hole))
    )
    assert after < 0.5 * before


def test_the_hole_and_what_is_far_from_it_stay() -> None:
    import scipy.ndimage

    hole, picture = scratch(), damaged()
    photo = np.asarray(picture)
    before = photo.copy()
    masked = Dering()(photo, Masked.of(hole, JpegBlocks.of(picture)))
    assert masked.seen is not None
    assert np.array_equal(masked.hole, hole)
    assert not masked.distrusted.any()
    assert np.array_equal(photo, before)
    # Blocks of chroma are 16 pixels wide, and chroma is enlarged over 2 more.
    far = ~scipy.ndimage.maximum_filter(hole, size=2 * 18 + 1)
    assert np.array_equal(masked.seen[far | hole], photo[far | hole])


def test_a_hole_over_what_belongs_there_changes_almost_nothing() -> None:
    picture = jpeg(smooth_photo())
    change = np.abs(seen_of(picture, scratch()).astype(int) - np.asarray(picture))
    assert change.mean() < 0.02
    assert change.max() <= 3


def test_photos_of_other_formats_are_seen_as_they_are() -> None:
    masked = Masked.of(scratch())
    assert Dering()(smooth_photo(), masked) is masked


@pytest.mark.parametrize("quality", [95, 75])
def test_a_damage_drawn_after_decoding_has_no_rings(quality: int) -> None:
    """A person may draw on the opened picture: its known pixels are right."""
    picture = jpeg(smooth_photo(), quality)
    ImageDraw.Draw(picture).bitmap((0, 0), Image.fromarray(scratch()), fill=(255, 255, 255))
    assert JpegBlocks.of(picture) is not None
    assert np.array_equal(seen_of(picture, scratch()), np.asarray(picture))


@pytest.mark.parametrize("hole", [np.zeros(SIZE[::-1], dtype=bool), np.ones(SIZE[::-1], dtype=bool)])
def test_an_empty_or_full_hole_changes_nothing(hole: np.ndarray) -> None:
    picture = damaged()
    masked = Masked.of(hole, JpegBlocks.of(picture))
    assert Dering()(np.asarray(picture), masked) is masked


def test_a_grey_file_stays_grey() -> None:
    grey = np.where(scratch(), np.uint8(255), smooth_photo()[..., 0])
    seen = seen_of(jpeg(grey), scratch())
    assert (seen == seen[..., :1]).all()
    truth = smooth_photo()[..., :1].repeat(3, axis=2)
    stored = np.asarray(jpeg(grey).convert("RGB"))
    assert error(seen, truth, scratch()) < 0.5 * error(stored, truth, scratch())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("sampling", ["4:2:0", "4:2:2"])
def test_a_turned_photo_is_estimated_alike(orientation: int, sampling: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = upright(damaged(sampling=sampling, exif=exif))
    hole, truth = (
        np.asarray(upright(_oriented(Image.fromarray(one), exif))) for one in (scratch(), smooth_photo())
    )
    straight = error(seen_of(damaged(sampling=sampling), scratch()), smooth_photo(), scratch())
    assert error(seen_of(turned, hole), truth, hole) == pytest.approx(straight, rel=0.1)


def _oriented(picture: Image.Image, exif: Image.Exif) -> Image.Image:
    """The picture with an orientation, not compressed."""
    file = io.BytesIO()
    picture.save(file, "PNG", exif=exif)
    return Image.open(io.BytesIO(file.getvalue()))


def test_windows_hardly_show() -> None:
    picture, hole = damaged(), scratch()
    whole, parts = (seen_of(picture, hole, Dering(window=side)).astype(int) for side in (1000, 48))
    assert np.abs(whole - parts).mean() < 0.05


def test_a_wrong_corner_is_worse() -> None:
    """The blocks' places count: without this the test of turned photos would say little."""
    picture, hole = damaged(sampling="4:4:4", quality=50), scratch()
    blocks = JpegBlocks.of(picture)
    assert blocks is not None
    moved = replace(blocks, corner=(4, 4))
    seen = Dering()(np.asarray(picture), Masked.of(hole, moved)).seen
    assert seen is not None
    right = error(seen_of(picture, hole), smooth_photo(), hole)
    assert error(seen, smooth_photo(), hole) > 1.2 * right


def test_it_is_one_line_of_the_recipe() -> None:
    assert [step.name for step in STANDARD.hole] == ["distrust", "dering"]
    assert [step.name for step in STANDARD.without(["dering"]).hole] == ["distrust"]
