"""Holes of one part of a face, and boxes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.boxes import box_hole, frozen_boxes
from inlay.data.folder import Pair
from inlay.data.parts import PARTS, frozen_parts, part_classes, part_hole, twin_hole
from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ, LabelClass, LabelSet

ALL = [part_classes(CELEBAMASK_HQ, part) for part in PARTS]
EYE = CELEBAMASK_HQ.id_of("l_eye")
LIPS = [CELEBAMASK_HQ.id_of(name) for name in ("mouth", "u_lip", "l_lip")]


@pytest.fixture
def label() -> np.ndarray:
    """One eye, a mouth of three classes, nothing else."""
    label = np.full((64, 64), CELEBAMASK_HQ.id_of("skin"), dtype=np.uint8)
    label[20:24, 10:18] = EYE
    for n, lip in enumerate(LIPS):
        label[40 + 2 * n : 42 + 2 * n, 20:40] = lip
    return label


def test_a_part_is_hidden_whole_and_a_little_more(label: np.ndarray) -> None:
    for part, classes in (("eye", [EYE]), ("mouth", LIPS)):
        hole = part_hole(np.random.default_rng(0), label, parts=[part_classes(CELEBAMASK_HQ, part)])
        region = np.isin(label, classes)
        assert (hole[region] == 1).all()
        assert region.sum() < hole.sum() < 3 * region.sum()
        rows, columns = np.nonzero(hole)
        inside_rows, inside_columns = np.nonzero(region)
        assert (rows.min(), rows.max()) == (inside_rows.min() - 2, inside_rows.max() + 2)
        assert (columns.min(), columns.max()) == (inside_columns.min() - 2, inside_columns.max() + 2)


def test_only_parts_that_are_there_are_drawn(label: np.ndarray) -> None:
    drawn = [part_hole(np.random.default_rng(n), label, parts=ALL) for n in range(40)]
    hidden = {tuple(np.unique(label[hole > 0])) for hole in drawn}
    skin = CELEBAMASK_HQ.id_of("skin")
    assert hidden == {(skin, EYE), (skin, *LIPS)}
    absent = [part_classes(CELEBAMASK_HQ, part) for part in ("hair", "nose")]
    assert not part_hole(np.random.default_rng(0), label, parts=absent).any()


def test_a_speck_is_no_part() -> None:
    label = np.zeros((64, 64), dtype=np.uint8)
    label[3, 3] = EYE
    assert not part_hole(np.random.default_rng(0), label, parts=ALL).any()


def test_unknown_part() -> None:
    with pytest.raises(UserError, match=f"unknown part 'chin'; expected one of {', '.join(PARTS)}"):
        part_classes(CELEBAMASK_HQ, "chin")


def test_each_side_is_a_component_and_classes_without_a_twin_are_one() -> None:
    found = {part: part_classes(CELEBAMASK_HQ, part) for part in PARTS}
    assert found == {
        "eye": ((4,), (5,)),
        "brow": ((6,), (7,)),
        "nose": ((2,),),
        "mouth": ((10, 11, 12),),
        "hair": ((13,),),
    }


def test_a_label_set_without_the_role_is_told_so() -> None:
    plain = LabelSet("plain", (LabelClass("a", (0, 0, 0)), LabelClass("b", (0, 0, 0))))
    with pytest.raises(UserError, match="'plain' has no class with the role 'eye'"):
        part_classes(plain, "eye")


def test_frozen_parts_do_not_depend_on_their_number(tmp_path: Path, label: np.ndarray) -> None:
    Image.fromarray(label).save(tmp_path / "a.png")
    pairs = [Pair(str(n), tmp_path / "a.png", tmp_path / "a.png") for n in range(4)]
    many = frozen_parts(3, pairs, (32, 48), CELEBAMASK_HQ)
    assert many.shape == (4, 32, 48)
    np.testing.assert_array_equal(frozen_parts(3, pairs[:2], (32, 48), CELEBAMASK_HQ), many[:2])


def test_both_eyes_are_one_part_that_is_hidden_on_request_alone(label: np.ndarray) -> None:
    assert part_classes(CELEBAMASK_HQ, "eyes") == ((4, 5),)
    assert "eyes" not in PARTS
    label[20:24, 40:48] = CELEBAMASK_HQ.id_of("r_eye")
    hole = part_hole(np.random.default_rng(0), label, parts=[part_classes(CELEBAMASK_HQ, "eyes")])
    assert hole[np.isin(label, (4, 5))].all()


def test_parts_in_turn(tmp_path: Path, label: np.ndarray) -> None:
    Image.fromarray(label).save(tmp_path / "a.png")
    pairs = [Pair(str(n), tmp_path / "a.png", tmp_path / "a.png") for n in range(5)]
    holes = frozen_parts(3, pairs, (64, 64), CELEBAMASK_HQ, parts=["mouth", "eye", "nose"], in_turn=True)
    mouth = [bool(hole[np.isin(label, LIPS)].all()) for hole in holes]
    eye = [bool(hole[label == EYE].all()) for hole in holes]
    assert mouth == [True, False, False, True, False]
    assert eye == [False, True, False, False, True]
    assert not holes[2].any(), "this face has no nose"
    wider = frozen_parts(3, pairs[:1], (64, 64), CELEBAMASK_HQ, parts=["mouth"], reach=0.1, in_turn=True)
    rows = np.flatnonzero(wider[0].any(axis=1))
    assert (rows[0], rows[-1]) == (40 - 6, 45 + 6)


def test_boxes_are_boxes_of_their_ratio() -> None:
    for hole in frozen_boxes(0, 30, (40, 56), low=0.05, high=0.3):
        rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
        assert hole.sum() == (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
        assert 0.05 <= hole.mean() <= 0.3
    np.testing.assert_array_equal(
        frozen_boxes(1, 2, (20, 20), low=0.1, high=0.2), frozen_boxes(1, 5, (20, 20), low=0.1, high=0.2)[:2]
    )


def test_box_ranges_that_are_none() -> None:
    with pytest.raises(UserError, match="0 < low < high <= 1"):
        box_hole(np.random.default_rng(0), (20, 20), low=0.3, high=0.2)
    with pytest.raises(UserError, match="widen the range"):
        box_hole(np.random.default_rng(0), (4, 4), low=0.001, high=0.002)


def test_one_of_two_twins_is_hidden_and_the_other_seen(label: np.ndarray) -> None:
    """The lone eye has no twin; of the mouth one half is hidden, now the left and now the right one."""
    mouth = np.isin(label, LIPS)
    sides = set()
    for n in range(20):
        hole = twin_hole(np.random.default_rng(n), label, CELEBAMASK_HQ) > 0
        assert not hole[label == EYE].any()
        hidden = mouth & hole
        # The hole reaches 2 pixels beyond the half, so that much of the other one goes too.
        assert hidden.sum() == mouth.sum() * 12 / 20
        sides.add(bool(hidden[42, 20]))
    assert sides == {True, False}
    label[20:24, 40:48] = CELEBAMASK_HQ.id_of("r_eye")
    hole = twin_hole(np.random.default_rng(0), label, CELEBAMASK_HQ, parts=["eye"]) > 0
    assert sorted(hole[label == one].all() for one in (EYE, CELEBAMASK_HQ.id_of("r_eye"))) == [False, True]


def test_no_twin_no_hole(label: np.ndarray) -> None:
    assert not twin_hole(np.random.default_rng(0), label, CELEBAMASK_HQ, parts=["eye", "glasses"]).any()
    with pytest.raises(UserError, match="unknown part 'nose'; expected one of eye, brow, mouth, glasses"):
        twin_hole(np.random.default_rng(0), label, CELEBAMASK_HQ, parts=["nose"])
