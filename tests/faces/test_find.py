"""Which detected faces count."""

import numpy as np
from PIL import Image

from inlay.examples import example
from inlay.faces.find import FaceSearch
from inlay.geometry.face_frame import FaceFrame


def photo() -> np.ndarray:
    wall = Image.new("RGB", (640, 360), (90, 120, 150))
    face = Image.open(example("portrait")).convert("RGB")
    wall.paste(face.resize((220, 220)), (40, 80))
    wall.paste(face.resize((220, 220)), (380, 80))
    return np.asarray(wall)


def test_a_face_that_is_mostly_hidden_is_told_and_does_not_count() -> None:
    hole = np.zeros((360, 640), dtype=bool)
    found = FaceSearch()(photo(), hole)
    assert len(found.visible) == 2
    assert not found.hidden
    # Above the mouth nothing of the right face is known.
    hole[60:250, 380:600] = True
    found = FaceSearch()(photo(), hole)
    assert [frame.x < 300 for frame in found.visible] == [True]
    assert all(frame.x > 300 for frame in found.hidden)
    # A scratch across both hides neither.
    scratch = np.zeros((360, 640), dtype=bool)
    scratch[188:196] = True
    assert len(FaceSearch()(photo(), scratch).visible) == 2


def test_frames_are_made_precise_where_that_is_possible() -> None:
    moved = FaceSearch(lambda pixels, hole, frame: FaceFrame(frame.x + 1, frame.y, frame.side))
    hole = np.zeros((360, 640), dtype=bool)
    plain = FaceSearch()(photo(), hole).visible
    assert [frame.x for frame in moved(photo(), hole).visible] == [frame.x + 1 for frame in plain]
