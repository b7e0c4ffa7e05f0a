"""The holes by which other models are known."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.folder import Pair
from inlay.data.peers import KINDS, frozen_peers, peer_hole
from inlay.labels import CELEBAMASK_HQ

IDS = {name: CELEBAMASK_HQ.id_of(name) for name in ("l_eye", "r_eye", "l_brow", "r_brow", "mouth", "u_lip")}


@pytest.fixture
def label() -> np.ndarray:
    """Eyes, brows and a mouth at 256 px."""
    label = np.zeros((256, 256), dtype=np.uint8)
    label[120:126, 90:110], label[121:127, 150:170] = IDS["r_eye"], IDS["l_eye"]
    label[105:110, 85:112], label[104:109, 148:175] = IDS["r_brow"], IDS["l_brow"]
    label[188:192, 105:150], label[192:197, 110:145] = IDS["u_lip"], IDS["mouth"]
    return label


def test_boxes_have_their_margins(label: np.ndarray) -> None:
    places = {"eyes": np.s_[104 - 8 : 127 + 8, 85 - 8 : 175 + 8], "mouth": np.s_[176:209, 93:162]}
    for kind, place in places.items():
        expected = np.zeros_like(label)
        expected[place] = 1
        hole = peer_hole(np.random.default_rng(0), label, CELEBAMASK_HQ, kind)
        np.testing.assert_array_equal(hole, expected, err_msg=kind)


def test_margins_follow_the_size(label: np.ndarray) -> None:
    hole = peer_hole(np.random.default_rng(0), label[::2, ::2].copy(), CELEBAMASK_HQ, "mouth")
    rows, columns = np.nonzero(hole)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (94 - 6, 98 + 6, 53 - 6, 74 + 6)


@pytest.mark.parametrize("size", [64, 256])
def test_a_brush_is_the_pixels_near_a_line_of_four_points(size: int) -> None:
    """Against the slow form: distances to three segments, from the same draws."""
    rows, columns = np.mgrid[:size, :size].astype(float)
    for seed in range(5):
        hole = peer_hole(
            np.random.default_rng(seed), np.zeros((size, size), dtype=np.uint8), CELEBAMASK_HQ, "brush"
        )
        rng = np.random.default_rng(seed)
        points = rng.uniform(0.2, 0.8, size=(4, 2)) * size
        radius = rng.uniform(20, 44) * size / 256 / 2
        near = np.full((size, size), np.inf)
        for (x, y), (u, v) in pairwise(points):
            along = ((columns - x) * (u - x) + (rows - y) * (v - y)) / ((u - x) ** 2 + (v - y) ** 2)
            along = along.clip(0, 1)
            distance = np.hypot(columns - x - along * (u - x), rows - y - along * (v - y))
            near = np.minimum(near, distance)
        assert hole[near < radius - 1.5].all()
        assert not hole[near > radius + 1.5].any()


def test_a_layout_without_the_part_has_no_hole() -> None:
    nothing = np.zeros((64, 64), dtype=np.uint8)
    for kind in ("eyes", "mouth"):
        assert not peer_hole(np.random.default_rng(0), nothing, CELEBAMASK_HQ, kind).any()


def test_kinds_come_in_turn_and_do_not_depend_on_the_count(tmp_path: Path, label: np.ndarray) -> None:
    Image.fromarray(label).save(tmp_path / "a.png")
    pairs = [Pair(str(n), tmp_path / "a.png", tmp_path / "a.png") for n in range(7)]
    holes, kinds = frozen_peers(3, pairs, (128, 128), CELEBAMASK_HQ)
    assert kinds == [*KINDS, *KINDS, "brush"]
    assert not np.array_equal(holes[0], holes[3])
    np.testing.assert_array_equal(holes[1], holes[4])
    np.testing.assert_array_equal(frozen_peers(3, pairs[:4], (128, 128), CELEBAMASK_HQ)[0], holes[:4])
