"""Means and their intervals."""

import numpy as np
import pytest

from inlay.evaluation.intervals import bootstrap_interval, paired_difference


def test_pairs_tell_what_the_spread_of_faces_hides() -> None:
    """Every face gains a little; the faces themselves differ by far more."""
    rng = np.random.default_rng(0)
    before = rng.normal(20, 5, 60)
    after = before + rng.normal(0.2, 0.1, 60)
    found = paired_difference(after, before)
    assert found is not None
    assert found.mean == pytest.approx((after - before).mean())
    assert found.low < found.mean < found.high
    assert found.is_positive
    assert not found.is_negative
    back = paired_difference(before, after)
    assert back is not None
    assert back.is_negative
    low, high = bootstrap_interval(before) or (0.0, 0.0)
    assert high - low > 10 * (found.high - found.low)


def test_pictures_without_a_figure_are_left_out() -> None:
    values, reference = np.array([1.0, np.nan, np.inf, 4.0]), np.array([0.0, 1.0, 1.0, 3.0])
    found = paired_difference(values, reference)
    assert found is not None
    assert (found.mean, found.low, found.high) == (1, 1, 1)
    assert paired_difference(values[:3], reference[:3]) is None
