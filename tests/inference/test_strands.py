"""Strands of hair, and following them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.examples import example
from inlay.inference.finish import Finish
from inlay.inference.inpaint import Inpainter
from inlay.inference.strands import with_strands
from inlay.inference.streamlines import followed, sampled
from inlay.labels import CELEBAMASK_HQ

HAIR, SKIN = CELEBAMASK_HQ.id_of("hair"), CELEBAMASK_HQ.id_of("skin")
SIZE = 256


def box(top: int, bottom: int, left: int, right: int, size: int = SIZE) -> np.ndarray:
    hole = np.zeros((size, size), dtype=bool)
    hole[top:bottom, left:right] = True
    return hole


def waves(angle: float, size: int = SIZE, contrast: float = 20.0) -> np.ndarray:
    """Strands of three widths, all of them straight, in brown."""
    y, x = np.mgrid[:size, :size] * (SIZE / size)
    across = x * np.cos(angle) + y * np.sin(angle)
    bright = sum(np.sin(across / width + phase) for width, phase in ((0.9, 0), (1.3, 1), (2.1, 2)))
    return (np.array([110.0, 80.0, 60.0]) + contrast / 2 * bright[..., None]).astype(np.float32)


def drawn(
    photo: np.ndarray, hole: np.ndarray, label: np.ndarray, fill: np.ndarray | None = None
) -> np.ndarray:
    """With strands over a flat fill."""
    flat = np.broadcast_to(np.float32(photo.mean(axis=(0, 1))), photo.shape).copy() if fill is None else fill
    return with_strands(flat, photo, hole, label, CELEBAMASK_HQ)


@pytest.mark.parametrize("angle", [0.0, 0.6, 1.2, 2.2])
def test_straight_strands_come_back(angle: float) -> None:
    """The known half of what was drawn there tells all of it: a flat fill gets most of the strands."""
    photo, hole = waves(angle), box(104, 152, 104, 152)
    label = np.full((SIZE, SIZE), HAIR, dtype=np.uint8)
    flat = np.broadcast_to(np.float32(photo.mean(axis=(0, 1))), photo.shape).copy()
    result = drawn(photo, hole, label)
    assert np.array_equal(result[~hole], flat[~hole])
    before, after = (np.square((one - photo)[hole]).mean() for one in (flat, result))
    assert after < 0.35 * before


def test_strands_bend_with_the_hair() -> None:
    """Of concentric strands, which no straight copy has, a hidden part comes back on the same circles."""
    y, x = np.mgrid[:SIZE, :SIZE]
    radius = np.hypot(y - 330.0, x - 128.0)
    photo = np.repeat((100 + 25 * np.sin(radius / 1.5))[..., None], 3, axis=2).astype(np.float32)
    hole, label = box(90, 150, 108, 148), np.full((SIZE, SIZE), HAIR, dtype=np.uint8)
    result = drawn(photo, hole, label)
    agree = np.corrcoef(result[hole][:, 0], photo[hole][:, 0])[0, 1]
    assert agree > 0.75


def test_only_hidden_hair_is_drawn_and_only_from_known_hair() -> None:
    photo, hole = waves(0.4), box(80, 176, 80, 176)
    label = np.full((SIZE, SIZE), HAIR, dtype=np.uint8)
    label[128:] = SKIN
    photo[128:] = np.random.default_rng(0).uniform(0, 255, photo[128:].shape)
    flat = np.full_like(photo, 90.0)
    result = drawn(photo, hole, label, flat)
    changed = (result != flat).any(axis=-1)
    assert changed[hole & (label == HAIR)].mean() > 0.9
    assert not changed[~hole].any()
    assert not changed[140:].any()
    other = np.where((hole | (label == SKIN))[..., None], 17.0, photo).astype(np.float32)
    # Directions are means, to which the border of hair still lends a trace.
    assert np.abs(drawn(other, hole, label, flat) - result).mean() < 0.02 * np.abs(result - flat).mean()


@pytest.mark.parametrize(
    "color", [(200, 170, 90), (250, 235, 230), (30, 30, 40)], ids=["blond", "white", "black"]
)
def test_strands_have_the_fill_s_colours(color: tuple[int, int, int]) -> None:
    """Where the fill has other hair than is seen, its mean colour and tint stay."""
    photo, hole = waves(0.3), box(96, 160, 96, 160)
    label = np.full((SIZE, SIZE), HAIR, dtype=np.uint8)
    other = np.broadcast_to(np.float32(color), photo.shape).copy()
    result = drawn(photo, hole, label, other)
    inner = np.s_[112:144, 112:144]
    assert np.allclose(result[inner].mean(axis=(0, 1)), color, atol=6)
    spread = result[inner].std(axis=(0, 1))
    assert spread.min() > 2
    red, _, blue = (8 + there for there in color)
    assert spread[0] / spread[2] == pytest.approx((red / 118) / (blue / 68), rel=0.1)


def test_a_large_photo_gets_what_a_small_one_gets() -> None:
    """Strands four pixels a unit wide are drawn at half the size: the same picture, enlarged."""
    label = np.full((1024, 1024), HAIR, dtype=np.uint8)
    photo, hole = waves(0.5, 1024), box(416, 608, 416, 608, 1024)
    result = drawn(photo, hole, label)
    flat = np.float32(photo.mean(axis=(0, 1)))
    inner = np.s_[450:574, 450:574]
    before, after = (np.square(photo[inner] - one).mean() for one in (flat, result[inner]))
    assert after < 0.5 * before


@pytest.mark.parametrize(
    "label",
    [np.full((64, 64), SKIN, np.uint8), np.where(box(20, 44, 20, 44, 64), HAIR, SKIN).astype(np.uint8)],
)
def test_without_known_hair_the_fill_comes_back(label: np.ndarray) -> None:
    photo, hole = waves(0.3, 64), box(20, 44, 20, 44, 64)
    fill = np.full_like(photo, 70.0)
    assert with_strands(fill, photo, hole, label, CELEBAMASK_HQ) is fill


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), h=st.integers(9, 70), w=st.integers(9, 70))
def test_whatever_the_hole_the_result_is_finite_and_known_pixels_stay(seed: int, h: int, w: int) -> None:
    rng = np.random.default_rng(seed)
    photo = rng.uniform(0, 255, (h, w, 3)).astype(np.float32)
    hole = rng.random((h, w)) < rng.uniform(0.05, 0.95)
    label = np.where(rng.random((h, w)) < 0.7, HAIR, SKIN).astype(np.uint8)
    fill = np.where(hole[..., None], np.float32(120), photo)
    unread = np.where(hole[..., None], np.float32(np.nan), photo)
    result = with_strands(fill, unread, hole, label, CELEBAMASK_HQ)
    assert np.isfinite(result).all()
    assert np.array_equal(result[~hole], fill[~hole])


def test_followed_is_a_walk_along_the_field() -> None:
    """Against the slow obvious form: one walker, one step after the other, straight down and back."""
    hidden = box(10, 20, 0, 32, 32)
    known = box(20, 26, 0, 32, 32)
    steps = np.zeros((32, 32, 2), np.float32)
    steps[..., 0] = np.where(np.arange(32) % 2, -1, 1)
    start = np.argwhere(hidden)
    ends = followed(start, np.tile(np.float32([1, 0]), (len(start), 1)), steps, hidden, known, 100)
    for (row, column), place, count, found in zip(start, *ends, strict=True):
        where, way, out = row, 1, 20 - row
        for _ in range(20 - row):
            where += way
        for _ in range(20 - row):
            if not 20 <= where + way < 26:
                way = -way
            else:
                where += way
        assert found
        assert (count, *place) == (out, where, column)
    lost = followed(
        start, np.tile(np.float32([0, 1]), (len(start), 1)), steps[:, :, ::-1], hidden, known, 100
    )
    assert not lost.found.any()


def test_sampled_is_linear_between_pixels() -> None:
    y, x = np.mgrid[:6, :5].astype(np.float32)
    values = np.stack([3 * y + x, 7 - y], axis=-1)
    place = np.random.default_rng(0).uniform(0, 4, (50, 2)).astype(np.float32)
    expected = np.stack([3 * place[:, 0] + place[:, 1], 7 - place[:, 0]], axis=-1)
    assert np.allclose(sampled(values, place), expected, atol=1e-4)
    assert np.allclose(sampled(values, np.float32([[-3, 2], [9, 9]])), [[2, 7], [19, 2]])


def test_the_example_s_hidden_hair_gets_strands_and_nothing_else_does() -> None:
    """The bundled models, and what `--no-strands` leaves out."""
    photo, hole = (Image.open(example(name)) for name in ("portrait", "hole-object"))
    hidden = np.asarray(hole.convert("L")) > 0
    inpainter = Inpainter.load(device="cpu")
    with_, without = (
        np.asarray(inpainter(photo, hole, finish=Finish(strands=strands)).image.convert("L")).astype(float)
        for strands in (True, False)
    )
    hair = inpainter.predict_layout(photo, hole) == HAIR
    assert np.array_equal(with_[~hidden], without[~hidden])
    assert np.abs(with_ - without)[hidden & ~hair].mean() < 0.2
    assert np.abs(with_ - without)[hidden & hair].mean() > 2
