from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.errors import UserError
from inlay.examples import example
from inlay.inference.beyond_face import beyond_parts, choose_beyond
from inlay.inference.finder import load_finder
from inlay.inference.finish import EXACT
from inlay.inference.inpaint import Inpainter
from inlay.inference.locate import locate
from inlay.inference.photo import Photo
from inlay.inference.refine import CarefulRefinement
from inlay.inference.similarity import Similarity
from inlay.inference.whole import PhotoFiller, frame_of_face, is_portrait


@pytest.fixture(scope="module")
def filler(tiny_model: Path) -> PhotoFiller:
    return PhotoFiller(Inpainter.load(tiny_model, "cpu"), beyond="smooth", finish=EXACT)


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 9999), mode=st.sampled_from(["L", "RGB", "RGBA", "I;16"]), turn=st.floats(-0.8, 0.8)
)
def test_known_pixels_come_back_bit_for_bit(filler: PhotoFiller, seed: int, mode: str, turn: float) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (70, 110, 3), dtype=np.uint8)
    hole = rng.random((70, 110)) < 0.1
    picture = (
        Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(pixels).convert(mode)
    )
    filler.finder.head[2].bias.data[0] = 50.0  # whatever is seen counts as a face
    faces = [Similarity(40.0, 35.0, 50.0, turn), Similarity(70.0, 30.0, 40.0)]
    result = filler(picture, hole, faces=faces)
    assert result.image.mode == picture.mode
    assert np.array_equal(np.asarray(result.image)[~hole], np.asarray(picture)[~hole])
    assert result.layout.shape == (70, 110)


def test_each_face_tells_what_its_refinement_came_to(tiny_model: Path) -> None:
    inpainter = Inpainter.load(tiny_model, "cpu")
    inpainter.refinement = CarefulRefinement(steps=2)
    photo, hole = Image.effect_noise((220, 100), 40).convert("RGB"), np.zeros((100, 220), dtype=bool)
    hole[40:50, 45:60] = hole[40:50, 160:170] = True
    two = PhotoFiller(inpainter, beyond="smooth")(
        photo, hole, faces=[Similarity(50.0, 50.0, 60.0), Similarity(165.0, 50.0, 60.0)]
    ).notes
    assert len(two) == 3
    assert two[2] == "2 faces found"
    assert all(note.startswith("face at ") and ": refined: " in note for note in two[:2])


def test_the_finder_sees_the_example_turned_and_shifted() -> None:
    face = Image.open(example("portrait")).convert("RGB")
    canvas = Image.new("RGB", (700, 500), (90, 120, 150))
    canvas.paste(face, (330, 150))
    turned = canvas.rotate(-20, resample=Image.Resampling.BICUBIC, center=(426, 246))
    hole = np.zeros((500, 700), dtype=bool)
    hole[230:250, 400:430] = True
    found = locate(load_finder(), np.asarray(turned), hole)
    assert len(found) == 1
    frame = found[0].frame
    assert (frame.x, frame.y) == pytest.approx((426, 246), abs=20)
    assert frame.side == pytest.approx(192, rel=0.15)
    assert np.degrees(frame.angle) == pytest.approx(20, abs=8)


def test_a_hole_on_no_face_is_named(tiny_model: Path) -> None:
    photo, hole = Image.new("RGB", (200, 90), "tan"), np.zeros((90, 200), dtype=bool)
    hole[30:40, 150:170] = True
    inpainter = Inpainter.load(tiny_model, "cpu")
    result = PhotoFiller(inpainter, beyond="smooth")(photo, hole)
    assert result.notes == ("no face was found where the hole is: filled by smooth",)
    assert np.array_equal(np.asarray(result.image), np.asarray(photo))
    with pytest.raises(UserError, match="--face"):
        PhotoFiller(inpainter, beyond="refuse")(photo, hole)


@pytest.mark.parametrize("name", ["smooth", "biharmonic", "telea"])
def test_classical_fills_of_a_slope(name: str) -> None:
    y, x = np.mgrid[:80, :90]
    pixels = np.stack([x, y, x + y], axis=-1).astype(np.uint8)
    hole = np.zeros((80, 90), dtype=bool)
    hole[20:30, 20:34] = hole[50:56, 60:80] = True
    taken = np.zeros_like(hole)
    for part in beyond_parts(name, pixels, hole):
        taken[part.window] |= part.taken
        assert np.abs(part.fill - pixels[part.window])[part.taken].mean() < 4
    assert np.array_equal(taken, hole)


def test_large_regions_are_solved_reduced() -> None:
    pixels, hole = np.full((300, 300, 3), 60, dtype=np.uint8), np.zeros((300, 300), dtype=bool)
    hole[40:240, 40:240] = True
    for part in beyond_parts("biharmonic", pixels, hole):
        assert np.abs(part.fill[part.taken] - 60).max() < 1


def test_unknown_methods_and_faces_are_named() -> None:
    with pytest.raises(UserError, match="biharmonic"):
        choose_beyond("magic")
    with pytest.raises(UserError, match="width"):
        frame_of_face(1.0, 2.0, 0.0, 4.0)


def test_what_counts_as_a_portrait() -> None:
    assert is_portrait(Similarity(64.0, 66.0, 130.0, 0.05), (128, 128))
    assert not is_portrait(Similarity(64.0, 66.0, 60.0), (128, 128))
    assert not is_portrait(Similarity(64.0, 64.0, 128.0, 0.5), (128, 128))


@pytest.mark.parametrize("background", ["plain", "the portrait, blurred"])
def test_a_face_at_half_the_height_is_not_taken_for_the_whole_photo(background: str) -> None:
    """A layout predictor that has seen portraits reduced reads such a photo as one portrait too."""
    face, rng = Image.open(example("portrait")).convert("RGB"), np.random.default_rng(0)
    blurred = np.asarray(face.resize((6, 8)).resize((1024, 768)))
    back = rng.normal(0, 5, (768, 1024, 1)) + (blurred if background != "plain" else 125)
    photo = Image.fromarray(np.clip(back * np.ones(3), 0, 255).astype(np.uint8))
    photo.paste(face.resize((384, 384)), (213, 192))
    hole = np.zeros((768, 1024), dtype=bool)
    hole[342:382, 413:473] = True
    (frame,) = PhotoFiller(Inpainter.load(device="cpu")).frames(Photo.of(photo), hole)
    assert (frame.x, frame.y, frame.side) == pytest.approx((213 + 192, 192 + 192, 384), abs=0.15 * 384)
