import numpy as np
import pytest
import torch
from PIL import Image

from inlay.deep import turned
from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ
from inlay.notes import Note
from inlay.repair.inputs import fit_hole, fit_label
from inlay.repair.photo import Photo
from inlay.stored import Origin

DRAWN = np.zeros((8, 6), dtype=bool)
DRAWN[2:5, 1:4] = True


def photo_of(h: int, w: int, turn: int = 1) -> Photo:
    """A photo of noise, whose EXIF data turned it."""
    pixels = np.random.default_rng(1).integers(0, 256, (h, w, 3), dtype=np.uint8)
    return Photo(pixels, pixels, origin=Origin(turn=turn))


PHOTO = photo_of(8, 6)


@pytest.mark.parametrize(
    "hole",
    [
        DRAWN,
        DRAWN.astype(np.uint8),
        DRAWN.astype(np.int64),
        DRAWN * 0.9,
        DRAWN.astype(np.uint8) * 255,
        DRAWN.astype(np.float32) * 255,
        np.repeat(DRAWN[..., None] * np.uint8(255), 3, axis=2),
        Image.fromarray(DRAWN),
        Image.fromarray(DRAWN.astype(np.uint8) * 255).convert("P"),
        Image.fromarray(DRAWN.astype(np.uint8)),
        Image.fromarray(DRAWN.astype(np.uint16)),
        Image.fromarray(DRAWN.astype(np.int32)),
        Image.fromarray(DRAWN.astype(np.uint8)).convert("RGB"),
        Image.fromarray(DRAWN.astype(np.uint8)).convert("P"),
        DRAWN[..., None],
        DRAWN[None],
        torch.from_numpy(DRAWN),
        torch.from_numpy(DRAWN[None].astype(np.float32)),
    ],
)
def test_holes_in_each_form(hole: Image.Image | np.ndarray) -> None:
    fitted, notes = fit_hole(hole, PHOTO)
    assert np.array_equal(fitted, DRAWN)
    assert {note.code for note in notes} <= {"hole-read"}


def test_a_hole_of_another_size_is_scaled_by_nearest_neighbour() -> None:
    fitted, notes = fit_hole(DRAWN, photo_of(16, 12))
    assert np.array_equal(fitted, DRAWN.repeat(2, axis=0).repeat(2, axis=1))
    text = "the hole is 6 x 8 pixels, the photo 12 x 16 pixels: scaled by nearest neighbour"
    assert notes == (Note("hole-scaled", text),)


def test_what_is_said_of_holes() -> None:
    for nothing in (np.zeros((8, 6)), Image.new("L", (6, 8)), np.zeros((8, 6), dtype=bool)):
        with pytest.raises(UserError, match="there is no hole: nothing is marked"):
            fit_hole(nothing, PHOTO)
        assert not fit_hole(nothing, PHOTO, may_be_empty=True)[0].any()
    half = np.zeros((8, 6), dtype=bool)
    half[:4] = True
    assert fit_hole(half, PHOTO)[1] == ()
    half[4] = True
    (large,) = fit_hole(half, PHOTO)[1]
    assert large.code == "hole-large"
    assert large.text.startswith("warning: 62% of the photo is hole")
    with pytest.raises(UserError, match=r"the hole covers the whole photo.* expected white where"):
        fit_hole(np.ones((8, 6)), PHOTO)


@pytest.mark.parametrize("hole", [np.zeros((7, 9, 5)), np.zeros(4), np.zeros((0, 3)), np.array([["a"]])])
def test_arrays_that_are_no_holes(hole: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"the hole: expected a Pillow image, a path, or an array .* got"):
        fit_hole(hole, PHOTO)


def test_layouts() -> None:
    label = np.arange(48, dtype=np.int64).reshape(8, 6) % 19
    stored = Image.fromarray(label.astype(np.uint8))
    for given in (label, label.astype(np.uint8), label[..., None], torch.from_numpy(label), stored):
        fitted, notes = fit_label(given, PHOTO, CELEBAMASK_HQ)
        assert notes == ()
        assert fitted.dtype == np.uint8
        assert np.array_equal(fitted, label)


def test_layouts_that_do_not_fit() -> None:
    with pytest.raises(
        UserError, match=r"the layout is 6 x 2 pixels, the photo 6 x 8 pixels: their aspects .*--fit-hole"
    ):
        fit_label(np.zeros((2, 6), dtype=np.uint8), PHOTO, CELEBAMASK_HQ)
    with pytest.raises(UserError, match="layout ids 19 are unknown"):
        fit_label(np.full((8, 6), 19), PHOTO, CELEBAMASK_HQ)
    with pytest.raises(
        UserError, match=r"the layout: expected a Pillow image, a path, or an array .* got float64"
    ):
        fit_label(np.zeros((8, 6)), PHOTO, CELEBAMASK_HQ)


@pytest.mark.parametrize("turn", [5, 6, 7, 8])
def test_what_was_drawn_on_the_stored_photo_turns_with_it(turn: int) -> None:
    photo = photo_of(80, 60, turn)
    stored = np.zeros((60, 80), dtype=np.uint8)
    stored[10:20, 30:70] = 255
    expected = turned(stored, turn) > 0
    label = stored // 255 * 13
    for drawn in (stored, stored > 0, Image.fromarray(stored)):
        hole, notes = fit_hole(drawn, photo)
        assert np.array_equal(hole, expected)
        assert "hole-turned" in [note.code for note in notes]
    for layout in (label, Image.fromarray(label)):
        found, notes = fit_label(layout, photo, CELEBAMASK_HQ)
        assert np.array_equal(found > 0, expected)
        assert [note.code for note in notes] == ["layout-turned"]
    upright, notes = fit_hole(expected, photo)
    assert np.array_equal(upright, expected)
    assert notes == ()


def test_half_turns_leave_a_hole_as_it_is_drawn_and_say_so() -> None:
    hole, notes = fit_hole(DRAWN, photo_of(8, 6, turn=3))
    assert np.array_equal(hole, DRAWN)
    assert [note.code for note in notes] == ["hole-upright"]


@pytest.mark.parametrize("size", [(101, 75), (100, 75), (200, 151), (1200, 901)])
def test_sizes_of_one_aspect_are_scaled(size: tuple[int, int]) -> None:
    drawn = np.zeros(size, dtype=bool)
    drawn[: size[0] // 2] = True
    hole, notes = fit_hole(drawn, photo_of(400, 300))
    assert hole.mean() == pytest.approx(0.5, abs=0.01)
    assert [note.code for note in notes] == ["hole-scaled"]


@pytest.mark.parametrize("size", [(300, 400), (400, 310), (100, 100)])
def test_another_aspect_is_refused_or_stretched(size: tuple[int, int]) -> None:
    drawn = np.zeros(size, dtype=bool)
    drawn[: size[0] // 2] = True
    with pytest.raises(UserError, match=r"their aspects differ; .*--fit-hole"):
        fit_hole(drawn, photo_of(400, 300))
    hole, notes = fit_hole(drawn, photo_of(400, 300), fit=True)
    assert hole.mean() == pytest.approx(0.5, abs=0.01)
    assert [note.code for note in notes] == ["hole-scaled"]


@pytest.mark.parametrize("given", [None, 3, [[True]], "none.png"])
def test_what_is_no_picture_is_named(given: object) -> None:
    for read in (
        lambda: fit_hole(given, PHOTO),
        lambda: fit_label(given, PHOTO, CELEBAMASK_HQ),
        lambda: Photo.of(given),
    ):
        with pytest.raises(UserError, match="expected a"):
            read()
