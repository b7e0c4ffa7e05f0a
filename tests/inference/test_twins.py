"""Hidden eyes, brows, halves of mouths and glasses that get the detail of the seen ones."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.examples import example
from inlay.inference.blend import extend, fading, smoothed
from inlay.inference.finish import Finish
from inlay.inference.inpaint import Inpainter
from inlay.inference.twin_parts import hidden_twins
from inlay.inference.twins import (
    BILINEAR,
    _bilinear,
    _found,
    _moved,
    _Place,
    _surroundings,
    with_twins,
)
from inlay.labels import CELEBAMASK_HQ

LEFT, RIGHT = (CELEBAMASK_HQ.id_of(name) for name in ("l_eye", "r_eye"))
SKIN, EAR, OTHER_EAR = (CELEBAMASK_HQ.id_of(name) for name in ("skin", "l_ear", "r_ear"))
AFFINE_TOLERANCE = 1e-3


def face(size: int = 160, tilt: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A drawn face with two eyes, symmetric about an axis that is tilted by so many radians.

    Its colours, its layout, and a hole over the left eye, which lies to the right.
    """
    y, x = np.mgrid[:size, :size] / size - 0.5
    across, along = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    side = np.abs(across) - 0.2
    eye = (side / 0.11) ** 2 + (along / 0.055) ** 2 < 1
    picture = np.stack([200 - 60 * y, 160 - 40 * np.abs(across), 140 + 20 * along], axis=-1) * np.ones(3)
    picture[eye] = 225
    for radius, level, at in ((0.045, 90, -0.01), (0.018, 20, -0.01), (0.008, 250, 0.005)):
        picture[eye & ((side - at) ** 2 + (along + 0.005) ** 2 < radius**2)] = level
    label = np.full((size, size), SKIN, dtype=np.uint8)
    label[eye] = np.where(across > 0, LEFT, RIGHT)[eye]
    hole = (np.abs(side) < 0.15) & (np.abs(along) < 0.09) & (across > 0)
    return picture.astype(np.float32), label, hole


def named(hole: np.ndarray, label: np.ndarray) -> list[str]:
    return [pair.name for pair in hidden_twins(hole, label, CELEBAMASK_HQ)]


def soft(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """What a network might draw: the truth, too smooth."""
    return np.where(hole[..., None], smoothed(picture, len(picture) / 50), picture)


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
    result = with_twins(fill, picture, hole, shown, CELEBAMASK_HQ)
    assert error(result, picture, hole) < 0.8 * error(fill, picture, hole)
    assert np.array_equal(result[~hole], fill[~hole])


def test_a_fill_that_is_like_no_twin_is_left() -> None:
    picture, label, hole = face()
    grain = np.random.default_rng(0).normal(0, 20, picture.shape).astype(np.float32)
    skin = np.where(hole[..., None], extend(picture, hole) + grain, picture)
    unlike = np.where(hole[..., None], 255 - soft(picture, hole), picture)
    for wrong in (skin, unlike):
        assert np.array_equal(with_twins(wrong, picture, hole, label, CELEBAMASK_HQ), wrong)


def test_colours_and_light_stay_the_fill_s() -> None:
    """The other half of the face lies in the shade, in another colour: its mean is not copied."""
    picture, label, hole = face()
    shade = np.linspace(1.0, 0.6, picture.shape[1], dtype=np.float32)[None, :, None] * np.array(
        [1.0, 0.9, 0.8], dtype=np.float32
    )
    picture = picture * shade
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label, CELEBAMASK_HQ)
    assert error(result, picture, hole) < 0.8 * error(fill, picture, hole)
    eye = label == LEFT
    assert np.abs(result[eye].mean(axis=0) - picture[eye].mean(axis=0)).max() < 4


def test_what_is_drawn_so() -> None:
    _, label, hole = face()
    assert named(hole, label) == ["l_eye"]
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
    assert named(scratch, label) == ["l_eye"]


@pytest.mark.parametrize(("further", "drawn"), [(0, ["mouth"]), (14, ["mouth"]), (24, [])])
def test_a_hole_over_half_a_mouth_may_begin_in_the_other_half(further: int, drawn: list[str]) -> None:
    _, label, hole = grinning("mouth")
    assert named(hole | np.roll(hole, -further, axis=1), label) == drawn


def test_classes_that_somebody_asked_to_look_otherwise_are_left() -> None:
    picture, label, hole = face()
    fill = soft(picture, hole)
    assert np.array_equal(with_twins(fill, picture, hole, label, CELEBAMASK_HQ, {LEFT}), fill)
    # An eye that somebody drew half as high is to stay so; one that was predicted so is likely wrong.
    narrow = label.copy()
    rows = np.flatnonzero((label == LEFT).any(axis=1))
    narrow[rows[: len(rows) // 4]], narrow[rows[-len(rows) // 4 :]] = SKIN, SKIN
    narrow = np.where(hole, narrow, label)
    for exact, kept in ((True, True), (False, False)):
        result = with_twins(fill, picture, hole, narrow, CELEBAMASK_HQ, exact=exact)
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


@pytest.mark.parametrize("name", ["mouth", "eye_g"])
@pytest.mark.parametrize("tilt", [0.0, -0.25])
def test_a_symmetric_mouth_and_glasses_get_their_halves_back(name: str, tilt: float) -> None:
    picture, label, hole = grinning(name, tilt)
    assert named(hole, label) == [name]
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label, CELEBAMASK_HQ)
    assert error(result, picture, hole) < 0.7 * error(fill, picture, hole)
    assert np.array_equal(result[~hole], fill[~hole])
    # All of it hidden, or asked to look otherwise by any of its classes: nothing to copy.
    assert named(np.isin(label, label[hole]) & (label != SKIN), label) == []
    for asked in np.unique(label[hole]).tolist():
        if asked != SKIN:
            assert np.array_equal(with_twins(fill, picture, hole, label, CELEBAMASK_HQ, {asked}), fill)


def test_an_eye_behind_glasses_that_is_to_look_otherwise_is_left() -> None:
    """The glasses around it are copied all the same."""
    picture, label, hole = grinning("eye_g")
    eyes = np.isin(face()[1], [LEFT, RIGHT])
    label[eyes] = face()[1][eyes]
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label, CELEBAMASK_HQ, {LEFT})
    changed = (result != fill).any(axis=-1)
    assert not changed[label == LEFT].any()
    assert changed[label == CELEBAMASK_HQ.id_of("eye_g")].any()


def test_glasses_that_the_layout_shows_on_one_side_only_have_no_halves() -> None:
    """The middle of what is left of them lies far from the face's axis."""
    _, label, _ = grinning("eye_g")
    glasses = label == CELEBAMASK_HQ.id_of("eye_g")
    label[glasses & (np.arange(160) > 80)] = SKIN
    lens = glasses & (np.arange(160) < 48)
    assert named(lens, label) == []


def test_half_a_mouth_without_an_axis_is_left() -> None:
    """Nothing in the layout tells where the face's other side lies."""
    picture, label, hole = grinning("mouth")
    label[np.isin(label, [LEFT, RIGHT])] = SKIN
    fill = soft(picture, hole)
    assert with_twins(fill, picture, hole, label, CELEBAMASK_HQ) is fill


@pytest.mark.parametrize("side", [14, 27, 60])
def test_a_symmetric_face_s_eye_is_moved_nowhere(side: int) -> None:
    """Reduced or not: the place of the best agreement has no bias."""
    picture, label, hole = face(7 * side)
    place = _Place.of(hidden_twins(hole, label, CELEBAMASK_HQ)[0])
    found, likeness, _ = _found(picture, hole, place)
    assert likeness > 0.99
    assert np.abs(found.shift).max() < 0.02 * side
    np.testing.assert_allclose(found.stretch, 1, atol=0.02)


@pytest.mark.parametrize("left_out", [1, 8, 20])
def test_a_seen_eye_near_the_border(left_out: int) -> None:
    """Nothing from beyond the photo gets into the hidden one."""
    picture, label, hole = (a[:, left_out:] for a in face())
    fill = soft(picture, hole)
    result = with_twins(fill, picture, hole, label, CELEBAMASK_HQ)
    assert error(result, picture, hole) < 0.8 * error(fill, picture, hole)
    assert np.abs(result - picture).max() <= np.abs(fill - picture).max()


def test_no_strength_no_twin() -> None:
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-stain"))
    hidden = np.asarray(hole.convert("L")) > 0
    result = Inpainter.load("bundled", "cpu")(photo, hole, finish=Finish(strength=0.0))
    pixels = np.asarray(photo.convert("RGB")).astype(np.float32)
    smooth = np.where(hidden[..., None], extend(pixels, hidden), pixels)
    assert np.abs(np.asarray(result.image.convert("RGB")) - smooth).max() <= 1


def test_nothing_of_the_hole_s_former_pixels_comes_through() -> None:
    picture, label, hole = face()
    fill = soft(picture, hole)
    other = np.where(hole[..., None], np.float32(7), picture)
    ours, theirs = (with_twins(fill, photo, hole, label, CELEBAMASK_HQ) for photo in (picture, other))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.0, -2.0)])
def test_a_reflection_about_an_upright_axis_is_a_mirrored_picture(shift: tuple[float, float]) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (40, 60)).astype(np.float32)
    middle = np.array([29.5, 20.0])
    place = _Place(middle, middle, np.array([1.0, 0.0]), 6.0, np.array(shift), np.ones(2))
    moved = _moved(picture, place.matrix(), picture.shape, BILINEAR)
    y, x = np.mgrid[:40, :60]
    columns, rows = 59 - (x - shift[0]), y - shift[1]
    inside = (columns > 0) & (columns < 59) & (rows > 0) & (rows < 39)
    expected = picture[rows.clip(0, 39).astype(int), columns.clip(0, 59).astype(int)]
    assert np.abs(moved - expected)[inside].max() < AFFINE_TOLERANCE
    # The comparison's own way of reading between pixels is Pillow's.
    tilted = replace(place, across=np.array([np.cos(0.2), np.sin(0.2)]), stretch=np.array([1.1, 0.9]))
    x, y = tilted.matrix() @ np.stack([*(line.ravel() for line in (x, y)), np.ones(2400)])
    inside = (x > 1) & (x < 58) & (y > 1) & (y < 38)
    theirs = _moved(picture, tilted.matrix(), picture.shape, BILINEAR).ravel()
    assert np.abs(_bilinear(picture, x, y) - theirs)[inside].max() < 0.05


def test_smoothing_and_fading_equal_their_slow_forms() -> None:
    rng = np.random.default_rng(0)
    values, spread = rng.uniform(0, 1, (9, 11, 2)).astype(np.float32), 1.3
    reach = range(-4, 5)
    weights = [np.exp(-0.5 * (d / spread) ** 2) for d in reach]
    expected = np.zeros_like(values)
    for y in range(9):
        for x in range(11):
            for down, of_down in zip(reach, weights, strict=True):
                for right, of_right in zip(reach, weights, strict=True):
                    there = values[min(max(y + down, 0), 8), min(max(x + right, 0), 10)]
                    expected[y, x] += of_down * of_right * there / sum(weights) ** 2
    np.testing.assert_allclose(smoothed(values, spread), expected, atol=1e-5)
    hole = np.zeros((12, 12), dtype=bool)
    hole[3:9, 2:10] = True
    steps = [
        [min((abs(y - v) + abs(x - u) for v, u in np.argwhere(~hole)), default=99) for x in range(12)]
        for y in range(12)
    ]
    np.testing.assert_allclose(
        fading(hole, 3), np.clip(1 - (np.array(steps) - 1) / 3, 0, 1) * hole, atol=1e-6
    )


def test_wide_gaussians_and_falls_are_nearly_the_same_at_a_reduced_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Gaussians but for what lies at the border, which is reduced before it is continued."""
    rng = np.random.default_rng(0)
    values = smoothed(rng.uniform(0, 255, (240, 270, 3)).astype(np.float32), 3.0)
    part = np.hypot(*np.mgrid[-75:75, -90:100]) < 20

    def wide() -> list[np.ndarray]:
        within = [smoothed(values, spread)[90:-90, 90:-90] for spread in (13.0, 24.0)]
        return [*within, _surroundings(part, 40.0), _surroundings(part, 70.0)]

    quick = wide()
    monkeypatch.setattr("inlay.inference.blend.NARROW", np.inf)
    monkeypatch.setattr("inlay.inference.twins.STEPS", np.inf)
    for one, exact, share in zip(quick, wide(), (0.02, 0.02, 0.1, 0.1), strict=True):
        assert np.abs(one - exact).max() < share * np.ptp(exact)


def test_the_example_s_hidden_eye_is_as_clear_as_the_seen_one() -> None:
    """The bundled models, and what `--no-twins` leaves out."""
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-stain"))
    hidden = np.asarray(hole.convert("L")) > 0
    inpainter = Inpainter.load(device="cpu")
    with_, without = (
        np.asarray(inpainter(photo, hole, finish=Finish(twins=twins)).image.convert("L")).astype(float)
        for twins in (True, False)
    )
    assert np.array_equal(with_[~hidden], without[~hidden])
    layout = inpainter.predict_layout(photo, hole)
    slopes = [np.hypot(*np.gradient(picture)) for picture in (with_, without)]
    seen = slopes[0][layout == RIGHT].mean()
    ours, theirs = (slope[(layout == LEFT) & hidden].mean() for slope in slopes)
    assert theirs < 0.75 * seen < ours
