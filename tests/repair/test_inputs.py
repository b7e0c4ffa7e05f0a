import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ
from inlay.notes import Note
from inlay.repair.inputs import fit_hole, fit_label

DRAWN = np.zeros((8, 6), dtype=bool)
DRAWN[2:5, 1:4] = True


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
    ],
)
def test_holes_in_each_form(hole: Image.Image | np.ndarray) -> None:
    fitted, notes = fit_hole(hole, (8, 6))
    assert np.array_equal(fitted, DRAWN)
    assert notes == ()


def test_a_hole_of_another_size_is_scaled_by_nearest_neighbour() -> None:
    fitted, notes = fit_hole(DRAWN, (16, 12))
    assert np.array_equal(fitted, DRAWN.repeat(2, axis=0).repeat(2, axis=1))
    text = "the hole is 6 x 8 pixels, the photo 12 x 16 pixels: scaled by nearest neighbour"
    assert notes == (Note("hole-scaled", text),)


def test_what_is_said_of_holes() -> None:
    (empty,) = fit_hole(np.zeros((8, 6)), (8, 6))[1]
    assert (empty.code, "there is no hole" in empty.text) == ("hole-empty", True)
    half = np.zeros((8, 6), dtype=bool)
    half[:4] = True
    assert fit_hole(half, (8, 6))[1] == ()
    half[4] = True
    (large,) = fit_hole(half, (8, 6))[1]
    assert large.code == "hole-large"
    assert large.text.startswith("warning: 62% of the photo is hole")
    with pytest.raises(UserError, match=r"the hole covers the whole photo.* expected white where"):
        fit_hole(np.ones((8, 6)), (8, 6))


@pytest.mark.parametrize("hole", [np.zeros((2, 3, 5)), np.zeros(4), np.zeros((0, 3)), np.array([["a"]])])
def test_arrays_that_are_no_holes(hole: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"the hole: expected a Pillow image or an array .* got"):
        fit_hole(hole, (8, 6))


def test_layouts() -> None:
    label = np.arange(48, dtype=np.int64).reshape(8, 6) % 19
    for given in (label, label.astype(np.uint8), Image.fromarray(label.astype(np.uint8))):
        fitted = fit_label(given, (8, 6), CELEBAMASK_HQ)
        assert fitted.dtype == np.uint8
        assert np.array_equal(fitted, label)


def test_layouts_that_do_not_fit() -> None:
    with pytest.raises(
        UserError, match="the layout is 3 x 2 pixels, the photo 6 x 8 pixels; they must have one size"
    ):
        fit_label(np.zeros((2, 3), dtype=np.uint8), (8, 6), CELEBAMASK_HQ)
    with pytest.raises(UserError, match="layout ids 19 are unknown"):
        fit_label(np.full((8, 6), 19), (8, 6), CELEBAMASK_HQ)
    with pytest.raises(UserError, match=r"the layout: expected a Pillow image or an array .* got float64"):
        fit_label(np.zeros((8, 6)), (8, 6), CELEBAMASK_HQ)
