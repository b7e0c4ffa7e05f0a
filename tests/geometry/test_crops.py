"""Crops: whole photos, reduced ones, faces, and the way back."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.geometry import whole_crop as limits
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.geometry.crops import Crop
from inlay.geometry.face_crop import FaceCrop, face_crops, share_out
from inlay.geometry.face_frame import FaceFrame
from inlay.geometry.whole_crop import ReducedCrop, WholeCrop, whole_crop

RNG = np.random.default_rng(0)
GRID = (30, 40)


def framing(size: tuple[int, int]) -> CanvasFrame:
    return CanvasFrame.around(size, 64)


def smooth(h: int, w: int) -> np.ndarray:
    """Colours that change slowly."""
    y, x = np.mgrid[:h, :w]
    return np.stack([x * 200 / w, y * 200 / h, (x + y) * 200 / (h + w)], axis=-1).astype(np.uint8)


def holes(h: int = 120, w: int = 160) -> np.ndarray:
    hole = np.zeros((h, w), dtype=bool)
    hole[20:100, 30:42], hole[60:75, 10:150], hole[-1, -1] = True, True, True
    return hole


def face(angle: float = 0.0, number: int = 0) -> FaceCrop:
    frame, hole = FaceFrame(80.0, 60.0, 70.0, angle), holes()
    cells = share_out(np.ones(GRID, dtype=bool), [frame.scaled(GRID[1] / 160)])
    return FaceCrop(frame, hole, share_out(hole, [frame]), number, framing, 64, cells)


def every_crop() -> list[Crop]:
    return [
        whole_crop(holes(), framing, GRID), face(), face(0.4),
        ReducedCrop(holes(), framing((60, 80)), GRID, 2, holes()[::2, ::2]),
    ]  # fmt: skip


@pytest.mark.parametrize("crop", every_crop(), ids=["whole", "face", "turned", "reduced"])
def test_tiles_hold_each_owned_pixel_once_and_a_crop_comes_back(crop: Crop) -> None:
    photo = smooth(120, 160)
    cut = crop.cut(photo)
    assert cut.shape[:2] == crop.hole.shape == crop.frame.photo
    times = np.zeros(crop.owned.shape, dtype=int)
    for tile in crop.tiles():
        back = crop.put_back(cut.astype(np.float32), tile.box)
        own = tile.own(crop.owned[tile.window])
        times[tile.window] += own
        assert np.abs(back - photo[tile.window])[own].max() < 4
    assert np.array_equal(times, crop.owned)


@pytest.mark.parametrize("crop", every_crop(), ids=["whole", "face", "turned", "reduced"])
def test_a_pixel_s_place_on_the_canvas_shows_it(crop: Crop) -> None:
    photo = smooth(120, 160)
    canvas = crop.frame.pixels(crop.cut(photo)).astype(int)
    rows, columns = np.nonzero(crop.owned)
    for n in range(0, len(rows), 97):
        row, column = crop.place(int(columns[n]), int(rows[n]))
        assert np.abs(canvas[int(row), int(column)] - photo[rows[n], columns[n]]).max() < 10


@pytest.mark.parametrize("crop", every_crop(), ids=["whole", "face", "turned", "reduced"])
def test_layouts_are_shown_on_the_grid_where_the_crop_lies(crop: Crop) -> None:
    """A layout whose left half is one class and whose right half another one."""
    label = np.full((120, 160), 3, dtype=np.uint8)
    label[:, 80:] = 9
    shown = np.zeros(GRID, dtype=np.uint8)
    cut = crop.cut_label(label)
    assert cut.shape == crop.hole.shape
    size = crop.layout_frame.photo
    rows, columns = (np.arange(n) * side // n for n, side in zip(size, cut.shape, strict=True))
    crop.show_label(cut[rows][:, columns], shown)
    assert set(np.unique(shown[10:20, 12:19])) == {3}
    assert set(np.unique(shown[10:20, 21:28])) == {9}
    if isinstance(crop, FaceCrop):
        assert not shown[:, :4].any()
    canvas = crop.cells(shown)
    assert canvas.shape == crop.frame.canvas
    h, w = canvas.shape
    assert canvas[h // 2, w // 2 - 8] == 3
    assert canvas[h // 2, w // 2 + 8] == 9


def test_a_whole_photo_is_its_own_crop() -> None:
    hole, photo = holes(), smooth(120, 160)
    crop = whole_crop(hole, framing, GRID)
    assert type(crop) is WholeCrop
    assert crop.is_photo
    assert crop.scale == 1
    assert crop.cut(photo) is photo
    assert crop.unit == pytest.approx(120 / 256)
    (tile,) = crop.tiles()
    # The canvas's part under a window is the window of the enlarged canvas.
    canvas = RNG.uniform(0, 255, (*crop.frame.canvas, 3)).astype(np.float32)
    part = crop.canvas_back(canvas, tile.box)
    np.testing.assert_allclose(part, crop.frame.picture_back(canvas)[tile.window], atol=0.5)


@pytest.mark.parametrize(("h", "w", "factor"), [(100, 60, 1), (101, 60, 2), (90, 301, 4)])
def test_large_photos_are_reduced(monkeypatch: pytest.MonkeyPatch, h: int, w: int, factor: int) -> None:
    monkeypatch.setattr(limits, "LARGEST", 100)
    hole = np.zeros((h, w), dtype=bool)
    hole[7, 11] = hole[50:70, 20:40] = True
    crop = whole_crop(hole, framing, GRID)
    assert crop.scale == factor
    assert crop.is_photo == (factor == 1)
    assert crop.hole.shape == (math.ceil(h / factor), math.ceil(w / factor))
    # A pixel of the crop is known only if all that it stands for is.
    for y, x in np.ndindex(*crop.hole.shape):
        block = hole[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        assert crop.hole[y, x] == block.any()


def test_under_a_fine_grid_a_reduced_pixel_with_a_known_one_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST", 50)
    grid = np.zeros((100, 100), dtype=bool)
    grid[::2] = True
    grid[:20, :20] = True
    crop = whole_crop(grid, framing, GRID)
    assert crop.hole[:10, :10].all()
    assert crop.hole.sum() == 100


def test_windows_of_a_reduced_fill_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    """What many windows put back is what one window puts back."""
    monkeypatch.setattr(limits, "LARGEST", 60)
    hole = holes()
    crop = whole_crop(hole, framing, GRID)
    fill = RNG.uniform(0, 255, (*crop.hole.shape, 3)).astype(np.float32)
    (one,) = crop.tiles()
    whole = crop.put_back(fill, (0, 0, 120, 160))
    assert one.window[0].stop - one.window[0].start <= 120
    monkeypatch.setattr(limits, "REDUCED_TILE", 16)
    several = crop.tiles()
    assert len(several) > 4
    for tile in several:
        own = tile.own(hole[tile.window])
        np.testing.assert_allclose(crop.put_back(fill, tile.box)[own], whole[tile.window][own], atol=0.6)


def test_a_face_that_is_turned_a_little_is_cut_upright() -> None:
    assert face(0.05).face.angle == 0
    assert face(0.4).face.angle == 0.4
    assert face().size == 128, "the next multiple of the painter's height"
    assert face().scale == pytest.approx(70 / 128)
    assert face().unit == pytest.approx(70 / 256)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), count=st.integers(0, 4))
def test_each_hole_pixel_goes_to_the_face_in_which_it_is_most_central(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    hole = rng.random((50, 70)) < 0.3
    places = rng.uniform((0, 0, 10, -0.5), (70, 50, 60, 0.5), (count, 4)).tolist()
    frames = [FaceFrame(*place) for place in places]
    owner, box = share_out(hole, frames), (0, 0, 50, 70)
    claims = np.stack([np.full((50, 70), 2.0), *(frame.claim(box) for frame in frames)])
    best = claims.argmin(axis=0) - 1
    assert np.array_equal(owner, np.where(hole, best, -1))


def test_a_face_keeps_its_oval_and_its_layout_from_a_larger_frame() -> None:
    """A neighbour's frame reaches over a small face; both its hole and its cells of the grid stay its own."""
    small, large = FaceFrame(60.0, 40.0, 20.0), FaceFrame(90.0, 60.0, 90.0)
    hole = np.zeros((120, 160), dtype=bool)
    hole[36:90, 52:120] = True
    crops = face_crops([large, small], hole, framing=lambda side: (framing, 64), grid=GRID)
    oval = small.claim((0, 0, 120, 160)) <= 1
    assert (crops[1].owned >= (oval & hole)).all()
    assert not (crops[0].owned & oval).any()
    shown = np.zeros(GRID, dtype=np.uint8)
    crops[1].show_label(np.full((64, 64), 2, dtype=np.uint8), shown)
    crops[0].show_label(np.full((128, 128), 1, dtype=np.uint8), shown)
    cells = small.scaled(GRID[1] / 160).claim((0, 0, *GRID)) <= 1
    assert (shown[cells] == 2).all()
    assert (shown == 1).any()


def test_faces_without_a_hole_or_anything_known_have_no_crop() -> None:
    hole = np.zeros((120, 160), dtype=bool)
    hole[20:60, 20:60] = True
    hidden, touched, away = (
        FaceFrame(40.0, 40.0, 20.0), FaceFrame(70.0, 50.0, 40.0), FaceFrame(140.0, 100.0, 30.0),
    )  # fmt: skip
    found = face_crops([hidden, touched, away], hole, framing=lambda side: (framing, 64), grid=GRID)
    assert [crop.found for crop in found] == [touched]
    assert found[0].owned.any()
    # Without a hole all faces have crops.
    nothing = face_crops([hidden, away], hole & False, framing=lambda side: (framing, 64), grid=GRID)
    assert [crop.found for crop in nothing] == [hidden, away]
