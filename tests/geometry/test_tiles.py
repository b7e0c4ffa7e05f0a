"""Windows that hold all of a part."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.geometry.tiles import tiles


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), side=st.integers(3, 40), margin=st.integers(0, 60))
def test_tiles_hold_each_pixel_of_a_part_once(seed: int, side: int, margin: int) -> None:
    """Also where a margin is wider than the tile beside it, and at the photo's border."""
    part = np.random.default_rng(seed).random((70, 90)) < 0.01
    times = np.zeros(part.shape, dtype=int)
    for tile in tiles(part, side, margin):
        top, left, bottom, right = tile.box
        assert max(bottom - top, right - left) <= side + 2 * margin
        times[tile.window] += tile.own(part[tile.window])
    assert np.array_equal(times, part)
    assert tiles(part & False, 16, 5) == []
