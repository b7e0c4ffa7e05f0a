"""Photos that are filled reduced and enlarged, here with a low limit."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.examples import example
from inlay.geometry import whole_crop
from inlay.repair.inpainter import Inpainter

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _low(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LARGEST", 48), ("REDUCED_TILE", 40), ("REDUCED_MARGIN", 12)):
        monkeypatch.setattr(whole_crop, name, value)


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
def test_a_wide_hole_of_an_opaque_photo_stays_opaque(tiny: Inpainter, kind: type) -> None:
    pixels, _ = scene(200, 200)
    hole = np.zeros((200, 200), dtype=bool)
    hole[20:180, 20:180] = True
    whole = np.iinfo(kind).max
    native = np.dstack(
        [pixels.astype(kind) * (257 if kind is np.uint16 else 1), np.full_like(hole, whole, kind)]
    )
    result = tiny(native, hole, faces="whole")
    values = np.asarray(result.image) if result.deep is None else result.deep
    assert (values[..., 3] == whole).all()


@pytest.mark.parametrize("kind", ["uint8", "uint16", "grey", "alpha"])
def test_known_pixels_are_kept_and_the_hole_is_filled(tiny: Inpainter, kind: str) -> None:
    pixels, hole = scene()
    native = {
        "uint8": pixels,
        "uint16": pixels.astype(np.uint16) * 257 - RNG.integers(0, 120, pixels.shape).astype(np.uint16) % 99,
        "grey": pixels[..., 0],
        "alpha": np.dstack([pixels, np.full_like(hole, 200, dtype=np.uint8)]),
    }[kind]
    result = tiny(native, hole, faces="whole")
    values = np.asarray(result.image) if result.deep is None else result.deep
    assert (result.deep is not None) == (kind == "uint16")
    assert values.shape == native.shape
    assert np.array_equal(values[~hole], native[~hole])
    assert (values[hole] != native[hole]).mean() > 0.5
    assert result.layout.shape == hole.shape
    assert np.array_equal(result.hole, hole)


def test_without_a_hole_nothing_is_done(tiny: Inpainter) -> None:
    pixels, hole = scene()
    with pytest.raises(UserError, match="there is no hole"):
        tiny(pixels, hole & False)


def test_a_given_layout_and_a_fine_grid(tiny: Inpainter) -> None:
    pixels, hole = scene()
    label = np.kron(RNG.integers(0, 19, (13, 11)), np.ones((10, 10))).astype(np.uint8)
    result = tiny(pixels, hole, label)
    assert result.layout_source == "given"
    assert np.array_equal(result.layout, label)
    grid = np.zeros(hole.shape, dtype=bool)
    grid[::3], grid[:, ::3] = True, True
    result = tiny(pixels, grid, faces="whole")
    assert np.array_equal(np.asarray(result.image)[~grid], pixels[~grid])
    assert tiny.predict_layout(pixels, hole).shape == hole.shape
