"""A hole that is filled in parts is filled as if it were one."""

import numpy as np

from inlay.repair.composite import Composite, Part
from inlay.repair.photo import Photo

RNG = np.random.default_rng(0)


def test_opacity_does_not_depend_on_the_parts() -> None:
    native = RNG.integers(0, 256, (64, 64, 4), dtype=np.uint8)
    native[..., 3] = 150 + np.arange(64)[:, None]
    hole = np.zeros((64, 64), dtype=bool)
    hole[20:44, 10:54] = True
    native[hole, 3] = 0  # rubbed out
    photo, fill = Photo(native[..., :3], native), RNG.uniform(0, 255, (64, 64, 3)).astype(np.float32)
    whole = photo.composite(fill, hole)
    assert whole[hole, 3].min() >= 150
    work = Composite(photo, hole)
    for window in (np.s_[20:44, 10:30], np.s_[0:64, 30:64]):
        work.put(Part(window, fill[window], hole[window]))
    np.testing.assert_array_equal(work.native, whole)
    np.testing.assert_array_equal(work.native[~hole], native[~hole])


def test_a_part_far_from_all_that_is_known() -> None:
    native = np.full((48, 48, 2), 255, dtype=np.uint8)
    hole = np.zeros((48, 48), dtype=bool)
    hole[4:44, 4:44] = True
    native[hole, 1] = 0
    work = Composite(Photo(native[..., :1].repeat(3, axis=2), native), hole)
    work.put(Part(np.s_[16:32, 16:32], np.zeros((16, 16, 3), np.float32), hole[16:32, 16:32]))
    assert (work.native[..., 1] == 255).all()
