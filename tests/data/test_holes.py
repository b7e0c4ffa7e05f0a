"""Free-form holes and scratches."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.data.holes import (
    FreeForm,
    free_form_hole,
    frozen_holes,
    pack_holes,
    scratch_hole,
    unpack_holes,
)
from inlay.errors import UserError


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(16, 160),
    width=st.integers(16, 160),
    seed=st.integers(0, 2**32),
    bounds=st.sampled_from([(0.01, 0.2), (0.01, 0.5), (0.2, 0.4)]),
)
def test_any_size_and_range(height: int, width: int, seed: int, bounds: tuple[float, float]) -> None:
    hole = free_form_hole(np.random.default_rng(seed), (height, width), FreeForm(*bounds))
    assert hole.shape == (height, width)
    assert hole.dtype == np.uint8
    assert set(np.unique(hole)) == {0, 1}
    assert bounds[0] < hole.mean() < bounds[1]


def test_pure_in_the_generator() -> None:
    np.random.seed(1)
    first = free_form_hole(np.random.default_rng(7), (64, 64), FreeForm())
    np.random.seed(2)
    assert np.array_equal(first, free_form_hole(np.random.default_rng(7), (64, 64), FreeForm()))
    assert not np.array_equal(first, free_form_hole(np.random.default_rng(8), (64, 64), FreeForm()))


def test_frozen_holes_do_not_depend_on_their_count() -> None:
    few, many = (frozen_holes(3, count, (48, 40), FreeForm()) for count in (2, 5))
    assert many.shape == (5, 48, 40)
    assert np.array_equal(few, many[:2])


def mean_ratio(form: FreeForm, size: int) -> float:
    """The mean hole ratio of a few holes."""
    return float(frozen_holes(0, 50, (size, size), form).mean())


def test_the_brush_scales_with_the_size() -> None:
    """Small holes look like large ones; the released brush keeps its width, which is too wide for them."""
    scaled, released = FreeForm(0.0, 0.5), FreeForm.released(0.0, 0.5)
    assert mean_ratio(scaled, 32) == pytest.approx(mean_ratio(scaled, 128), abs=0.05)
    assert mean_ratio(released, 32) < mean_ratio(released, 128) - 0.05


@pytest.mark.parametrize(("size", "count"), [(128, 800), (256, 500)])
def test_released_statistics(shared: Path, size: int, count: int) -> None:
    """The mean and the deciles of the hole ratio are the released generator's, within 0.01."""
    reference = json.loads((shared / "reference" / "hole_statistics.json").read_text(encoding="utf-8"))[
        str(size)
    ]
    ratios = frozen_holes(0, count, (size, size), FreeForm.released()).mean(axis=(1, 2))
    assert ratios.mean() == pytest.approx(reference["hole_ratio_mean"], abs=0.01)
    assert np.quantile(ratios, np.arange(1, 10) / 10) == pytest.approx(reference["deciles"], abs=0.01)


@pytest.mark.parametrize("width", [7, 8, 20])
def test_packed_holes_come_back(width: int, tmp_path: Path) -> None:
    holes = (np.random.default_rng(0).random((3, 5, width)) < 0.5).astype(np.uint8)
    np.savez(tmp_path / "holes.npz", **pack_holes(holes))
    with np.load(tmp_path / "holes.npz") as data:
        assert np.array_equal(unpack_holes(dict(data)), holes)


def test_packed_holes_without_a_width() -> None:
    holes = np.ones((1, 4, 16), dtype=np.uint8)
    assert np.array_equal(unpack_holes({"holes": np.packbits(holes, axis=-1)}), holes)


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.2), (0.3, 0.2), (0.2, 0.2), (0.5, 1.1)])
def test_bad_ranges(low: float, high: float) -> None:
    with pytest.raises(UserError, match="expected 0 <= low < high <= 1"):
        FreeForm(low, high)


def test_a_range_that_no_hole_meets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inlay.data.holes.MAX_TRIES", 20)
    with pytest.raises(UserError, match=r"no hole of ratio .* in 20 tries at 16 x 16; widen the range"):
        free_form_hole(np.random.default_rng(0), (16, 16), FreeForm(0.100001, 0.100002))


def test_scratches_are_thin_seeded_and_scale_with_the_size() -> None:
    small, large = (
        np.stack([scratch_hole(np.random.default_rng((0, n)), (size, size)) for n in range(20)])
        for size in (256, 512)
    )
    assert set(np.unique(large)) == {0, 1}
    assert 0.01 < large.mean() < 0.06
    assert small.mean() == pytest.approx(large.mean(), rel=0.15)
    # A square of 12 pixels fits into none but crossings, so eroding by it leaves next to nothing.
    assert max(scipy.ndimage.binary_erosion(hole, np.ones((12, 12))).mean() for hole in large) < 1e-3
    assert np.array_equal(large[3], scratch_hole(np.random.default_rng((0, 3)), (512, 512)))


def test_scratches_of_a_small_oblong_picture() -> None:
    hole = scratch_hole(np.random.default_rng(0), (20, 60))
    assert hole.shape == (20, 60)
    assert hole.dtype == np.uint8
    assert hole.any()
