"""LPIPS of the hole's box."""

from pathlib import Path

import numpy as np
import pytest

from inlay.data.boxes import hole_box
from inlay.evaluation.metrics.box import MARGIN, box_lpips
from inlay.evaluation.metrics.perceptual import Lpips, load_distance


@pytest.fixture
def hole() -> np.ndarray:
    hole = np.zeros((100, 120), dtype=np.uint8)
    hole[40:44, 60:70] = 1
    hole[50, 64] = 1
    return hole


def test_box_reaches_around_the_hole_within_the_picture(hole: np.ndarray) -> None:
    assert hole_box(hole, 0) == (slice(40, 51), slice(60, 70))
    assert hole_box(hole, 8) == (slice(32, 59), slice(52, 78))
    rows, columns = hole_box(hole, 70)
    assert hole[rows, columns].shape == hole.shape
    assert hole[hole_box(np.zeros_like(hole), MARGIN)].size == 0


def test_box_lpips_sees_the_box_alone(shared: Path, hole: np.ndarray) -> None:
    distance = Lpips(load_distance(shared / "weights"))
    truth = np.random.default_rng(0).integers(0, 256, (100, 120, 3), dtype=np.uint8)
    result = np.where(hole[..., None] > 0, 255 - truth, truth)
    found = box_lpips(distance, truth, result, hole)
    assert found == distance(truth[8:83, 28:102], result[8:83, 28:102])
    assert found > distance(truth, result) > 0
    assert box_lpips(distance, truth, truth, hole) == 0
    assert np.isnan(box_lpips(distance, truth, result, np.zeros_like(hole)))
