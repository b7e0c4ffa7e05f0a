"""The gallery of fills."""

import numpy as np

from inlay.labels import CELEBAMASK_HQ
from inlay.visualize.gallery import Exhibit, gallery_sheet


def exhibit(h: int, w: int) -> Exhibit:
    rng = np.random.default_rng(0)
    photo, result = rng.integers(0, 256, (2, h, w, 3), dtype=np.uint8)
    return Exhibit(
        photo, rng.integers(0, 19, (h, w), dtype=np.uint8), rng.random((h, w)) < 0.2, result, "a caption"
    )


def test_groups_stand_side_by_side() -> None:
    one = gallery_sheet({"best": [exhibit(32, 32)] * 2}, CELEBAMASK_HQ)
    two = gallery_sheet({"best": [exhibit(32, 32)] * 2, "worst": [exhibit(32, 32)]}, CELEBAMASK_HQ)
    assert two.height == one.height
    assert two.width > 1.8 * one.width


def test_pictures_keep_their_shape() -> None:
    tall, wide = (gallery_sheet({"best": [exhibit(*size)]}, CELEBAMASK_HQ) for size in ((64, 32), (32, 64)))
    assert wide.width > 1.8 * tall.width
