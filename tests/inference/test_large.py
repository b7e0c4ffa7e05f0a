"""Photos that are filled reduced and enlarged, here with a low limit."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.examples import example
from inlay.inference import inpaint, large
from inlay.inference.finish import Finish
from inlay.inference.inpaint import Inpainter
from inlay.inference.large import Reduced
from inlay.inference.photo import Photo
from inlay.inference.tiles import tiles

RNG = np.random.default_rng(0)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inpaint, "LARGEST", 48)
    monkeypatch.setattr(large, "LARGEST", 48)
    monkeypatch.setattr(large, "SIDE", 40)
    monkeypatch.setattr(large, "MARGIN", 12)
    monkeypatch.setattr(large, "FADE", 8)


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Inpainter:
    return Inpainter.load(tiny_model, "cpu")


def scene(h: int = 130, w: int = 110) -> tuple[np.ndarray, np.ndarray]:
    with Image.open(example("portrait")) as portrait:
        pixels = np.asarray(portrait.convert("RGB").resize((w, h)))
    hole = np.zeros((h, w), dtype=bool)
    hole[20:100, 30:42], hole[60:75, 10:100], hole[-1, -1] = True, True, True
    return pixels, hole


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.usefixtures("low")
def test_a_wide_hole_of_an_opaque_photo_stays_opaque(tiny: Inpainter, kind: type) -> None:
    pixels, _ = scene(200, 200)
    hole = np.zeros((200, 200), dtype=bool)
    hole[20:180, 20:180] = True
    whole = np.iinfo(kind).max
    native = np.dstack(
        [pixels.astype(kind) * (257 if kind is np.uint16 else 1), np.full_like(hole, whole, kind)]
    )
    result = tiny(native, hole)
    values = np.asarray(result.image) if result.deep is None else result.deep
    assert (values[..., 3] == whole).all()


@pytest.mark.parametrize("kind", ["uint8", "uint16", "grey", "alpha"])
@pytest.mark.usefixtures("low")
def test_known_pixels_are_kept_and_the_hole_is_filled(tiny: Inpainter, kind: str) -> None:
    pixels, hole = scene()
    native = {
        "uint8": pixels,
        "uint16": pixels.astype(np.uint16) * 257 - RNG.integers(0, 120, pixels.shape).astype(np.uint16) % 99,
        "grey": pixels[..., 0],
        "alpha": np.dstack([pixels, np.full_like(hole, 200, dtype=np.uint8)]),
    }[kind]
    result = tiny(native, hole)
    values = np.asarray(result.image) if result.deep is None else result.deep
    assert (result.deep is not None) == (kind == "uint16")
    assert values.shape == native.shape
    assert np.array_equal(values[~hole], native[~hole])
    assert (values[hole] != native[hole]).mean() > 0.5
    assert result.layout.shape == hole.shape
    assert np.array_equal(result.hole, hole)


def test_the_fill_is_the_one_of_the_reduced_photo(tiny: Inpainter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enlarged and reduced again, and no seam where windows meet."""
    pixels, hole = scene(120, 120)
    for name, value in (("LARGEST", 60), ("SIDE", 16), ("MARGIN", 12), ("FADE", 2)):
        monkeypatch.setattr(large, name, value)
    photo = Photo.of(pixels)
    small = Reduced.of(photo, hole)
    assert small.factor == 2
    fill = small.pixels
    whole = small.composite(fill, Finish(blend="none", rim=False))
    assert np.array_equal(whole[~hole], pixels[~hole])
    again = np.asarray(Image.fromarray(whole).reduce(2)).astype(int)
    inner = np.asarray(Image.fromarray(hole.astype(np.uint8) * 255).reduce(2)) == 255
    assert np.abs(again - fill)[inner].mean() < 4
    monkeypatch.setattr(large, "SIDE", 500)
    assert np.abs(small.composite(fill, Finish(blend="none", rim=False)).astype(int) - whole).max() <= 1


@pytest.mark.usefixtures("low")
def test_without_a_hole_it_is_a_copy(tiny: Inpainter) -> None:
    pixels, hole = scene()
    result = tiny(pixels, hole & False)
    assert np.array_equal(np.asarray(result.image), pixels)
    assert "the result is a copy" in result.notes


@pytest.mark.usefixtures("low")
def test_a_given_layout_and_a_fine_grid(tiny: Inpainter) -> None:
    pixels, hole = scene()
    label = RNG.integers(0, 19, hole.shape, dtype=np.uint8)
    result = tiny(pixels, hole, label)
    assert result.layout_source == "given"
    assert np.array_equal(result.layout, label)
    grid = np.zeros(hole.shape, dtype=bool)
    grid[::3], grid[:, ::3] = True, True
    result = tiny(pixels, grid)
    assert np.array_equal(np.asarray(result.image)[~grid], pixels[~grid])
    assert tiny.predict_layout(pixels, hole).shape == hole.shape


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), side=st.integers(3, 40), margin=st.integers(0, 60))
def test_tiles_hold_each_pixel_of_a_part_once(seed: int, side: int, margin: int) -> None:
    """Also where a margin is wider than the tile beside it, and at the photo's border."""
    part = np.random.default_rng(seed).random((70, 90)) < 0.01
    times = np.zeros(part.shape, dtype=int)
    for tile in tiles(part, side, margin):
        top, left, bottom, right = tile.box
        assert max(bottom - top, right - left) <= side + 2 * margin
        times[tile.window] += tile.own(part[tile.window])
    assert np.array_equal(times, part)
    assert tiles(part & False, 16, 5) == []
