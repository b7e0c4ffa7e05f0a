"""Classical fills of what lies on no face."""

import numpy as np
import pytest

from inlay.errors import UserError
from inlay.repair.beyond import beyond_parts, choose_beyond


@pytest.mark.parametrize("name", ["smooth", "biharmonic", "telea"])
def test_classical_fills_of_a_slope(name: str) -> None:
    y, x = np.mgrid[:80, :90]
    pixels = np.stack([x, y, x + y], axis=-1).astype(np.uint8)
    hole = np.zeros((80, 90), dtype=bool)
    hole[20:30, 20:34] = hole[50:56, 60:80] = True
    taken = np.zeros_like(hole)
    for part in beyond_parts(name, pixels, hole):
        taken[part.window] |= part.taken
        assert np.abs(part.fill - pixels[part.window])[part.taken].mean() < 4
    assert np.array_equal(taken, hole)


def test_large_regions_are_solved_reduced() -> None:
    pixels, hole = np.full((300, 300, 3), 60, dtype=np.uint8), np.zeros((300, 300), dtype=bool)
    hole[40:240, 40:240] = True
    for part in beyond_parts("biharmonic", pixels, hole):
        assert np.abs(part.fill[part.taken] - 60).max() < 1


def test_unknown_methods_are_named() -> None:
    assert choose_beyond("auto") == "biharmonic"
    with pytest.raises(UserError, match="biharmonic"):
        choose_beyond("magic")
