"""What every step and every recipe promises."""

import pickle
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from finish.scenes import damaged, face, flat_scene, portrayed, scratch, soft, textured
from inlay.errors import UserError
from inlay.finish.dering import Dering
from inlay.finish.dilate import Dilate
from inlay.finish.join import Join
from inlay.finish.masked import Masked
from inlay.finish.recipe import BARE, STANDARD, STEPS, HoleStep, Recipe, Step, run, standard
from inlay.finish.scene import Fill, Scene
from inlay.finish.strength import Strength
from inlay.finish.tone import KeepTone
from inlay.finish.widen import Distrust, Widen

ON_FILLS = {step.name: step for step in (*STANDARD.crop, *STANDARD.photo, Strength(0.4))}
ON_HOLES: dict[str, HoleStep] = {
    "dering": Dering(),
    "dilate": Dilate(3),
    "distrust": Distrust(),
    "widen": Widen(),
}


def scene(picture: np.ndarray, **more: object) -> Scene:
    """A face with a hidden eye, painted at half its size, in which each step has something to do."""
    _, label, hole = face()
    tone = KeepTone().tone_of(picture.astype(np.uint8), hole)
    portrait = portrayed(soft(picture, hole), hole, label, size=96)
    return flat_scene(picture, hole, 2.0, resampled=True, portrait=portrait, tone=tone, **more)


def colored() -> tuple[Scene, Fill]:
    """A photo and a fill of many colours, with grain, so that detail and rim have something to carry."""
    picture, _, hole = face()
    grain = np.random.default_rng(0).normal(0, 4, picture.shape)
    photo = np.clip(np.rint(picture + grain), 0, 255).astype(np.float32)
    return scene(photo), soft(picture, hole) + np.where(hole[..., None], np.float32(9), np.float32(3))


def grey() -> tuple[Scene, Fill]:
    """The same in grey, its upper part in the shade, which makes a range of levels; the fill is coloured."""
    window, fill = colored()
    photo = np.rint(window.photo.mean(axis=-1, keepdims=True)).repeat(3, axis=-1)
    photo[:40] = np.rint(0.4 * photo[:40])
    return scene(photo), fill


def scene_for(name: str) -> tuple[Scene, Fill]:
    return grey() if name == "tone" else colored()


def unwanted(name: str) -> Scene:
    """A scene in which a step has nothing to do."""
    window, _ = colored()
    everything = np.ones_like(window.hole)
    return {
        "detail": replace(window, resampled=False),
        "join": replace(window, resampled=False),
        "twins": replace(window, portrait=None),
        "rim": replace(window, hole=everything),
        "grain": replace(window, hole=everything),
        "strength": replace(window, hole=everything),
        "tone": replace(window, tone=None),
    }[name]


def test_every_step_is_tested() -> None:
    assert {*ON_FILLS, *ON_HOLES} == STEPS
    assert all(isinstance(step, Step) for step in ON_FILLS.values())
    assert all(isinstance(step, HoleStep) for step in ON_HOLES.values())


@pytest.mark.parametrize("name", sorted(ON_FILLS))
def test_a_step_changes_the_hole_where_it_wants_to_and_its_input_never(name: str) -> None:
    step, (window, fill) = ON_FILLS[name], scene_for(name)
    before = pickle.dumps((window.photo, window.hole, fill))
    assert step.wants(window)
    result = step(window, fill)
    assert pickle.dumps((window.photo, window.hole, fill)) == before
    assert result is not fill
    assert (result != fill)[window.hole].any()
    assert result.shape == fill.shape
    assert result.dtype == np.float32


@pytest.mark.parametrize("name", sorted(ON_FILLS))
def test_a_step_is_deterministic(name: str) -> None:
    step, (window, fill) = ON_FILLS[name], scene_for(name)
    assert np.array_equal(step(window, fill), step(window, fill))
    assert step == pickle.loads(pickle.dumps(step))
    assert hash(step) == hash(replace(step))  # type: ignore[type-var]


@pytest.mark.parametrize("name", sorted(ON_FILLS))
def test_a_step_does_not_read_the_photo_inside_the_hole(name: str) -> None:
    step, (window, fill) = ON_FILLS[name], scene_for(name)
    other = np.where(window.hole[..., None], np.float32(np.nan), window.photo)
    ours, theirs = (step(replace(window, photo=photo), fill)[window.hole] for photo in (window.photo, other))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("name", sorted(ON_FILLS))
def test_a_step_that_wants_nothing_changes_nothing(name: str) -> None:
    step, (window, fill) = ON_FILLS[name], (unwanted(name), colored()[1])
    assert not step.wants(window)
    told = list[str]()
    assert run([step], window, fill, told.append) is fill
    assert told == []


def test_full_strength_wants_nothing() -> None:
    assert not Strength(1.0).wants(colored()[0])


@pytest.mark.parametrize("name", sorted(ON_FILLS))
def test_a_grey_fill_of_a_grey_photo_stays_grey(name: str) -> None:
    window, fill = grey()
    fill = fill.mean(axis=-1, keepdims=True).repeat(3, axis=-1)
    result = ON_FILLS[name](window, fill)[window.hole]
    assert np.ptp(result, axis=-1).max() < 0.01


def test_a_coloured_fill_of_a_grey_photo_becomes_grey() -> None:
    window, fill = grey()
    assert window.tone is not None
    result = run(STANDARD.photo, window, fill)[window.hole]
    assert np.ptp(fill[window.hole], axis=-1).mean() > 20
    assert np.ptp(result, axis=-1).max() < 0.01


@pytest.mark.parametrize("name", sorted(ON_HOLES))
def test_a_step_on_holes_keeps_the_hole_and_its_input(name: str) -> None:
    """What was asked for stays asked for, and a pixel is either filled or distrusted."""
    step, hole = ON_HOLES[name], scratch()
    photo = damaged(textured(3), hole, 1.0, (255, 255, 255))
    masked = Masked.of(hole)
    before = pickle.dumps((photo, masked.hole, masked.distrusted))
    result = step(photo, masked)
    assert pickle.dumps((photo, masked.hole, masked.distrusted)) == before
    assert (result.hole & hole).sum() == hole.sum()
    assert not (result.hole & result.distrusted).any()
    if name != "dering":  # it changes what is seen, of JPEG photos alone
        assert result.unknown.sum() > hole.sum()
    again = step(photo, masked)
    assert np.array_equal(again.hole, result.hole)
    assert np.array_equal(again.distrusted, result.distrusted)


@pytest.mark.parametrize("name", ["distrust", "widen"])
def test_a_clean_hole_comes_back_as_it_was(name: str) -> None:
    masked = Masked.of(scratch())
    assert ON_HOLES[name](textured(3), masked) is masked


def test_distrust_hides_the_damages_edge_and_leaves_it() -> None:
    """The hole stays the painted one; the hidden rim is what widening would have filled."""
    hole = scratch()
    photo = damaged(textured(3), hole, 1.0, (255, 255, 255))
    distrusted, widened = Distrust()(photo, Masked.of(hole)), Widen()(photo, Masked.of(hole))
    assert np.array_equal(distrusted.hole, hole)
    assert np.array_equal(distrusted.unknown, widened.hole)
    assert [note.code for note in distrusted.notes] == ["damage-edge"]
    assert f"{np.count_nonzero(distrusted.distrusted)} pixels" in distrusted.notes[0].text
    assert [note.code for note in widened.notes] == ["widened"]


def test_nothing_of_the_distrusted_rim_reaches_the_fill() -> None:
    """Steps get it as a part of the hole: other values there give the same fill."""
    hole = scratch()
    photo = damaged(textured(3), hole, 1.0, (255, 255, 255))
    masked = Distrust()(photo, Masked.of(hole))
    other = np.where(masked.distrusted[..., None], np.uint8(0), photo)
    fill = np.full(photo.shape, 120, np.float32)
    ours, theirs = (
        run(STANDARD.photo, flat_scene(p, masked.unknown, 0.6, resampled=True), fill)[hole]
        for p in (photo, other)
    )
    assert np.array_equal(ours, theirs)


def test_dilate_grows_by_so_many_pixels() -> None:
    hole = np.zeros((9, 9), dtype=bool)
    hole[4, 4] = True
    photo, masked = np.zeros((9, 9, 3), dtype=np.uint8), Masked(hole, np.roll(hole, 1, axis=0))
    grown = Dilate(2)(photo, masked)
    assert grown.hole.sum() == 13
    assert not grown.distrusted.any(), "the grown hole takes it in"
    assert Dilate(0)(photo, masked) is masked
    with pytest.raises(UserError, match="0 pixels or more"):
        Dilate(-1)


def test_a_recipe_s_steps_on_holes_run_in_turn_and_leave_something_known() -> None:
    photo, hole = textured(1, 48), np.zeros((48, 48), dtype=bool)
    hole[20:30, 20:30] = True
    assert Recipe(hole=(Dilate(1), Dilate(2))).prepared(photo, Masked.of(hole)).hole.sum() > 16 * 10
    with pytest.raises(UserError, match="covers the whole photo"):
        standard(dilate=60).prepared(photo, Masked.of(hole))
    everything = np.ones_like(hole)
    assert BARE.prepared(photo, Masked.of(everything)).hole.all()


@pytest.mark.parametrize("name", sorted(STEPS))
def test_any_step_can_be_left_out(name: str) -> None:
    """And nothing else is."""
    for recipe in (standard(dilate=2, widen=True), STANDARD):
        rows = [[step.name for step in row] for row in (recipe.hole, recipe.crop, recipe.photo)]
        less = recipe.without([name])
        left = [[step.name for step in row] for row in (less.hole, less.crop, less.photo)]
        assert left == [[one for one in row if one != name] for row in rows]
        assert (less.sha256 == recipe.sha256) == (left == rows)


def test_unknown_steps_are_refused_with_the_known_ones() -> None:
    with pytest.raises(
        UserError, match="--without twinz: no such step; expected dering, detail, dilate, distrust"
    ):
        STANDARD.without(["twins", "twinz"])


def changed(value: Any) -> Any:
    """Another value of the same type; of nested settings, with another first field."""
    if is_dataclass(value):
        first = fields(value)[0].name
        return replace(value, **{first: changed(getattr(value, first))})  # type: ignore[type-var]
    if isinstance(value, tuple):
        return (changed(value[0]), *value[1:])
    return value + 1 if isinstance(value, int) else 0.9 * value or 1.0


SETTINGS = [
    (step, field.name) for step in (*STANDARD.hole, *STANDARD.crop, *STANDARD.photo) for field in fields(step)  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(("step", "field"), SETTINGS, ids=lambda one: getattr(one, "name", one))
def test_recipes_that_differ_in_any_setting_have_other_checksums(step: Any, field: str) -> None:
    other = replace(step, **{field: changed(getattr(step, field))})
    rows = (STANDARD.hole, STANDARD.crop, STANDARD.photo)
    recipe = Recipe(*(tuple(other if one is step else one for one in row) for row in rows))
    assert recipe.sha256 != STANDARD.sha256


def test_equal_recipes_have_one_checksum() -> None:
    assert standard().sha256 == STANDARD.sha256 == standard(feather=0, strength=1).sha256
    assert standard(feather=8).sha256 == standard(feather=8.0).sha256
    assert len({one.sha256 for one in (STANDARD, BARE, standard(widen=True), standard(dilate=1))}) == 4


def test_no_step_holds_more_than_settings() -> None:
    """What a step was told is all in its fields, so that the checksum covers it."""
    for step in (*ON_FILLS.values(), *ON_HOLES.values()):
        assert is_dataclass(step)
        assert type(step).__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert set(vars(step)) == {field.name for field in fields(step)}


def test_the_whole_recipe_on_a_composite_changes_the_hole_alone() -> None:
    window, fill = colored()
    filled = run([*STANDARD.crop, *STANDARD.photo], window, fill)
    composite = np.where(window.hole[..., None], filled, window.photo)
    assert np.array_equal(composite[~window.hole], window.photo[~window.hole])
    assert np.isfinite(filled[window.hole]).all()
    assert Image.fromarray(np.clip(np.rint(composite), 0, 255).astype(np.uint8)).size == (160, 160)
    assert run(BARE.photo, window, fill) is fill


def test_join_counts_once_in_a_window_of_the_photo() -> None:
    """A fill that was joined on its crop is changed no more by joining it again."""
    window, fill = colored()
    once = Join()(window, fill)
    np.testing.assert_allclose(Join()(window, once)[window.hole], once[window.hole], atol=0.01)
