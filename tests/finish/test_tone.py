"""Photos of one tone: told from others, and their fills kept in it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from finish.scenes import flat_scene
from inlay.examples import example
from inlay.finish.recipe import run
from inlay.finish.tone import KeepTone
from inlay.pixels.filters import LUMA
from inlay.repair.inpainter import Inpainter

tone_of = KeepTone().tone_of

SEPIA = np.array([[40, 25, 15], [150, 120, 85], [250, 235, 200]])


def in_tone(fill: np.ndarray, photo: np.ndarray, hole: np.ndarray) -> np.ndarray:
    scene = flat_scene(photo, hole, tone=tone_of(photo, hole))
    return run([KeepTone()], scene, fill)


def portrait(size: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """The example portrait's colours and its hole, small."""
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-stain"))
    colors = np.asarray(photo.convert("RGB").resize((size, size), Image.Resampling.BOX))
    return colors, np.asarray(hole.convert("L").resize((size, size), Image.Resampling.NEAREST)) > 0


def toned(colors: np.ndarray) -> np.ndarray:
    """The same in sepia."""
    grey = colors @ LUMA
    channels = [np.interp(grey, [0, 128, 255], SEPIA[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def test_a_photo_of_colours_leaves_a_fill_as_it_is() -> None:
    colors, hole = portrait()
    fill = np.random.default_rng(0).uniform(0, 255, colors.shape).astype(np.float32)
    assert tone_of(colors, hole) is None
    assert in_tone(fill, colors, hole) is fill


def test_a_grey_photo_s_fill_has_no_colour_and_its_own_brightness() -> None:
    colors, hole = portrait()
    grey = np.asarray(Image.fromarray(colors).convert("L").convert("RGB"))
    fill = np.random.default_rng(0).uniform(0, 255, colors.shape).astype(np.float32)
    kept = in_tone(fill, grey, hole)
    assert np.abs(kept - (fill @ LUMA)[..., None]).max() < 1e-3


def test_a_sepia_photo_s_fill_has_the_colour_of_known_pixels_as_bright() -> None:
    colors, hole = portrait()
    sepia = toned(colors)
    fill = np.random.default_rng(0).uniform(60, 200, colors.shape).astype(np.float32)
    kept = in_tone(fill, sepia, hole)
    known = sepia[~hole].astype(np.float32)
    for y, x in np.random.default_rng(1).integers(0, 160, (50, 2)):
        alike = known[np.abs(known @ LUMA - fill[y, x] @ LUMA) < 2]
        if len(alike) > 20:
            assert np.abs(kept[y, x] - alike.mean(axis=0)).max() < 5


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_grain_does_not_hide_a_tone_nor_does_size(noise: float) -> None:
    sepia = np.kron(toned(portrait(300)[0]), np.ones((5, 5, 1), dtype=np.uint8))
    grain = np.random.default_rng(0).normal(0, noise, sepia.shape)
    photo = np.clip(np.rint(sepia + grain), 0, 255).astype(np.uint8)
    assert tone_of(photo, np.zeros(photo.shape[:2], dtype=bool)) is not None


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), side=st.integers(9, 1500))
def test_what_lies_in_the_hole_has_no_say(seed: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, 256, (side, 40), dtype=np.uint8)[..., None].repeat(3, axis=2)
    hole = rng.random((side, 40)) < 0.25
    red = np.where(hole[..., None], np.array([255, 0, 0], dtype=np.uint8), photo)
    one, other = tone_of(photo, hole), tone_of(red, hole)
    assert one is not None
    assert other is not None
    assert np.array_equal(one, other)
    assert np.abs(one).max() < 1e-3


def test_of_little_nothing_is_told() -> None:
    """Of a few pixels, of a photo that is mostly hidden, of a plain wall."""
    grey = np.arange(900, dtype=np.uint16).reshape(30, 30, 1).repeat(3, axis=2).astype(np.uint8)
    hole = np.zeros((30, 30), dtype=bool)
    assert tone_of(grey, hole) is not None
    assert tone_of(grey[:7, :7] * 5, hole[:7, :7]) is None
    hole[:10] = True
    assert tone_of(grey, hole) is None
    assert tone_of(np.full((30, 30, 3), 90, dtype=np.uint8), hole & False) is None


def test_a_filled_sepia_portrait_is_of_one_tone(tiny_model: Path) -> None:
    inpainter = Inpainter.load(tiny_model, "cpu")
    painter = inpainter.tools.painters.of_size(inpainter.size)
    head = painter.network.generator.head[1]  # type: ignore[attr-defined]
    torch.nn.init.normal_(head.weight, std=1.0, generator=torch.Generator().manual_seed(1))
    colors, hole = portrait(200)
    sepia = toned(colors)
    plain, kept = (np.asarray(inpainter(photo, hole).image).astype(float) for photo in (colors, sepia))
    tone = tone_of(sepia, hole)
    assert tone is not None

    def strays(result: np.ndarray) -> float:
        drawn = result[hole]
        own = drawn @ LUMA
        expected = own[:, None] + np.stack([np.interp(own, np.arange(256), c) for c in tone.T], axis=1)
        return float(np.abs(drawn - expected).max())

    assert strays(plain) > 30
    assert strays(kept) < 8, "what is left is clipped or rounded"
