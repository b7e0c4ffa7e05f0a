"""Detail of known patches that match."""

import numpy as np

from finish.scenes import flat_scene
from inlay.finish.detail import Detail
from inlay.finish.scene import Painted, Portrayed
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.labels import CELEBAMASK_HQ

DETAIL = Detail()


def squares(size: int, box: tuple[int, int, int, int]) -> np.ndarray:
    hole = np.zeros((size, size), dtype=bool)
    top, bottom, left, right = box
    hole[top:bottom, left:right] = True
    return hole


def carried(residual: np.ndarray, hole: np.ndarray, canvas: np.ndarray, label: np.ndarray) -> np.ndarray:
    """What is added to a fill that the photo exceeds by `residual`: here one of zeros."""
    frame = CanvasFrame.around((hole.shape[0], hole.shape[1]), len(canvas))
    painted = Painted(canvas, frame.hole(hole), label, np.zeros((19, *label.shape), np.float32))
    scene = flat_scene(residual, hole, resampled=True, portrait=Portrayed(painted, frame, CELEBAMASK_HQ))
    return DETAIL(scene, np.zeros_like(scene.photo))


def test_each_half_gets_its_own_texture() -> None:
    """Left of the middle stripes across, right of it stripes along, told apart by the fill's colour alone."""
    y, x = np.mgrid[:128, :128]
    left = x < 64
    stripes = np.where(left, 8.0 * (y % 4 < 2) - 4, 8.0 * (x % 4 < 2) - 4)
    hole = squares(128, (40, 88, 40, 88))
    canvas = np.where(left[::2, ::2, None], 60.0, 180.0).astype(np.float32) * np.ones(3, np.float32)
    label = np.zeros((64, 64), dtype=np.uint8)
    laid = carried(np.repeat(stripes[..., None], 3, axis=2), hole, canvas, label)
    assert not laid[~hole].any()
    for side in (slice(46, 54), slice(74, 82)):
        part = laid[46:82, side, 0]
        across, along = (np.abs(np.diff(part, axis=axis)).mean() for axis in (0, 1))
        assert (across > 4 * along) if side.start < 64 else (along > 4 * across)


def test_only_what_is_known_and_of_the_class_is_laid() -> None:
    """Another class, a loud ornament and the hole's own former pixels never come into the hole."""
    hole = squares(128, (40, 88, 40, 88))
    label = np.zeros((64, 64), dtype=np.uint8)
    label[:, 48:] = 1
    rng = np.random.default_rng(0)
    residual = rng.normal(0, 1, (128, 128, 3))
    residual[:, 96:] = 50
    residual[100:108, 20:28] = 90
    canvas = rng.uniform(0, 255, (64, 64, 3)).astype(np.float32)
    laid = carried(residual, hole, canvas, label)
    assert 0.3 < np.abs(laid[hole]).mean() < 2
    assert np.abs(laid).max() < 10
    other = np.where(hole[..., None], 99, residual)
    assert np.array_equal(carried(other, hole, canvas, label), laid)


def test_nothing_known_of_the_class_leaves_the_fill() -> None:
    hole = squares(128, (40, 88, 40, 88))
    label = np.zeros((64, 64), dtype=np.uint8)
    label[20:44, 20:44] = 3
    residual, canvas = np.ones((128, 128, 3)), np.zeros((64, 64, 3), dtype=np.float32)
    assert not carried(residual, hole, canvas, label).any()
    # Nor do its neighbours' patches reach far into it.
    mostly = label.copy()
    mostly[20:44, 20:32] = 0
    laid = carried(residual, hole, canvas, mostly)[40:88, 64:88]
    assert not laid[:, 8:].any()
    assert np.abs(laid[:, 4:8]).max() < 0.5
    everything = np.ones((128, 128), dtype=bool)
    assert not carried(residual, everything, canvas, label).any()
