"""Patches of the known picture in a hole."""

import numpy as np
import pytest

from inlay.pixels.patch_match import Level, PatchMatch
from inlay.pixels.patches import PatchFill


def checks(side: int = 96, period: int = 8) -> np.ndarray:
    """A periodic texture in three colours."""
    y, x = np.mgrid[:side, :side]
    wave = 128 + 60 * np.sin(2 * np.pi * x / period) + 40 * np.sin(2 * np.pi * (x + 2 * y) / (2 * period))
    return np.stack([wave, 0.8 * wave, 255 - wave], axis=-1).astype(np.float32)


def square(side: int = 96, start: int = 34, stop: int = 60) -> np.ndarray:
    hole = np.zeros((side, side), dtype=bool)
    hole[start:stop, start:stop] = True
    return hole


def level(seed: int, side: int = 7) -> Level:
    values = np.random.default_rng(seed).uniform(0, 255, (26, 30, 4)).astype(np.float32)
    hole = np.zeros((26, 30), dtype=bool)
    hole[10:15, 11:17] = True
    return Level.of(values, hole, ~hole, side)


def cost(level: Level, place: int, source: int) -> float:
    """The obvious form: a patch's weighted squared differences, pixel by pixel."""
    r, width, total = level.reach, level.hole.shape[1], 0.0
    (y, x), (v, u) = divmod(place, width), divmod(source, width)
    for down in range(-r, r + 1):
        for right in range(-r, r + 1):
            difference = level.values[y + down, x + right] - level.values[v + down, u + right]
            total += level.trust[y + down, x + right] * float(np.square(difference.astype(np.float64)).sum())
    return total


@pytest.mark.parametrize("period", [6, 8, 11])
def test_a_periodic_texture_goes_on(period: int) -> None:
    picture, hole = checks(period=period), square()
    filled = PatchFill()(picture, hole, ~hole)
    assert filled is not None
    assert np.abs(filled - picture)[hole].mean() < 6
    assert np.array_equal(filled[~hole], picture[~hole])


def test_the_hole_is_not_read_and_the_fill_is_deterministic() -> None:
    picture, hole = checks(), square()
    other = np.where(hole[..., None], np.float32(np.nan), picture)
    before = other.copy()
    one, two = PatchFill()(picture, hole, ~hole), PatchFill()(other, hole, ~hole)
    assert one is not None
    assert two is not None
    assert np.array_equal(one, two)
    assert np.array_equal(other, before, equal_nan=True)


def test_sources_are_whole_patches_of_usable_pixels() -> None:
    one = level(0)
    rows, columns = np.divmod(one.sources, one.width)
    r = one.reach
    for y, x in zip(rows.tolist(), columns.tolist(), strict=True):
        assert not one.hole[y - r : y + r + 1, x - r : x + r + 1].any()
        assert (one.trust[y - r : y + r + 1, x - r : x + r + 1] == 1).all()


def test_the_exhaustive_search_finds_the_nearest_patch() -> None:
    one, match = level(1), PatchMatch()
    places = one.asking[::17]
    found = match._nearest(one, places, one.trusts(places), 1)
    for place, source in zip(places.tolist(), found.tolist(), strict=True):
        assert source == min(one.sources.tolist(), key=lambda other: cost(one, place, other))


def test_improving_makes_no_match_worse() -> None:
    one, match = level(2), PatchMatch()
    start = np.random.default_rng(0).choice(one.sources, len(one.asking))
    better = match._improved(one, start)
    before, after = (
        np.array([cost(one, p, s) for p, s in zip(one.asking.tolist(), which.tolist(), strict=True)])
        for which in (start, better)
    )
    assert (after <= before * (1 + 1e-5)).all()
    assert after.sum() < 0.97 * before.sum()
    assert one.is_source[better].all()


def test_large_holes_are_matched_reduced_and_copied_at_full_size() -> None:
    picture, hole = checks(period=16), square(start=30, stop=64)
    filled = PatchFill(working=400)(picture, hole, ~hole)
    assert filled is not None
    assert np.abs(filled - picture)[hole].mean() < 20
    inner = np.s_[36:58, 36:58]
    ours, truth = (np.abs(np.diff(p[inner], axis=1)).mean() for p in (filled, picture))
    assert 0.7 < ours / truth < 1.3, "detail of the full size"


def test_too_few_patches_fill_nothing() -> None:
    picture, hole = checks(20), np.ones((20, 20), dtype=bool)
    hole[:8, :8] = False
    assert PatchFill()(picture, hole, ~hole) is None
