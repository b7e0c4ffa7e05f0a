"""Found faces against boxes: counts against slow obvious forms."""

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest

from inlay.benchmark.matching import (
    ALIKE,
    Box,
    Counts,
    box_of,
    by_kind,
    judge,
    match,
    read_boxes,
    summary,
    visible_share,
)
from inlay.errors import UserError
from inlay.geometry.boxes import overlap
from inlay.geometry.face_frame import FaceFrame

NOTHING = np.zeros((200, 300), dtype=bool)
FACE = Box(100.0, 40.0, 54.0, 67.5)


def frame(box: Box) -> FaceFrame:
    return FaceFrame.of_box(*(float(side) for side in box[:4]))


def random_boxes(rng: np.random.Generator, count: int) -> list[Box]:
    return [Box(*rng.uniform(0, 20, 2), *rng.uniform(10, 30, 2)) for _ in range(count)]


def test_the_box_of_a_frame_is_the_one_it_was_made_of() -> None:
    assert box_of(frame(FACE)) == FACE
    wide = frame(Box(100, 40, 80, 60))
    assert box_of(wide)[2] == pytest.approx(80)
    assert box_of(wide).center == pytest.approx((140, 70))


def test_a_turned_frame_keeps_the_middle_of_its_face() -> None:
    turned = FaceFrame(150.0, 100.0, 100.0, np.pi / 2)
    assert box_of(turned).center == pytest.approx((143, 100))


@pytest.mark.parametrize("seed", range(8))
def test_the_match_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    faces, boxes = random_boxes(rng, 3), random_boxes(rng, 4)
    best = 0.0
    for count in range(1, 4):
        for chosen in combinations(range(3), count):
            for order in permutations(range(4), count):
                alike = [overlap(faces[i][:4], boxes[j][:4]) for i, j in zip(chosen, order, strict=True)]
                if min(alike) >= ALIKE:
                    best = max(best, sum(alike))
    pairs = match(faces, boxes)
    assert sum(overlap(faces[i][:4], boxes[j][:4]) for i, j in pairs) == pytest.approx(best)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert match([], boxes) == match(faces, []) == []


def test_visible_share_counts_pixels() -> None:
    hole = NOTHING.copy()
    hole[:, :127] = True
    assert visible_share(Box(100.0, 40.0, 54.0, 68.0), hole) == pytest.approx(0.5)
    assert visible_share(Box(-54.0, 40.0, 108.0, 68.0), ~NOTHING) == 0
    assert visible_share(Box(400.0, 40.0, 54.0, 68.0), NOTHING) == 0


def test_a_found_face_and_a_false_one() -> None:
    beside = FACE._replace(x=FACE.x + 5.4)
    counts = judge([frame(beside), frame(Box(10, 100, 54, 67.5))], [FACE], NOTHING)
    assert counts[:3] == (1, 1, 1)
    assert counts.errors == pytest.approx((0.1,))


def test_a_second_frame_on_one_face_is_false() -> None:
    assert judge([frame(FACE), frame(FACE)], [FACE], NOTHING)[:3] == (1, 1, 1)


def test_a_frame_of_another_size_is_false() -> None:
    assert judge([FaceFrame(127.0, 70.0, 300.0)], [FACE], NOTHING)[:3] == (1, 0, 1)


@pytest.mark.parametrize(
    "box",
    [
        FACE._replace(ignore=True),
        Box(100.0, 40.0, 38.0, 47.0),
        FACE._replace(y=190.0),
    ],
    ids=["ignored", "small", "hidden"],
)
def test_what_counts_neither_way(box: Box) -> None:
    hole = NOTHING.copy()
    hole[185:] = True
    assert judge([], [box], hole) == (0, 0, 0, ())
    assert judge([frame(box)], [box], hole) == (0, 0, 0, ())
    # A frame of another size whose face is centred there.
    loose = Box(*(np.array(box.center) - 100), 200, 200)
    assert judge([frame(loose)], [box], hole) == (0, 0, 0, ())


def test_faces_are_expected_whether_the_hole_touches_them_or_not() -> None:
    hole = NOTHING.copy()
    hole[:10, :10] = True
    assert judge([], [FACE], hole)[:3] == (1, 0, 0)
    assert judge([frame(FACE)], [FACE], hole)[:3] == (1, 1, 0)


def test_summary() -> None:
    found = summary([Counts(2, 1, 0, (0.1,)), Counts(0, 0, 2, ()), Counts(2, 2, 1, (0.2, 0.4))])
    assert found == {
        "photos": 3, "faces": 4, "found": 3, "recall": 0.75, "false_frames": 3, "photos_with_false": 2,
        "centre_error": 0.2,
    }  # fmt: skip
    assert summary([Counts(0, 0, 0, ())])["recall"] is None


def test_boxes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text("photo,x,y,width,height,ignore,kind\na/b.jpg,1,2,3,4.5,1,side\na/b.jpg,5,6,7,8,0,\n")
    assert read_boxes(path) == {"a/b.jpg": [Box(1, 2, 3, 4.5, True, "side"), Box(5, 6, 7, 8, False)]}
    path.write_text("photo,x,y,width,height\nc.jpg,1,2,3,4\n")
    assert read_boxes(path) == {"c.jpg": [Box(1, 2, 3, 4)]}


@pytest.mark.parametrize("text", ["photo,x,y\na,1,2\n", "photo,x,y,width,height\na,1,2,three,4\n"])
def test_other_tables_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text(text)
    with pytest.raises(UserError, match="not readable as boxes of faces"):
        read_boxes(path)
    with pytest.raises(UserError, match="not readable as boxes of faces"):
        read_boxes(tmp_path / "none.csv")


def test_kinds_are_counted_apart_and_another_kind_is_no_false_frame() -> None:
    other = Box(200.0, 40.0, 54.0, 68.0, kind="profile")
    boxes = [FACE._replace(kind="frontal"), other]
    assert by_kind([frame(FACE)], boxes, NOTHING) == {"frontal": (1, 1), "profile": (1, 0)}
    assert by_kind([frame(FACE), frame(other)], boxes, NOTHING)["profile"] == (1, 1)
    assert by_kind([frame(FACE)], [FACE], NOTHING) == {}
