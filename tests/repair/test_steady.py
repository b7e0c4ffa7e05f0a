"""Faces are searched for again only where a hole may matter."""

import numpy as np

from inlay.faces.find import FoundFaces
from inlay.geometry.face_frame import FaceFrame
from inlay.repair.steady import SteadySearch

PIXELS, FACE = np.zeros((200, 200, 3), np.uint8), FaceFrame(100.0, 100.0, 120.0, 0.0)


def hole(rows: slice, columns: slice) -> np.ndarray:
    drawn = np.zeros((200, 200), bool)
    drawn[rows, columns] = True
    return drawn


STROKE, WIDE, HIDING = (
    hole(slice(90, 94), slice(60, 120)),
    hole(slice(0, 20), slice(0, 100)),
    hole(slice(60, 88), slice(80, 108)),
)


def searches(*holes: np.ndarray, hidden: tuple[FaceFrame, ...] = ()) -> int:
    calls = list[int]()

    def search(pixels: np.ndarray, hole: np.ndarray) -> FoundFaces:
        calls.append(1)
        return FoundFaces((FACE,), hidden)

    steady = SteadySearch(search)
    for each in holes:
        assert steady(PIXELS, each).visible == (FACE,)
    return len(calls)


def test_strokes_share_a_search() -> None:
    assert searches(STROKE, STROKE, hole(slice(2, 9), slice(2, 9))) == 1


def test_wide_holes_and_those_that_hide_much_of_a_face_are_searched_beside() -> None:
    assert WIDE.mean() > 0.02
    assert HIDING.mean() <= 0.02
    assert FACE.known_share(HIDING) < 0.9
    assert searches(WIDE, STROKE, STROKE) == 2
    assert searches(STROKE, HIDING) == 2
    assert searches(STROKE, WIDE, STROKE) == 3


def test_faces_beside_a_hidden_one_are_not_remembered() -> None:
    assert searches(STROKE, STROKE, hidden=(FACE,)) == 2


def test_it_forgets() -> None:
    steady = SteadySearch(lambda pixels, hole: FoundFaces((FACE,) if pixels.any() else ()))
    assert not steady(PIXELS, STROKE).visible
    assert not steady(PIXELS + np.uint8(1), STROKE).visible
    steady.forget()
    assert steady(PIXELS + np.uint8(1), STROKE).visible
