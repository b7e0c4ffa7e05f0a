"""Fills without training."""

import numpy as np
import pytest

from inlay.evaluation.baselines import BASELINES, Baseline, mean_color
from inlay.evaluation.cases import Cases
from inlay.evaluation.metrics.pixels import hole_psnr

pytest.importorskip("cv2")
NAMES = [name for name in BASELINES if name != "patchmatch"]


@pytest.fixture
def ramp() -> np.ndarray:
    y, x = np.mgrid[:32, :32]
    return np.stack([4 * x + 20, 3 * y + 60, 2 * (x + y)], axis=-1).astype(np.uint8)


@pytest.fixture
def hole() -> np.ndarray:
    hole = np.zeros((32, 32), dtype=np.uint8)
    hole[10:18, 12:22] = 1
    return hole


def patchmatch_is_here() -> bool:
    try:
        import patchmatch_cython  # noqa: F401
    except ImportError:
        return False
    return True


@pytest.mark.parametrize("name", [*NAMES, pytest.param("patchmatch", marks=pytest.mark.skipif(
    not patchmatch_is_here(), reason="patchmatch-cython is not installed"))])  # fmt: skip
def test_fills_the_hole_of_a_ramp(name: str, ramp: np.ndarray, hole: np.ndarray) -> None:
    filled = BASELINES[name](ramp * (1 - hole)[..., None], hole)
    assert filled.shape == ramp.shape
    assert filled.dtype == np.uint8
    np.testing.assert_array_equal(filled[hole == 0], ramp[hole == 0])
    floor = {"mean": 15, "patchmatch": 18}.get(name, 25)
    assert hole_psnr(ramp, filled, hole) > floor


@pytest.mark.parametrize("name", NAMES)
def test_no_hole_and_all_hole(name: str, ramp: np.ndarray, hole: np.ndarray) -> None:
    np.testing.assert_array_equal(BASELINES[name](ramp, np.zeros_like(hole)), ramp)
    assert BASELINES[name](np.zeros_like(ramp), np.ones_like(hole)).shape == ramp.shape


def test_mean_color_by_hand() -> None:
    image = np.array([[[10, 20, 30], [20, 40, 60], [0, 0, 0]]], dtype=np.uint8)
    filled = mean_color(image, np.array([[0, 0, 1]], dtype=np.uint8))
    assert filled[0, 2].tolist() == [15, 30, 45]


def test_baseline_fills_a_batch(cases: Cases) -> None:
    filler = Baseline(mean_color)
    filled = filler(cases.holed())
    assert filled.images.shape == cases.images.shape
    assert filled.layouts is None
    assert filler.layout == "none"
