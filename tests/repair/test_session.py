"""A session fills what a plain call does, however many faces the photo shows."""

import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.examples import example
from inlay.finish.recipe import standard
from inlay.finish.scene import Scene
from inlay.finish.twins import Twins
from inlay.geometry import whole_crop
from inlay.labels import CELEBAMASK_HQ
from inlay.painters.refine import CarefulRefinement
from inlay.painters.styles import StyleChange
from inlay.repair import session as session_module
from inlay.repair.composite import Part
from inlay.repair.inpainter import Inpainter
from inlay.repair.session import Session


@pytest.fixture(scope="module")
def inpainter() -> Inpainter:
    return Inpainter.load(device="cpu", beyond="smooth")


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


def texts_of(session: Session) -> dict[str, str]:
    return {note.code: note.text for note in session.notes}


def test_the_patch_is_what_a_call_fills(inpainter: Inpainter, scene: tuple[Image.Image, np.ndarray]) -> None:
    photo, hole = scene
    session = inpainter.session(photo)
    layout = session.draw_hole(hole)
    assert len(session.faces) == 2
    assert "of the hole lies on no face" in texts_of(session)["beyond-faces"]
    assert layout.shape == session.grid
    whole = np.asarray(session.whole(session.fill()))
    result = inpainter(photo, hole)
    np.testing.assert_array_equal(whole, np.asarray(result.image))
    quick = np.asarray(session.whole(session.fill(quick=True)))
    np.testing.assert_array_equal(quick[~hole], np.asarray(photo)[~hole])
    assert np.abs(quick.astype(int) - whole)[hole].mean() < 8
    # The layout of the session is that of the result, at the grid's size.
    expected = np.asarray(Image.fromarray(result.layout).resize(session.grid[::-1], Image.Resampling.NEAREST))
    assert (layout == expected).mean() > 0.97


def test_found_faces_and_the_hole_are_not_copied(
    inpainter: Inpainter, scene: tuple[Image.Image, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fills the rest is told of each face's oval, whether the hole touches it or not."""
    photo, _ = scene
    hole = np.zeros((420, 760), dtype=bool)
    hole[210:240, 560:590] = hole[390:400, 340:360] = True
    told = list[np.ndarray]()

    def fill(
        name: str, pixels: np.ndarray, rest: np.ndarray, barred: np.ndarray, grain: object
    ) -> list[Part]:
        told.append(barred)
        return []

    monkeypatch.setattr(session_module, "beyond_parts", fill)
    session = inpainter.session(photo)
    session.draw_hole(hole)
    session.fill()
    (barred,) = told
    assert len(session.faces) == 1
    assert barred[hole].all()
    faces = inpainter.session(photo)
    faces.draw_hole(scene[1])
    for face in faces.faces:
        x, y = face.point(0.5, 0.57)
        assert barred[int(y) - 20 : int(y) + 20, int(x) - 20 : int(x) + 20].all()
    assert barred.mean() < 0.5


def test_a_large_portrait_is_filled_reduced_alike(
    inpainter: Inpainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_crop, "LARGEST", 200)
    photo = Image.open(example("portrait")).convert("RGB").resize((420, 420))
    hole = np.zeros((420, 420), dtype=bool)
    hole[200:260, 150:280] = True
    session = inpainter.session(photo)
    session.draw_hole(hole)
    assert session.faces == []
    whole = np.asarray(session.whole(session.fill()))
    np.testing.assert_array_equal(whole, np.asarray(inpainter(photo, hole).image))
    quick = np.asarray(session.whole(session.fill(quick=True)))
    np.testing.assert_array_equal(quick[~hole], np.asarray(photo)[~hole])
    assert np.abs(quick.astype(int) - whole)[hole].mean() < 8
    heat = session.look(200, 230)
    y, x = np.unravel_index(heat.weights.argmax(), heat.weights.shape)
    assert not hole[int(y * 420 / session.grid[0]), int(x * 420 / session.grid[1])]


def test_a_repainted_face_changes_alone(inpainter: Inpainter, scene: tuple[Image.Image, np.ndarray]) -> None:
    photo, hole = scene
    session = inpainter.session(photo)
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


def test_looking_from_a_turned_face(inpainter: Inpainter, scene: tuple[Image.Image, np.ndarray]) -> None:
    photo, hole = scene
    session = inpainter.session(photo)
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


def test_what_a_hole_misses_is_left_or_taken_in(inpainter: Inpainter) -> None:
    pixels = np.asarray(Image.open(example("portrait")).convert("RGB")).copy()
    hole = np.zeros(pixels.shape[:2], dtype=bool)
    hole[40:150, 100:103] = True
    pixels[38:152, 98:105] = 250
    exact = inpainter.session(pixels)
    exact.draw_hole(hole)
    assert "--widen fills them too" in texts_of(exact)["damage-edge"]
    assert np.array_equal(exact.hole, hole)
    whole = np.asarray(exact.whole(exact.fill()))
    np.testing.assert_array_equal(whole[~hole], pixels[~hole])
    widening = inpainter.with_recipe(standard(widen=True))
    session = widening.session(pixels)
    session.draw_hole(hole)
    assert texts_of(session)["widened"].startswith("the hole was widened by")
    assert session.hole.sum() > 2 * hole.sum()
    result = widening(pixels, hole)
    np.testing.assert_array_equal(np.asarray(session.whole(session.fill())), np.asarray(result.image))
    exact.draw_hole(session.hole)
    assert "damage-edge" not in texts_of(exact)


def test_a_photo_without_a_face(inpainter: Inpainter) -> None:
    photo, hole = Image.new("RGB", (300, 90), "tan"), np.zeros((90, 300), dtype=bool)
    session = inpainter.session(photo)
    with pytest.raises(UserError, match="there is no hole: nothing is marked"):
        session.draw_hole(hole)
    session.draw_hole(hole, may_be_empty=True)
    assert not texts_of(session)
    with pytest.raises(UserError, match="hole is empty"):
        session.fill()
    hole[30:40, 150:170] = True
    session.draw_hole(hole)
    assert texts_of(session) == {
        "no-face": "no face was found: filled by smooth; if this is a portrait, take the photo as one "
        "portrait (--face whole) or name the face (--face X,Y,WIDTH,HEIGHT)"
    }
    assert np.array_equal(np.asarray(session.whole(session.fill())), np.asarray(photo))
    session.fill(refinement=CarefulRefinement(steps=1))
    with pytest.raises(UserError, match="no styles to refine"):
        session.refined()
    assert {len(codes) for codes in session.styles().values()} == {19}


def test_styles_come_from_the_face(inpainter: Inpainter, scene: tuple[Image.Image, np.ndarray]) -> None:
    """Not from the whole photo, most of which is no face."""
    photo, _ = scene
    names = inpainter.labels.names
    shown = {names[label] for label in inpainter.session(photo).classes()}
    assert {"skin", "nose", "hair", "u_lip"} <= shown


def test_layouts_of_whole_photos(inpainter: Inpainter, scene: tuple[Image.Image, np.ndarray]) -> None:
    """Predicted ones are those of the fill; given ones are cut for each face."""
    photo, hole = scene
    result = inpainter(photo, hole)
    layout = inpainter.predict_layout(photo, hole)
    np.testing.assert_array_equal(layout, result.layout)
    given = layout.copy()
    given[210:240, 560:590] = 0
    painted = inpainter(photo, hole, given)
    assert painted.layout_source == "given"
    np.testing.assert_array_equal(painted.layout, given)
    changed = (np.asarray(painted.image) != np.asarray(result.image)).any(axis=2)
    assert changed[210:240, 560:590].mean() > 0.9
    assert not changed[~hole].any()
    # Without a hole all faces are shown.
    everywhere = inpainter.predict_layout(photo)
    assert {1, 13} <= set(np.unique(everywhere[:, :300])) & set(np.unique(everywhere[:, 450:]))


def test_finishing_is_told_which_classes_were_changed(
    inpainter: Inpainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a repainted or restyled eye is not replaced by its visible twin."""
    told = list[frozenset[int]]()

    def copied(step: Twins, scene: Scene, fill: np.ndarray) -> np.ndarray:
        assert scene.portrait is not None
        told.append(scene.portrait.changed)
        return fill

    monkeypatch.setattr(Twins, "wants", lambda step, scene: True)
    monkeypatch.setattr(Twins, "__call__", copied)
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-stain"))
    session = inpainter.session(photo)
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


@pytest.mark.parametrize("channels", [3, 4])
def test_a_photo_of_16_bit_colour_keeps_its_levels(inpainter: Inpainter, channels: int) -> None:
    """The editor hands a patch back as an 8-bit picture; known pixels keep all of their 16 bits."""
    portrait = np.asarray(Image.open(example("portrait")).convert("RGB"))
    rng = np.random.default_rng(0)
    deep = portrait.astype(np.uint16) * 256 + rng.integers(0, 200, portrait.shape).astype(np.uint16)
    deep = np.dstack([deep, np.full((192, 192, 1), 65535, np.uint16)])[..., :channels]
    hole = np.zeros((192, 192), dtype=bool)
    hole[60:80, 70:100] = True
    session = inpainter.session(deep)
    session.draw_hole(hole)
    patch = session.fill()
    assert patch.values.dtype == np.uint16
    filled = session.merged(patch)
    result = inpainter(deep, hole)
    assert result.deep is not None
    np.testing.assert_array_equal(filled, result.deep)
    shown = patch.shown()
    pasted = session.paste(patch.left, patch.top, shown)
    whole = session.merged(pasted)
    np.testing.assert_array_equal(whole[~hole], deep[~hole])
    levels = np.asarray(shown)[..., :3].astype(np.uint16) * 257
    np.testing.assert_array_equal(whole[hole][:, :3], levels[patch.hole])
    assert (whole[..., 3:] == 65535).all()
    picture = np.asarray(session.whole(patch))
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, np.asarray(result.image))
