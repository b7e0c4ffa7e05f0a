"""Joint transforms of a picture and its layout."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.data.transforms import Augmentation, augment, flip, resize_pair
from inlay.labels import CELEBAMASK_HQ

NOTHING = Augmentation(flip=0.0, warp=0.0, jitter=0.0)


def pair(height: int = 40, width: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A picture whose colour tells the class of each pixel, and its layout."""
    rng = np.random.default_rng(seed)
    label = np.kron(rng.integers(0, 19, (height // 8, width // 8)), np.ones((8, 8))).astype(np.uint8)
    return np.repeat(label[..., None] * 13, 3, axis=2), label


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 5), width=st.integers(1, 5), seed=st.integers(0, 1000))
def test_flip_moves_pixels_and_swaps_left_and_right(height: int, width: int, seed: int) -> None:
    pixels, label = pair(8 * height, 8 * width, seed)
    mirrored, swapped = flip(pixels, label, CELEBAMASK_HQ)
    h, w = label.shape
    for y, x in np.random.default_rng(seed).integers(0, (h, w), (20, 2)):
        assert (mirrored[y, x] == pixels[y, w - 1 - x]).all()
        name, was = CELEBAMASK_HQ.names[swapped[y, x]], CELEBAMASK_HQ.names[label[y, w - 1 - x]]
        twin = next(item.twin for item in CELEBAMASK_HQ.classes if item.name == was)
        assert name == (twin or was)
    again = flip(mirrored, swapped, CELEBAMASK_HQ)
    assert np.array_equal(again[0], pixels)
    assert np.array_equal(again[1], label)


def test_resize_takes_lanczos_for_pixels_and_nearest_for_ids() -> None:
    pixels, label = pair()
    image, layout = Image.fromarray(pixels), Image.fromarray(label)
    small, ids = resize_pair(image, layout, (16, 24))
    assert small.shape == (16, 24, 3)
    assert np.array_equal(small, np.asarray(image.resize((24, 16), Image.Resampling.LANCZOS)))
    assert np.array_equal(ids, np.asarray(layout.resize((24, 16), Image.Resampling.NEAREST)))
    assert set(np.unique(ids)) <= set(np.unique(label))


def test_resize_to_the_same_size_changes_nothing() -> None:
    pixels, label = pair()
    same = resize_pair(Image.fromarray(pixels), Image.fromarray(label), (40, 40))
    assert np.array_equal(same[0], pixels)
    assert np.array_equal(same[1], label)


def test_without_augmentation_a_sample_is_the_resized_pair() -> None:
    pixels, label = pair()
    got = augment(np.random.default_rng(0), pixels, label, (32, 32), CELEBAMASK_HQ, NOTHING)
    expected = resize_pair(Image.fromarray(pixels), Image.fromarray(label), (32, 32))
    assert np.array_equal(got[0], expected[0])
    assert np.array_equal(got[1], expected[1])


def test_a_sample_is_pure_in_its_generator() -> None:
    pixels, label = pair()
    always = Augmentation(flip=0.5, warp=1.0, jitter=1.0)

    def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
        return augment(np.random.default_rng(seed), pixels, label, (32, 32), CELEBAMASK_HQ, always)

    first, again, other = draw(1), draw(1), draw(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("bend", [0.0, 0.05])
def test_a_warp_moves_picture_and_layout_together(bend: float) -> None:
    """Away from borders between classes the colour still tells the class."""
    pixels, label = pair(96, 96)
    how = Augmentation(flip=0.0, warp=1.0, jitter=0.0, bend=bend)
    for seed in range(5):
        moved, ids = augment(np.random.default_rng(seed), pixels, label, (96, 96), CELEBAMASK_HQ, how)
        inside = np.ones_like(ids, dtype=bool)
        for dy, dx in np.ndindex(7, 7):
            inside &= np.roll(ids, (dy - 3, dx - 3), (0, 1)) == ids
        assert inside.mean() > 0.02
        assert np.abs(moved[..., 0].astype(int) - ids.astype(int) * 13)[inside].max() <= 2
        assert not np.array_equal(ids, label)


@pytest.mark.parametrize(
    "how",
    [
        Augmentation(flip=0.0, warp=1.0, jitter=0.0),
        Augmentation(flip=0.0, warp=1.0, jitter=0.0, bend=0.1),
        Augmentation(
            flip=0.0, warp=1.0, jitter=0.0, bend=0.1, max_rotation=45.0, max_scale=0.5, max_shift=0.25
        ),
    ],
)
def test_a_warp_brings_no_new_class_and_no_black_border(how: Augmentation) -> None:
    pixels, label = np.full((48, 48, 3), 200, dtype=np.uint8), np.full((48, 48), 7, dtype=np.uint8)
    for seed in range(30):
        moved, ids = augment(np.random.default_rng(seed), pixels, label, (48, 48), CELEBAMASK_HQ, how)
        assert (ids == 7).all()
        assert (moved == 200).all()


def test_a_warp_that_bends_by_nearly_nothing_is_the_one_that_does_not() -> None:
    pixels = np.add.outer(np.arange(64), 2 * np.arange(64)).astype(np.uint8)[..., None].repeat(3, axis=2)
    label = np.zeros((64, 64), dtype=np.uint8)

    def warped(bend: float) -> np.ndarray:
        how = Augmentation(flip=0.0, warp=1.0, jitter=0.0, bend=bend)
        return augment(np.random.default_rng(5), pixels, label, (64, 64), CELEBAMASK_HQ, how)[0]

    assert np.abs(warped(1e-9).astype(int) - warped(0.0).astype(int)).max() <= 1


def test_bending_moves_points_by_different_ways_no_farther_than_asked() -> None:
    """On a picture whose colours are its coordinates, beside the same warp without bending."""
    y, x = np.mgrid[0:96, 0:96].astype(np.uint8)
    pixels, label = np.stack([x, y, np.zeros_like(x)], axis=2), np.zeros((96, 96), dtype=np.uint8)

    def warped(bend: float) -> np.ndarray:
        still = Augmentation(flip=0.0, warp=1.0, max_rotation=0.0, max_scale=0.0, max_shift=0.0, jitter=0.0)
        how = dataclasses.replace(still, bend=bend)
        moved, _ = augment(np.random.default_rng(6), pixels, label, (96, 96), CELEBAMASK_HQ, how)
        return moved[16:-16, 16:-16, :2].astype(int)

    strays = warped(0.05) - warped(0.0)
    # Bicubic enlargement of a grid overshoots its largest values a little.
    assert 1 < np.abs(strays).max() <= 0.05 * 96 * 1.25 + 1
    assert strays.std(axis=(0, 1)).min() > 0.3
    steps = np.abs(np.diff(strays, axis=0)).max(), np.abs(np.diff(strays, axis=1)).max()
    assert max(steps) <= 2, "bent, not torn"


def test_grey_samples_have_no_colours_and_the_photo_s_brightness() -> None:
    pixels, label = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8), pair()[1]
    how = Augmentation(flip=0.0, warp=0.0, jitter=0.0, grey=1.0, part_tint=1.0)
    grey, ids = augment(np.random.default_rng(0), pixels, label, (40, 40), CELEBAMASK_HQ, how)
    assert np.array_equal(ids, label)
    assert (grey == grey[..., :1]).all()
    expected = pixels @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey[..., 0] - expected).max() <= 1


@pytest.mark.parametrize("color", [0.0, 0.2])
def test_jitter_changes_colours_only(color: float) -> None:
    pixels, label = pair()
    how = Augmentation(flip=0.0, warp=0.0, jitter=1.0, max_jitter=color)
    changed, ids = augment(np.random.default_rng(3), pixels, label, (40, 40), CELEBAMASK_HQ, how)
    assert np.array_equal(ids, label)
    difference = np.abs(changed.astype(int) - pixels.astype(int)).max()
    assert difference == 0 if color == 0 else 0 < difference < 120


def test_a_tint_colours_twins_alike_and_leaves_the_layout() -> None:
    label = np.repeat(np.arange(19, dtype=np.uint8), 4).reshape(19, 4)
    pixels = np.full((19, 4, 3), 100, dtype=np.uint8)
    how = Augmentation(flip=0.0, warp=0.0, jitter=0.0, part_tint=1.0)
    tinted, seen = 0, set()
    for seed in range(20):
        changed, ids = augment(np.random.default_rng(seed), pixels, label, (19, 4), CELEBAMASK_HQ, how)
        assert np.array_equal(ids, label)
        by_class = changed[:, 0]
        assert (changed == by_class[:, None]).all()
        assert (by_class == by_class[list(CELEBAMASK_HQ.twins)]).all()
        assert (np.abs(np.log(by_class / 100)) < how.max_part_tint + 0.01).all()
        tinted += int((by_class != 100).any(axis=1).sum())
        seen |= set(map(tuple, by_class.tolist()))
    assert 0.35 < tinted / (20 * 19) < 0.65
    assert len(seen) > 100


def test_a_stream_without_tints_is_what_it_was() -> None:
    pixels, label = pair()
    plain = augment(np.random.default_rng(4), pixels, label, (32, 32), CELEBAMASK_HQ, Augmentation())
    rare = Augmentation(part_tint=1e-9)
    same = augment(np.random.default_rng(4), pixels, label, (32, 32), CELEBAMASK_HQ, rare)
    assert np.array_equal(plain[0], same[0])
