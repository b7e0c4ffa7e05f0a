"""Hues of hidden surfaces: half of what is known around, in the brightness that was drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.examples import example
from inlay.inference.finish import EXACT
from inlay.inference.hues import SURFACES, with_known_hues
from inlay.inference.inpaint import Inpainter
from inlay.inference.photo import LUMA
from inlay.labels import CELEBAMASK_HQ

HAIR, SKIN = CELEBAMASK_HQ.id_of("hair"), CELEBAMASK_HQ.id_of("skin")
BROWN = np.array([110.0, 80.0, 60.0], np.float32)
TINT = np.array([20.0, 0.0, -10.0], np.float32)
TINT -= TINT @ LUMA


def scene(size: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Brown hair all over, a hole in its middle, drawn with a tint."""
    hole = np.zeros((size, size), dtype=bool)
    hole[size // 4 : size // 2, size // 4 : size // 2] = True
    photo = np.broadcast_to(BROWN, (size, size, 3)).copy()
    return photo, hole, np.where(hole[..., None], photo + TINT, photo)


@pytest.mark.parametrize("size", [256, 700])
def test_half_of_a_tint_is_taken_off(size: int) -> None:
    photo, hole, fill = scene(size)
    label = np.full(hole.shape, HAIR, dtype=np.uint8)
    result = with_known_hues(fill, photo, hole, label, CELEBAMASK_HQ)
    middle = np.s_[size * 11 // 32 : size * 13 // 32, size * 11 // 32 : size * 13 // 32]
    np.testing.assert_allclose(
        result[middle], np.broadcast_to(BROWN + TINT / 2, result[middle].shape), atol=0.5
    )
    assert np.array_equal(result[~hole], fill[~hole])


def test_each_class_has_its_own_hue_and_small_parts_keep_theirs() -> None:
    """Green hair beside a brown background: neither takes from the other, nor skin from anything."""
    photo, hole, _ = scene()
    label = np.zeros(hole.shape, dtype=np.uint8)
    label[:, 96:] = HAIR
    label[118:] = SKIN
    photo[label == HAIR] = 60.0, 90.0, 60.0
    fill = np.where(hole[..., None], np.float32(90), photo)
    result = with_known_hues(fill, photo, hole, label, CELEBAMASK_HQ)
    for k, color in ((0, BROWN), (HAIR, np.array([60.0, 90.0, 60.0]))):
        deep = hole & (label == k)
        moved, wanted = (result - fill)[deep].mean(axis=0), (color - 90) - (color - 90) @ LUMA
        assert moved @ wanted / np.linalg.norm(moved) / np.linalg.norm(wanted) > 0.97
        assert 0.2 < np.linalg.norm(moved) / np.linalg.norm(wanted) <= 0.5
    assert np.array_equal(result[label == SKIN], fill[label == SKIN])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), h=st.integers(9, 90), w=st.integers(9, 90))
def test_brightness_stays_and_what_lies_in_the_hole_of_the_photo_is_not_read(
    seed: int, h: int, w: int
) -> None:
    rng = np.random.default_rng(seed)
    photo, fill = rng.uniform(0, 255, (2, h, w, 3)).astype(np.float32)
    hole = rng.random((h, w)) < rng.uniform(0.05, 0.95)
    label = rng.choice(np.array([0, HAIR, SKIN], np.uint8), (h, w))
    result = with_known_hues(fill, photo, hole, label, CELEBAMASK_HQ)
    assert np.abs((result - fill) @ LUMA).max() < 0.01
    assert np.array_equal(result[~hole], fill[~hole])
    blank = np.where(hole[..., None], np.float32(np.nan), photo)
    assert np.array_equal(with_known_hues(fill, blank, hole, label, CELEBAMASK_HQ), result)


def test_what_is_asked_for_unknown_or_of_other_classes_stays() -> None:
    photo, hole, fill = scene()
    label = np.full(hole.shape, HAIR, dtype=np.uint8)
    assert with_known_hues(fill, photo, hole, label, CELEBAMASK_HQ, {HAIR}) is fill
    only = np.where(hole, HAIR, SKIN).astype(np.uint8)
    assert np.array_equal(with_known_hues(fill, photo, hole, only, CELEBAMASK_HQ), fill)
    assert set(SURFACES) <= set(CELEBAMASK_HQ.names)


def test_the_example_s_patch_of_hair_is_less_tinted(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-object"))
    inpainter, gone = Inpainter.load(device="cpu"), np.asarray(hole.convert("L")) > 0

    def off() -> float:
        wrong = np.asarray(inpainter(photo, hole, finish=EXACT).image)[gone].astype(float)
        wrong -= np.asarray(photo.convert("RGB"))[gone]
        return float(np.linalg.norm(wrong - (wrong @ LUMA)[:, None], axis=-1).mean())

    with_hues = off()
    monkeypatch.setattr("inlay.inference.hues.SHARE", 0.0)
    assert with_hues < 0.95 * off()


def test_what_is_right_and_of_another_hue_stays() -> None:
    """A white stripe that crosses a hole in a red jacket and a white patch in it, drawn as they are."""
    label = np.full((256, 256), CELEBAMASK_HQ.id_of("cloth"), dtype=np.uint8)
    photo = np.broadcast_to(np.float32([200, 20, 20]), (256, 256, 3)).copy()
    photo[:, 120:136] = photo[80:100, 80:100] = 240.0
    hole = np.zeros(label.shape, dtype=bool)
    hole[64:192, 64:192] = True
    result = with_known_hues(photo, photo, hole, label, CELEBAMASK_HQ)
    assert np.abs(result - photo).max() < 2


@pytest.mark.parametrize("level", [3.0, 252.0])
def test_brightness_stays_at_the_ends_of_the_scale_too(level: float) -> None:
    photo, hole, _ = scene()
    photo[:] = level
    photo += TINT - min(0, float((photo + TINT).min())) - max(0, float((photo + TINT).max()) - 255)
    label = np.full(hole.shape, HAIR, dtype=np.uint8)
    fill = np.where(hole[..., None], np.float32(level), photo)
    result = with_known_hues(fill, photo, hole, label, CELEBAMASK_HQ)
    assert np.abs(result - fill).max() > 0.5
    assert np.abs((result.clip(0, 255) - fill) @ LUMA).max() < 0.01


@pytest.mark.parametrize("size", [256, 517, 1024])
def test_there_is_no_edge_at_a_class_s_border(size: int) -> None:
    """Where one grey is drawn across brown hair and a bluish wall, no two neighbours part by much."""
    label = np.zeros((size, size), dtype=np.uint8)
    label[:, size * 100 // 256 :] = HAIR
    photo = np.where((label == HAIR)[..., None], np.float32([105, 80, 70]), np.float32([75, 85, 95]))
    hole = np.zeros(label.shape, dtype=bool)
    hole[size // 4 : -size // 4, size // 4 : -size // 4] = True
    fill = np.where(hole[..., None], np.float32(85), photo)
    result = with_known_hues(fill, photo, hole, label, CELEBAMASK_HQ)
    inner = result[size * 5 // 16 : -size * 5 // 16, size * 5 // 16 : -size * 5 // 16]
    assert np.ptp(inner[..., 0]) > 4
    assert max(np.abs(np.diff(inner, axis=axis)).max() for axis in (0, 1)) < 3.5
    exact = with_known_hues(photo, photo, hole, label, CELEBAMASK_HQ)
    assert np.abs(exact - photo).max() < 0.1
