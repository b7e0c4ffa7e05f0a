"""Hidden eyes, brows, halves of mouths and glasses that get the detail of the seen ones."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from finish.scenes import EAR, LEFT, OTHER_EAR, RIGHT, SKIN, face, flat_scene, portrayed, soft
from inlay.examples import example
from inlay.finish.recipe import STANDARD
from inlay.finish.twin_match import bilinear
from inlay.finish.twin_place import BILINEAR, TwinPlace, transform
from inlay.finish.twins import Twins, fall_off
from inlay.labels import CELEBAMASK_HQ, LabelSet
from inlay.pixels.continuation import extend
from inlay.repair.inpainter import Inpainter

AFFINE_TOLERANCE = 1e-3
TWINS = Twins()


def with_twins(
    fill: np.ndarray,
    photo: np.ndarray,
    hole: np.ndarray,
    label: np.ndarray,
    changed: frozenset[int] = frozenset(),
    *,
    exact: bool = False,
) -> np.ndarray:
    """The step on a canvas of the photo's own size, under a layout that was given or predicted."""
    portrait = portrayed(photo, hole, label, given=label if exact else None, changed=changed)
    return TWINS(flat_scene(photo, hole, portrait=portrait), fill.astype(np.float32))


def named(hole: np.ndarray, label: np.ndarray) -> list[str]:
    return [pair.role for pair in TWINS.parts.find(hole, label, CELEBAMASK_HQ)]


def error(result: np.ndarray, picture: np.ndarray, hole: np.ndarray) -> float:
    return float(np.abs(result - picture)[hole].mean())


@settings(max_examples=10, deadline=None)
@given(
    tilt=st.floats(-0.3, 0.3),
    size=st.integers(140, 300),
    off=st.tuples(st.integers(-3, 3), st.integers(-3, 3)),
)
def test_a_symmetric_face_gets_its_eye_back(tilt: float, size: int, off: tuple[int, int]) -> None:
    """Wherever the face lies, and where the layout is some pixels off."""
    picture, label, hole = face(size, tilt)
    shown = np.where(hole, np.roll(label, off, axis=(0, 1)), label)
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, shown)
    assert error(result, picture, hole) < 0.8 * error(fill, picture, hole)
    assert np.array_equal(result[~hole], fill[~hole])


def test_a_fill_that_is_like_no_twin_is_left() -> None:
    picture, label, hole = face()
    grain = np.random.default_rng(0).normal(0, 20, picture.shape).astype(np.float32)
    skin = np.where(hole[..., None], extend(picture, hole) + grain, picture)
    unlike = np.where(hole[..., None], 255 - soft(picture, hole), picture)
    for wrong in (skin, unlike):
        assert np.array_equal(with_twins(wrong, picture, hole, label), wrong)


def test_colours_and_light_stay_the_fill_s() -> None:
    """The other half of the face lies in the shade, in another colour: its mean is not copied."""
    picture, label, hole = face()
    shade = np.linspace(1.0, 0.6, picture.shape[1], dtype=np.float32)[None, :, None] * np.array(
        [1.0, 0.9, 0.8], dtype=np.float32
    )
    picture = picture * shade
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label)
    assert error(result, picture, hole) < 0.8 * error(fill, picture, hole)
    eye = label == LEFT
    assert np.abs(result[eye].mean(axis=0) - picture[eye].mean(axis=0)).max() < 4


def test_what_is_drawn_so() -> None:
    _, label, hole = face()
    assert named(hole, label) == ["eye"]
    nothing = np.zeros_like(hole)
    assert named(nothing, label) == []
    # Both hidden alike, the twin absent, ears.
    assert named(hole | hole[:, ::-1], label) == []
    assert named(hole, np.where(label == RIGHT, SKIN, label).astype(np.uint8)) == []
    ears = label.copy()
    ears[label == LEFT], ears[label == RIGHT] = EAR, OTHER_EAR
    assert named(hole, ears) == []
    # A thin scratch over the seen eye does not keep it from being copied.
    scratch = hole.copy()
    scratch[:, 47:50] = True
    assert named(scratch, label) == ["eye"]


@pytest.mark.parametrize(("further", "drawn"), [(0, ["mouth"]), (14, ["mouth"]), (24, [])])
def test_a_hole_over_half_a_mouth_may_begin_in_the_other_half(further: int, drawn: list[str]) -> None:
    _, label, hole = grinning("mouth")
    assert named(hole | np.roll(hole, -further, axis=1), label) == drawn


def test_classes_that_somebody_asked_to_look_otherwise_are_left() -> None:
    picture, label, hole = face()
    fill = soft(picture, hole)
    assert np.array_equal(with_twins(fill, picture, hole, label, frozenset({LEFT})), fill)
    # An eye that somebody drew half as high is to stay so; one that was predicted so is likely wrong.
    narrow = label.copy()
    rows = np.flatnonzero((label == LEFT).any(axis=1))
    narrow[rows[: len(rows) // 4]], narrow[rows[-len(rows) // 4 :]] = SKIN, SKIN
    narrow = np.where(hole, narrow, label)
    for exact, kept in ((True, True), (False, False)):
        result = with_twins(fill, picture, hole, narrow, exact=exact)
        assert np.array_equal(result, fill) is kept


def grinning(name: str, tilt: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The drawn face with a mouth, or glasses, across its axis, half of which is hidden and a little more."""
    picture, label, _ = face(tilt=tilt)
    size = len(label)
    y, x = np.mgrid[:size, :size] / size - 0.5
    across, along = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    if name == "mouth":
        shape = (across / 0.2) ** 2 + ((along - 0.28) / 0.07) ** 2 < 1
        teeth = (across / 0.16) ** 2 + ((along - 0.28) / 0.035) ** 2 < 1
        picture[shape], picture[teeth] = (150, 60, 70), 235
        picture[teeth & (np.abs(across) % 0.05 < 0.01)] = 90
        label[shape], label[teeth] = CELEBAMASK_HQ.id_of("u_lip"), CELEBAMASK_HQ.id_of("mouth")
        hole = (np.abs(along - 0.28) < 0.09) & (across > -0.02) & (across < 0.23)
    else:
        shape = (np.abs(across) - 0.2) ** 2 + along**2 < 0.15**2
        frame = shape & ((np.abs(across) - 0.2) ** 2 + along**2 > 0.13**2)
        picture[frame] = 30
        label[shape] = CELEBAMASK_HQ.id_of("eye_g")
        brow = (np.abs(np.abs(across) - 0.2) < 0.1) & (np.abs(along + 0.22) < 0.02)
        left, right = (CELEBAMASK_HQ.id_of(name) for name in ("l_brow", "r_brow"))
        label[brow] = np.where(across > 0, left, right)[brow]
        hole = (np.abs(along) < 0.17) & (across > 0.02) & (across < 0.38)
    return picture, label, hole


@pytest.mark.parametrize("name", ["mouth", "glasses"])
@pytest.mark.parametrize("tilt", [0.0, -0.25])
def test_a_symmetric_mouth_and_glasses_get_their_halves_back(name: str, tilt: float) -> None:
    picture, label, hole = grinning(name, tilt)
    assert named(hole, label) == [name]
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label)
    assert error(result, picture, hole) < 0.7 * error(fill, picture, hole)
    assert np.array_equal(result[~hole], fill[~hole])
    # All of it hidden, or asked to look otherwise by any of its classes: nothing to copy.
    assert named(np.isin(label, label[hole]) & (label != SKIN), label) == []
    for asked in np.unique(label[hole]).tolist():
        if asked != SKIN:
            assert np.array_equal(with_twins(fill, picture, hole, label, frozenset({asked})), fill)


def test_an_eye_behind_glasses_that_is_to_look_otherwise_is_left() -> None:
    """The glasses around it are copied all the same."""
    picture, label, hole = grinning("glasses")
    eyes = np.isin(face()[1], [LEFT, RIGHT])
    label[eyes] = face()[1][eyes]
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label, frozenset({LEFT}))
    changed = (result != fill).any(axis=-1)
    assert not changed[label == LEFT].any()
    assert changed[label == CELEBAMASK_HQ.id_of("eye_g")].any()


def test_glasses_that_the_layout_shows_on_one_side_only_have_no_halves() -> None:
    """The middle of what is left of them lies far from the face's axis."""
    _, label, _ = grinning("glasses")
    glasses = label == CELEBAMASK_HQ.id_of("eye_g")
    label[glasses & (np.arange(160) > 80)] = SKIN
    lens = glasses & (np.arange(160) < 48)
    assert named(lens, label) == []


def test_half_a_mouth_without_an_axis_is_left() -> None:
    """Nothing in the layout tells where the face's other side lies."""
    picture, label, hole = grinning("mouth")
    label[np.isin(label, [LEFT, RIGHT])] = SKIN
    fill = soft(picture, hole)
    assert np.array_equal(with_twins(fill, picture, hole, label), fill)


@pytest.mark.parametrize("side", [14, 27, 60])
def test_a_symmetric_face_s_eye_is_moved_nowhere(side: int) -> None:
    """Reduced or not: the place of the best agreement has no bias."""
    picture, label, hole = face(7 * side)
    place = TwinPlace.of(TWINS.parts.find(hole, label, CELEBAMASK_HQ)[0])
    found = TWINS.match.find(picture, hole, place)
    assert found.likeness > 0.99
    assert np.abs(found.place.shift).max() < 0.02 * side
    np.testing.assert_allclose(found.place.stretch, 1, atol=0.02)


@pytest.mark.parametrize("left_out", [1, 8, 20])
def test_a_seen_eye_near_the_border(left_out: int) -> None:
    """Nothing from beyond the photo gets into the hidden one."""
    picture, label, hole = (a[:, left_out:] for a in face())
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label)
    assert error(result, picture, hole) < 0.8 * error(fill, picture, hole)
    assert np.abs(result - picture).max() <= np.abs(fill - picture).max()


def test_nothing_of_the_hole_s_former_pixels_comes_through() -> None:
    picture, label, hole = face()
    fill = soft(picture, hole)
    other = np.where(hole[..., None], np.float32(7), picture)
    ours, theirs = (with_twins(fill, photo, hole, label) for photo in (picture, other))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.0, -2.0)])
def test_a_reflection_about_an_upright_axis_is_a_mirrored_picture(shift: tuple[float, float]) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (40, 60)).astype(np.float32)
    middle = np.array([29.5, 20.0])
    place = TwinPlace(middle, middle, np.array([1.0, 0.0]), 6.0, np.array(shift), np.ones(2))
    moved = transform(picture, place.matrix(), picture.shape, BILINEAR)
    y, x = np.mgrid[:40, :60]
    columns, rows = 59 - (x - shift[0]), y - shift[1]
    inside = (columns > 0) & (columns < 59) & (rows > 0) & (rows < 39)
    expected = picture[rows.clip(0, 39).astype(int), columns.clip(0, 59).astype(int)]
    assert np.abs(moved - expected)[inside].max() < AFFINE_TOLERANCE
    # The comparison's own way of reading between pixels is Pillow's.
    tilted = replace(place, across=np.array([np.cos(0.2), np.sin(0.2)]), stretch=np.array([1.1, 0.9]))
    x, y = tilted.matrix() @ np.stack([*(line.ravel() for line in (x, y)), np.ones(2400)])
    inside = (x > 1) & (x < 58) & (y > 1) & (y < 38)
    theirs = transform(picture, tilted.matrix(), picture.shape, BILINEAR).ravel()
    assert np.abs(bilinear(picture, x, y) - theirs)[inside].max() < 0.05


def test_a_wide_fall_is_nearly_the_same_at_a_reduced_size() -> None:
    part = np.hypot(*np.mgrid[-75:75, -90:100]) < 20
    for reach in (40.0, 70.0):
        quick, exact = (fall_off(part, reach, steps) for steps in (TWINS.falls, np.inf))
        assert np.abs(quick - exact).max() < 0.1


def test_a_label_set_without_roles_has_no_twins_and_says_so() -> None:
    plain = LabelSet("plain", tuple(replace(item, roles=()) for item in CELEBAMASK_HQ.classes))
    picture, label, hole = face()
    scene = flat_scene(picture, hole, portrait=portrayed(picture, hole, label, labels=plain))
    assert not TWINS.wants(scene)
    missing = TWINS.missing(plain)
    assert missing is not None
    assert "'plain' has no class with a twin and the role eye or brow" in missing
    (note,) = STANDARD.notes_on(plain)
    assert (note.code, note.text) == ("step-off", missing)
    assert TWINS.missing(CELEBAMASK_HQ) is None
    assert STANDARD.notes_on(CELEBAMASK_HQ) == STANDARD.without(["twins"]).notes_on(plain) == ()


def test_roles_count_and_not_names() -> None:
    classes = CELEBAMASK_HQ.classes
    renamed = (replace(one, name=f"my {one.name}", twin=one.twin and f"my {one.twin}") for one in classes)
    other = LabelSet("other", tuple(renamed))
    picture, label, hole = face()
    fill = soft(picture, hole)
    ours, theirs = (
        TWINS(flat_scene(picture, hole, portrait=portrayed(picture, hole, label, labels=labels)), fill)
        for labels in (CELEBAMASK_HQ, other)
    )
    assert np.array_equal(ours, theirs)
    assert (ours != fill).any()


def test_the_example_s_hidden_eye_is_as_clear_as_the_seen_one() -> None:
    """The bundled models, and what `--without twins` leaves out."""
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-stain"))
    hidden = np.asarray(hole.convert("L")) > 0
    inpainter = Inpainter.load(device="cpu")
    with_, without = (
        np.asarray(inpainter.with_recipe(recipe)(photo, hole).image.convert("L")).astype(float)
        for recipe in (STANDARD, STANDARD.without(["twins"]))
    )
    assert np.array_equal(with_[~hidden], without[~hidden])
    layout = inpainter.predict_layout(photo, hole)
    slopes = [np.hypot(*np.gradient(picture)) for picture in (with_, without)]
    seen = slopes[0][layout == RIGHT].mean()
    ours, theirs = (slope[(layout == LEFT) & hidden].mean() for slope in slopes)
    assert theirs < 0.75 * seen < ours
