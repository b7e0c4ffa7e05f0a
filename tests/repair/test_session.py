"""A session fills what the filler of whole photos does, however many faces the photo shows."""

import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.examples import example
from inlay.inference import inpaint, large
from inlay.inference import session as session_module
from inlay.inference.finish import EXACT
from inlay.repair.inpainter import Inpainter
from inlay.repair.session import Session
from inlay.painters.styles import StyleChange
from inlay.inference.whole import PhotoFiller
from inlay.labels import CELEBAMASK_HQ


@pytest.fixture(scope="module")
def filler() -> PhotoFiller:
    return PhotoFiller(Inpainter.load(device="cpu"), beyond="smooth")


@pytest.fixture(scope="module")
def scene() -> tuple[Image.Image, np.ndarray]:
    """Two faces, one of them turned, and a hole with a piece on each of them and one on neither."""
    face = Image.open(example("portrait")).convert("RGB")
    canvas = Image.new("RGB", (760, 420), (90, 120, 150))
    canvas.paste(face.rotate(-20, resample=Image.Resampling.BICUBIC, fillcolor=(90, 120, 150)), (60, 90))
    canvas.paste(face, (480, 120))
    hole = np.zeros((420, 760), dtype=bool)
    hole[180:200, 140:170] = hole[210:240, 560:590] = hole[390:400, 340:360] = True
    return canvas, hole


def test_the_patch_is_what_the_filler_fills(
    filler: PhotoFiller, scene: tuple[Image.Image, np.ndarray]
) -> None:
    photo, hole = scene
    session = Session(filler, photo)
    layout = session.draw_hole(hole)
    assert len(session.faces) == 2
    assert "of the hole lies on no face" in session.note
    assert layout.shape == session.grid
    whole = np.asarray(session.whole(session.fill()))
    result = filler(photo, hole)
    np.testing.assert_array_equal(whole, np.asarray(result.image))
    quick = np.asarray(session.whole(session.fill(quick=True)))
    np.testing.assert_array_equal(quick[~hole], np.asarray(photo)[~hole])
    assert np.abs(quick.astype(int) - whole)[hole].mean() < 8
    # The layout of the session is that of the result, at the grid's size.
    expected = np.asarray(Image.fromarray(result.layout).resize(session.grid[::-1], Image.Resampling.NEAREST))
    assert (layout == expected).mean() > 0.97


def test_a_large_portrait_is_filled_reduced_as_the_filler_does(
    filler: PhotoFiller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (inpaint, large, session_module):
        monkeypatch.setattr(module, "LARGEST", 200)
    photo = Image.open(example("portrait")).convert("RGB").resize((420, 420))
    hole = np.zeros((420, 420), dtype=bool)
    hole[200:260, 150:280] = True
    session = Session(filler, photo)
    session.draw_hole(hole)
    assert session.faces == []
    whole = np.asarray(session.whole(session.fill()))
    np.testing.assert_array_equal(whole, np.asarray(filler(photo, hole).image))
    quick = np.asarray(session.whole(session.fill(quick=True)))
    np.testing.assert_array_equal(quick[~hole], np.asarray(photo)[~hole])
    assert np.abs(quick.astype(int) - whole)[hole].mean() < 8
    heat = session.look(200, 230)
    y, x = np.unravel_index(heat.weights.argmax(), heat.weights.shape)
    assert not hole[int(y * 420 / session.grid[0]), int(x * 420 / session.grid[1])]


def test_a_repainted_face_changes_alone(filler: PhotoFiller, scene: tuple[Image.Image, np.ndarray]) -> None:
    photo, hole = scene
    session = Session(filler, photo)
    layout = session.draw_hole(hole).copy()
    before = np.asarray(session.whole(session.fill(layout)))
    np.testing.assert_array_equal(before, np.asarray(session.whole(session.fill())))
    scale = session.grid[1] / 760
    rows, columns = (slice(int(a * scale), int(b * scale)) for a, b in ((210, 240), (560, 590)))
    layout[rows, columns] = 0
    after = np.asarray(session.whole(session.fill(layout)))
    changed = (after != before).any(axis=2)
    assert changed[210:240, 560:590].any()
    changed[210:240, 560:590] = False
    assert not changed.any()


def test_looking_from_a_turned_face(filler: PhotoFiller, scene: tuple[Image.Image, np.ndarray]) -> None:
    photo, hole = scene
    session = Session(filler, photo)
    session.draw_hole(hole)
    heat = session.look(155, 190)
    y, x = np.unravel_index(heat.weights.argmax(), heat.weights.shape)
    turned, _ = session.faces if session.faces[0].x < 380 else session.faces[::-1]
    scale = session.grid[1] / 760
    assert abs(x / scale - turned.x) < turned.side
    assert abs(y / scale - turned.y) < turned.side
    assert not heat.weights[:, int(400 * scale) :].any()
    with pytest.raises(UserError, match="known"):
        session.look(5, 5)
    with pytest.raises(UserError, match="lies on no face"):
        session.look(350, 395)


def test_what_a_hole_misses_is_taken_in_or_told(filler: PhotoFiller) -> None:
    pixels = np.asarray(Image.open(example("portrait")).convert("RGB")).copy()
    hole = np.zeros(pixels.shape[:2], dtype=bool)
    hole[40:150, 100:103] = True
    pixels[38:152, 98:105] = 250
    session = Session(filler, Image.fromarray(pixels))
    session.draw_hole(hole)
    assert session.note.startswith("The hole was widened by")
    assert session.hole.sum() > 2 * hole.sum()
    result = filler(Image.fromarray(pixels), hole)
    np.testing.assert_array_equal(np.asarray(session.whole(session.fill())), np.asarray(result.image))
    exact = Session(filler.finishing(EXACT), Image.fromarray(pixels))
    exact.draw_hole(hole)
    assert "widen the hole" in exact.note
    assert np.array_equal(exact.hole, hole)
    exact.draw_hole(session.hole)
    assert exact.note == ""


def test_a_photo_without_a_face(filler: PhotoFiller) -> None:
    photo, hole = Image.new("RGB", (300, 90), "tan"), np.zeros((90, 300), dtype=bool)
    session = Session(filler, photo)
    session.draw_hole(hole)
    assert session.note == ""
    with pytest.raises(UserError, match="hole is empty"):
        session.fill()
    hole[30:40, 150:170] = True
    session.draw_hole(hole)
    assert session.note == "No face was found where the hole is: filled smoothly from its surroundings."
    assert np.array_equal(np.asarray(session.whole(session.fill())), np.asarray(photo))
    with pytest.raises(UserError, match="no styles to refine"):
        session.refine(None, steps=1, watch=lambda step: None)
    assert {len(codes) for codes in session.styles().values()} == {19}


def test_styles_come_from_the_face(filler: PhotoFiller, scene: tuple[Image.Image, np.ndarray]) -> None:
    """Not from the whole photo, most of which is no face."""
    photo, _ = scene
    names = filler.inpainter.labels.names
    shown = {names[label] for label in Session(filler, photo).classes()}
    assert {"skin", "nose", "hair", "u_lip"} <= shown


def test_layouts_of_whole_photos(filler: PhotoFiller, scene: tuple[Image.Image, np.ndarray]) -> None:
    """Predicted ones are those of the fill; given ones are cut for each face."""
    photo, hole = scene
    result = filler(photo, hole)
    layout = filler.predict_layout(photo, hole)
    np.testing.assert_array_equal(layout, result.layout)
    given = layout.copy()
    given[210:240, 560:590] = 0
    painted = filler(photo, hole, given)
    assert painted.layout_source == "given"
    np.testing.assert_array_equal(painted.layout, given)
    changed = (np.asarray(painted.image) != np.asarray(result.image)).any(axis=2)
    assert changed[210:240, 560:590].mean() > 0.9
    assert not changed[~hole].any()
    # Without a hole all faces are shown.
    everywhere = filler.predict_layout(photo)
    assert {1, 13} <= set(np.unique(everywhere[:, :300])) & set(np.unique(everywhere[:, 450:]))


def test_twins_of_repainted_and_restyled_parts_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[set[int]]()

    def copied(fill: np.ndarray, *given: object, exact: bool) -> np.ndarray:
        told.append(set(given[-1]))  # type: ignore[call-overload]
        assert not exact
        return fill

    monkeypatch.setattr("inlay.inference.finishing.with_twins", copied)
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-stain"))
    session = Session(PhotoFiller(Inpainter.load(device="cpu")), photo)
    layout = session.draw_hole(np.asarray(hole.convert("L")) > 0)
    session.fill(layout)
    eye, skin = CELEBAMASK_HQ.id_of("l_eye"), CELEBAMASK_HQ.id_of("skin")
    painted = layout.copy()
    painted[np.flatnonzero((layout == eye).any(axis=1))[:2]] = skin
    session.fill(painted)
    style = session.styles()
    session.fill(layout, styles={eye: StyleChange(style, 0.5), skin: StyleChange(style, 0.0)})
    assert told[0] == set()
    assert {eye, skin} <= told[1]
    assert told[2] == {eye}
