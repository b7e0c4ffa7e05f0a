"""The grid that pixel shuffling leaves."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.networks.checkered import without_grid


def grid(h: int, w: int, down: bool, across: bool) -> torch.Tensor:
    rows, columns = torch.arange(h)[:, None], torch.arange(w)[None]
    return 1.0 - 2.0 * ((rows * down + columns * across) % 2)


@settings(max_examples=20, deadline=None)
@given(h=st.integers(8, 20), w=st.integers(8, 20), strength=st.floats(-2, 2), kind=st.integers(0, 2))
def test_a_grid_is_taken_out_and_a_slope_stays(h: int, w: int, strength: float, kind: int) -> None:
    down, across = ((True, False), (False, True), (True, True))[kind]
    slope = torch.linspace(-1, 1, h)[:, None] + torch.linspace(0, 0.5, w)[None]
    seen = without_grid((slope + strength * grid(h, w, down, across))[None, None])[0, 0]
    inner = (slice(3, -3), slice(3, -3))
    torch.testing.assert_close(seen[inner], slope[inner], atol=1e-5, rtol=0)


def test_edges_of_things_stay() -> None:
    """A step is a sum of all frequencies: few of them are the grid's."""
    step = torch.zeros(1, 1, 16, 16)
    step[..., 8:] = 1
    assert (without_grid(step) - step).abs().max() < 0.25
    assert torch.equal(without_grid(torch.zeros(1, 2, 8, 8)), torch.zeros(1, 2, 8, 8))
