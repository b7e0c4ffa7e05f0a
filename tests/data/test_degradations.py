"""What scans and small files do to a picture."""

import dataclasses

import numpy as np
import pytest

from inlay.data.degradations import DEGRADATIONS
from inlay.data.transforms import Augmentation, augment
from inlay.labels import CELEBAMASK_HQ

NOTHING = Augmentation(flip=0.0, warp=0.0, jitter=0.0)


def photo(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (40, 32, 3), dtype=np.uint8)
    return pixels, rng.integers(0, 19, (40, 32), dtype=np.uint8)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_a_degradation_is_pure_in_its_generator_and_keeps_size_and_layout(name: str) -> None:
    pixels, label = photo()
    how = dataclasses.replace(NOTHING, **{name: 1.0})

    def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
        return augment(np.random.default_rng(seed), pixels, label, (40, 32), CELEBAMASK_HQ, how)

    (first, ids), (again, _), (other, _) = draw(1), draw(1), draw(2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, pixels)
    assert (first.shape, first.dtype) == (pixels.shape, np.uint8)
    assert np.array_equal(ids, label)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_grey_stays_grey(name: str) -> None:
    grey = photo()[0][..., :1].repeat(3, axis=2)
    for seed in range(5):
        degraded = DEGRADATIONS[name](np.random.default_rng(seed), grey)
        assert (degraded == degraded[..., :1]).all()


def test_a_stream_without_degradations_is_what_it_was() -> None:
    pixels, label = photo()
    plain, rare = Augmentation(grey=0.5), Augmentation(grey=0.5, sepia=1e-9, blur=1e-9, jpeg=1e-9)
    for seed in range(5):
        one, other = (
            augment(np.random.default_rng(seed), pixels, label, (32, 32), CELEBAMASK_HQ, how)[0]
            for how in (plain, rare)
        )
        assert np.array_equal(one, other)


def test_sepia_is_brown_and_of_the_shares_asked_for() -> None:
    pixels, label = photo()
    pixels = pixels // 2
    how, kinds = dataclasses.replace(NOTHING, grey=0.2, sepia=0.3), {"grey": 0, "sepia": 0, "color": 0}
    for seed in range(200):
        got, _ = augment(np.random.default_rng(seed), pixels, label, (40, 32), CELEBAMASK_HQ, how)
        red, green, blue = (got[..., c].astype(int) for c in range(3))
        brown = bool((red >= green).all() and (green >= blue).all())
        kinds["color" if not brown else "grey" if (red == blue).all() else "sepia"] += 1
    assert 25 < kinds["grey"] < 55
    assert 40 < kinds["sepia"] < 80
