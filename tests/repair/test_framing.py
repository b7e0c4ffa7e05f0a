"""Which faces of a photo are filled: detected, named, none, or the whole photo."""

import numpy as np
import pytest

from inlay.errors import UserError
from inlay.faces.find import FoundFaces
from inlay.geometry.face_frame import FaceFrame
from inlay.repair.framing import Faces, Framed, frame_faces

PIXELS, HOLE = np.zeros((300, 400, 3), dtype=np.uint8), np.zeros((300, 400), dtype=bool)
LEFT, RIGHT = FaceFrame(100.0, 150.0, 120.0, 0.1), FaceFrame(300.0, 150.0, 120.0)


def framed(
    *visible: FaceFrame, faces: Faces = "auto", hidden: tuple[FaceFrame, ...] = (), needs: bool = False
) -> Framed:
    def search(pixels: np.ndarray, hole: np.ndarray) -> FoundFaces:
        return FoundFaces(visible, hidden)

    return frame_faces(search, PIXELS, HOLE, faces, needs_portrait=needs)


def test_words() -> None:
    assert framed(LEFT, RIGHT) == Framed((LEFT, RIGHT))
    assert framed(LEFT, faces="whole") == Framed(is_whole=True)
    assert framed(LEFT, faces="none") == Framed()
    assert framed(LEFT, faces="none", needs=True).is_whole
    with pytest.raises(UserError, match="expected auto, whole, none or a list of faces, got 'some'"):
        framed(LEFT, faces="some")


def test_one_face_that_fills_the_photo_makes_it_a_portrait() -> None:
    assert framed(FaceFrame(200.0, 150.0, 290.0)).is_whole
    assert not framed(FaceFrame(200.0, 150.0, 150.0)).is_whole


def test_a_photo_without_a_face_is_a_portrait_only_where_one_is_needed_and_that_is_told() -> None:
    assert framed() == Framed()
    needed = framed(needs=True)
    assert needed.is_whole
    assert [note.text for note in needed.notes] == ["no face was found: the photo is treated as one portrait"]


def test_a_hidden_face_is_told_with_the_box_that_names_it() -> None:
    (note,) = framed(LEFT, hidden=(RIGHT,)).notes
    assert note.code == "hidden-face"
    box = note.text.rsplit(" ", 1)[1]
    x, y, width, height = (float(part) for part in box.split(","))
    again = FaceFrame.of_box(x, y, width, height)
    assert again.distance(RIGHT) < 1.5
    assert framed(hidden=(RIGHT,), faces=[(x, y, width, height)]).frames == (RIGHT,)


def test_frames_are_taken_as_they_are_and_boxes_refined() -> None:
    mine = FaceFrame(110.0, 150.0, 120.0)
    assert framed(LEFT, RIGHT, faces=[mine]).frames == (mine,)
    assert framed(LEFT, RIGHT, faces=[mine.face_box[:4]]).frames == (LEFT,)
    far = FaceFrame(200.0, 150.0, 60.0)
    assert framed(LEFT, RIGHT, faces=[far.face_box[:4]]).frames[0].distance(far) < 1e-6
    assert frame_faces(None, PIXELS, HOLE, [mine]).frames == (mine,)
    with pytest.raises(UserError, match="the face around 930, 67 lies outside the photo, which is 400 x 300"):
        framed(faces=[(900.0, 40.0, 60.0, 70.0)])
