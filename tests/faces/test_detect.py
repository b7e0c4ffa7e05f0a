"""Detect faces: turned, small, under holes, beside others, and where there is none."""

import math

import numpy as np
import pytest
from PIL import Image

from inlay.examples import example
from inlay.faces.detect import _reduced, detect
from inlay.geometry.face_frame import FaceFrame
from inlay.pixels import parallel


def portrait(side: int) -> Image.Image:
    return Image.open(example("portrait")).convert("RGB").resize((side, side))


def scene(*places: tuple[int, int, int], size: tuple[int, int] = (700, 500)) -> Image.Image:
    """The example at (left, top, side) on a plain wall."""
    photo = Image.new("RGB", size, (90, 120, 150))
    for left, top, side in places:
        photo.paste(portrait(side), (left, top))
    return photo


def nothing(photo: Image.Image) -> np.ndarray:
    return np.zeros((photo.height, photo.width), dtype=bool)


def placed(left: float, top: float, side: float) -> FaceFrame:
    """Where the example's face lies when it is put there: it is not framed exactly, nor upright."""
    photo = portrait(512)
    (found,) = detect(np.asarray(photo), nothing(photo))
    frame, k = found.frame, side / 512
    return FaceFrame(left + k * frame.x, top + k * frame.y, k * frame.side, frame.angle)


@pytest.mark.parametrize("angle", [-40, 0, 20, 40])
def test_a_turned_face(angle: int) -> None:
    middle = (426, 246)
    photo = scene((330, 150, 192)).rotate(-angle, resample=Image.Resampling.BICUBIC, center=middle)
    hole = nothing(photo)
    hole[230:250, 400:430] = True
    (found,) = detect(np.asarray(photo), hole)
    upright, turn = placed(330, 150, 192), math.radians(angle)
    dx, dy = upright.x - middle[0], upright.y - middle[1]
    x = middle[0] + math.cos(turn) * dx - math.sin(turn) * dy
    y = middle[1] + math.sin(turn) * dx + math.cos(turn) * dy
    frame = found.frame
    assert (frame.x, frame.y) == pytest.approx((x, y), abs=0.06 * 192)
    assert frame.side == pytest.approx(upright.side, rel=0.12)
    assert frame.angle == pytest.approx(upright.angle + turn, abs=math.radians(8))


@pytest.mark.parametrize(("side", "found"), [(20, 0), (48, 1), (96, 1), (480, 1)])
def test_faces_of_all_sizes_but_the_smallest(side: int, found: int) -> None:
    photo = scene((100, 10, side))
    assert len(detect(np.asarray(photo), nothing(photo))) == found


def test_each_of_several_faces_is_found_once_and_the_surest_comes_first() -> None:
    photo = scene((20, 60, 160), (220, 240, 240), (500, 40, 120))
    found = detect(np.asarray(photo), nothing(photo))
    middles = sorted((round(one.frame.x), round(one.frame.y)) for one in found)
    assert middles == [pytest.approx(p, abs=10) for p in [(100, 140), (340, 360), (560, 100)]]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_a_photo_larger_than_the_search_has_frames_in_its_own_pixels() -> None:
    photo = scene((1500, 900, 900), size=(3100, 2200))
    (found,) = detect(np.asarray(photo), nothing(photo))
    expected = placed(1500, 900, 900)
    assert found.frame.distance(expected) < 0.03 * 900
    assert found.frame.side == pytest.approx(expected.side, rel=0.06)


def test_nobody_is_found_in_noise_on_a_wall_or_where_all_is_hidden() -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)
    wall = np.full((300, 400, 3), 120, dtype=np.uint8)
    empty = np.zeros((300, 400), dtype=bool)
    assert detect(noise, empty) == detect(wall, empty) == detect(noise, ~empty) == []


@pytest.mark.parametrize("size", [(700, 500), (2800, 2000)])
def test_what_lies_in_the_hole_is_not_read(size: tuple[int, int]) -> None:
    photo = scene((100, 100, 300), size=size)
    hole = nothing(photo)
    hole[180:220, 150:350] = True
    pixels = np.asarray(photo)
    spoilt = pixels.copy()
    spoilt[hole] = np.random.default_rng(1).integers(0, 256, (int(hole.sum()), 3))
    before, after = detect(pixels, hole), detect(spoilt, hole)
    assert before
    assert before == after


def test_a_hole_changes_nothing_about_faces_far_from_it() -> None:
    photo = scene((20, 60, 160), (500, 300, 160))
    hole = nothing(photo)
    hole[20:60, 400:600] = True
    plain = {one.frame for one in detect(np.asarray(photo), nothing(photo))}
    under = {one.frame for one in detect(np.asarray(photo), hole)}
    assert len(plain) == 2
    assert plain == under


def test_a_large_photo_is_reduced_to_the_means_of_its_known_pixels() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (260, 390, 3), dtype=np.uint8)
    hole = rng.random((260, 390)) < 0.5
    small, unknown, factor = _reduced(pixels, hole, 130)
    assert factor == 3
    for row, column in ((0, 0), (40, 60), (86, 129)):
        block = np.s_[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
        known = ~hole[block]
        if known.mean() < 0.3:
            assert unknown[row, column] == (known.mean() < 0.25)
        else:
            # Two roundings to 8 bits, of sums and shares.
            assert small[row, column] == pytest.approx(pixels[block][known].mean(axis=0), abs=4)


def test_frames_of_portraits_are_whole_pictures() -> None:
    """The example is in CelebA-HQ framing."""
    photo = portrait(256)
    (found,) = detect(np.asarray(photo), nothing(photo))
    frame = found.frame
    assert frame.fills((256, 256))
    assert frame.distance(FaceFrame(128.0, 128.0, 256.0)) < 0.1 * 256


def test_detection_keeps_to_the_threads_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    cv2 = pytest.importorskip("cv2")
    for count in (1, 2):
        monkeypatch.setattr(parallel, "_threads", count)
        detect(np.asarray(portrait(64)), nothing(portrait(64)))
        assert cv2.getNumThreads() == count
