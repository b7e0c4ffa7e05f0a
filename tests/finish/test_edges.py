"""The edges of a damage that a hole misses: found, and none where there are none."""

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image

from finish.scenes import damaged, scratch, textured
from inlay.data.holes import FreeForm, free_form_hole
from inlay.examples import example
from inlay.finish.edges import EdgeSearch
from inlay.finish.recipe import STANDARD, standard
from inlay.pixels.biharmonic import continued
from inlay.pixels.continuation import extend
from inlay.repair.inpainter import Inpainter

EDGES = EdgeSearch()
widened = EDGES.widen


@pytest.mark.parametrize("unit", [0.5, 1.0, 2.0])
def test_a_hole_without_an_edge_stays_as_it_is(unit: float) -> None:
    """One of 375 is off by chance; these are not."""
    for seed in range(20):
        hole = free_form_hole(np.random.default_rng(seed), (160, 160), FreeForm()).astype(bool)
        assert widened(textured(seed), hole, unit) is hole


def test_at_the_photos_border_nothing_is_made_up() -> None:
    """Between hole and border nothing lies behind."""
    for seed in range(12):
        hole = np.zeros((160, 160), bool)
        hole[2 + seed % 4 : 9, 20:140] = True
        assert widened(textured(seed), hole, 4.0) is hole


@pytest.mark.parametrize("far", [755, 760])
def test_a_large_hole_is_widened_all_around(far: int) -> None:
    """It ends beside the border of two windows."""
    photo = textured(8, 860)
    hole = np.zeros((860, 860), bool)
    hole[52 : 52 + far, 52 : 52 + far] = True
    wide = widened(damaged(photo, hole, 1.5, (255, 255, 255)), hole, 3.3)
    ring = scipy.ndimage.binary_dilation(hole, iterations=2)
    assert (ring & ~wide).sum() == 0


@pytest.mark.parametrize("seed", range(5))
def test_noise_around_a_box_is_no_edge(seed: int) -> None:
    hole = np.zeros((48, 40), bool)
    hole[10:22, 4:24] = True
    noise = np.random.default_rng(seed).integers(0, 256, (48, 40, 3), dtype=np.uint8)
    assert widened(noise, hole, 48 / 256) is hole


def test_noise_around_many_small_pieces_is_no_edge() -> None:
    """Of a ring of a dozen pixels four are independent, and their spread is hardly known."""
    for seed in range(60):
        random = np.random.default_rng(seed)
        noise = random.integers(0, 256, (70, 110, 3), dtype=np.uint8)
        hole = random.random((70, 110)) < 0.1
        assert widened(noise, hole, 70 / 256) is hole


@pytest.mark.parametrize("color", [(255, 255, 255), (10, 10, 10), (200, 30, 30)])
@pytest.mark.parametrize("spread", [0.7, 1.0, 2.0])
def test_what_is_left_of_a_damage_is_taken_in(color: tuple[int, int, int], spread: float) -> None:
    photo, hole = textured(3), scratch()
    spoilt = damaged(photo, hole, spread, color)
    wide = widened(spoilt, hole, 2.0)
    assert (wide & hole).sum() == hole.sum()
    left = np.abs(spoilt.astype(int) - photo).max(axis=2) > 20
    assert (left & ~wide).sum() < 0.03 * (left & ~hole).sum()
    # Nor is much more taken in than is spoilt.
    assert (wide & ~hole).sum() < 3 * (np.abs(spoilt.astype(int) - photo).max(axis=2)[~hole] > 8).sum()


def test_each_piece_is_looked_at_by_itself() -> None:
    photo, hole = textured(4), scratch()
    other = np.zeros_like(hole)
    other[30:60, 110:140] = True
    wide = widened(damaged(photo, hole, 1.0, (255, 255, 255)), hole | other, 2.0)
    assert np.array_equal(wide[:, 100:], other[:, 100:])
    assert wide[:, :100].sum() > 1.3 * hole.sum()


def test_the_photo_is_not_read_inside_the_hole() -> None:
    photo, hole = damaged(textured(5), scratch(), 1.0, (255, 255, 255)), scratch()
    other = photo.copy()
    other[hole] = np.random.default_rng(0).integers(0, 256, (hole.sum(), 3))
    assert np.array_equal(widened(photo, hole, 2.0), widened(other, hole, 2.0))


@pytest.mark.parametrize("side", [EDGES.window, 48])
def test_rings_are_measured_as_a_slow_form_measures_them(side: int) -> None:
    """Distances of all pixels to all of the hole's; and in many windows, which see a little less."""
    photo, hole, reach = damaged(textured(6, 72), scratch(72), 1.0, (255, 255, 255)), scratch(72), 3
    measured, _ = EdgeSearch(window=side, margin=48).measure(photo, hole, hole.astype(np.int32), reach)
    y, x = np.mgrid[:72, :72]
    here = np.stack([y, x], axis=-1)[:, :, None]

    def to(mask: np.ndarray) -> np.ndarray:
        return np.sqrt(((here - np.argwhere(mask)) ** 2).sum(axis=-1).min(axis=-1))

    away = to(hole)
    unknown = away < reach + 0.5
    steps = np.abs(here - np.argwhere(~hole)).sum(axis=-1).min(axis=-1)
    begun = extend(photo.astype(np.float32), unknown)
    wrong = photo - continued(begun, (unknown & ~hole) | (hole & (steps <= EDGES.inside)))
    behind = to(~unknown) <= reach + 1.5
    for n in range(1, reach + 1):
        ring, sums = ~hole & (np.rint(away) == n) & behind, measured[1, n - 1]
        assert sums[0] == ring.sum() > 0
        assert sums[1:4] / sums[0] == pytest.approx(wrong[ring].mean(axis=0), abs=1.0)
        assert sums[4:7] / sums[0] == pytest.approx((wrong[ring] ** 2).mean(axis=0), rel=0.1)
        assert sums[7] / sums[0] == pytest.approx((wrong[ring].mean(axis=1) > 0).mean(), abs=0.05)


def test_nothing_and_everything_stay_as_they_are() -> None:
    photo = textured(0, 32)
    for hole in (np.zeros((32, 32), bool), np.ones((32, 32), bool)):
        assert widened(photo, hole, 1.0) is hole


def test_a_scratch_with_soft_edges_is_filled_and_said() -> None:
    """Left out, distrusted, widened: each is nearer to the truth, and only the last changes more pixels."""
    truth = np.asarray(Image.open(example("portrait")).convert("RGB"))
    hole = np.zeros(truth.shape[:2], bool)
    hole[40:200, 120:123] = True
    spoilt = damaged(truth, hole, 1.0, (255, 255, 255))
    inpainter = Inpainter.load("bundled", "cpu")
    near = np.zeros_like(hole)
    near[36:204, 116:127] = True
    recipes = {"none": STANDARD.without(["distrust"]), "edge": STANDARD, "wide": standard(widen=True)}
    results = {name: inpainter.with_recipe(recipe)(spoilt, hole) for name, recipe in recipes.items()}
    filled = {name: np.asarray(result.image).astype(int) for name, result in results.items()}
    for name, result in results.items():
        assert np.array_equal(filled[name][~result.hole], spoilt[~result.hole])
        assert np.array_equal(result.hole, hole) == (name != "wide")
    inside = {name: np.abs(one - truth)[hole].mean() for name, one in filled.items()}
    around = {name: np.abs(one - truth)[near].mean() for name, one in filled.items()}
    assert max(inside["edge"], inside["wide"]) < 0.5 * inside["none"]
    assert around["wide"] < 0.5 * around["none"]
    assert around["edge"] < around["none"]
    codes = [{note.code for note in result.notes} & {"widened", "damage-edge"} for result in results.values()]
    assert codes == [set(), {"damage-edge"}, {"widened"}]
