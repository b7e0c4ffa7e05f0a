import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inlay.geometry.face_frame import FaceFrame

PLACES = st.floats(-2, 3)
FRAMES = st.builds(
    FaceFrame, st.floats(-50, 150), st.floats(-50, 150), st.floats(5, 300), st.floats(-0.8, 0.8)
)


@given(frame=FRAMES, u=PLACES, v=PLACES)
def test_place_undoes_point(frame: FaceFrame, u: float, v: float) -> None:
    assert frame.place(*frame.point(u, v)) == pytest.approx((u, v), abs=1e-6)


def test_an_upright_frame_on_whole_pixels_cuts_and_puts_back_exactly() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    frame = FaceFrame(26.0, 21.0, 16.0)
    crop = frame.cut(photo, 16)
    assert np.array_equal(crop, photo[13:29, 18:34])
    box = frame.box((40, 50))
    assert box == (13, 18, 29, 34)
    np.testing.assert_allclose(
        frame.back(crop[..., 0].astype(np.float32), box), photo[13:29, 18:34, 0], atol=1e-3
    )


def test_a_turned_frame_comes_back_where_it_was() -> None:
    y, x = np.mgrid[:120, :160]
    photo = np.stack([x, y, (x + y) / 2], axis=-1).astype(np.uint8)
    frame = FaceFrame(80.0, 60.0, 60.0, 0.5)
    crop = frame.cut(photo, 120).astype(np.float32)
    box = frame.box((120, 160))
    inside = frame.covers(box)
    back = np.stack([frame.back(crop[..., c], box) for c in range(3)], axis=-1)
    top, left, bottom, right = box
    assert np.abs(back - photo[top:bottom, left:right])[inside].max() < 2.5


@settings(max_examples=30, deadline=None)
@given(frame=FRAMES)
def test_any_frame_that_touches_the_photo_can_be_cut(frame: FaceFrame) -> None:
    assume(frame.touches((60, 80)))
    photo = np.full((60, 80, 3), 7, dtype=np.uint8)
    assert (frame.cut(photo, 32) == 7).all()
    assert frame.cut(photo[..., 0], 32).shape == (32, 32)
    top, left, bottom, right = frame.box((60, 80))
    assert 0 <= top <= bottom <= 60
    assert 0 <= left <= right <= 80


@settings(max_examples=30, deadline=None)
@given(x=st.floats(-50, 400), y=st.floats(-50, 400), side=st.floats(20, 500), angle=st.floats(-3, 3))
def test_a_frame_comes_back_from_its_face_box(x: float, y: float, side: float, angle: float) -> None:
    frame = FaceFrame(x, y, side, angle)
    again = FaceFrame.of_box(*frame.face_box)
    assert (again.x, again.y, again.side, again.angle) == pytest.approx((x, y, side, angle), abs=1e-6)


def test_the_known_share_is_counted_in_the_oval() -> None:
    frame, hole = FaceFrame(100.0, 90.0, 120.0, 0.4), np.zeros((200, 220), dtype=bool)
    assert frame.known_share(hole) == pytest.approx(1, abs=0.01)
    hole[:, 100:] = True
    y, x = np.mgrid[:200, :220] + 0.5
    inside = count = 0
    for row, column in zip(y.ravel(), x.ravel(), strict=True):
        u, v = frame.place(column, row)
        if ((u - 0.5) / 0.27) ** 2 + ((v - 0.57) / 0.3375) ** 2 <= 1:
            count += 1
            inside += column < 100
    assert frame.known_share(hole) == pytest.approx(inside / count, abs=0.01)
    # What lies beyond the photo is not known.
    assert FaceFrame(0.0, 90.0, 120.0).known_share(hole & False) == pytest.approx(0.5, abs=0.02)
