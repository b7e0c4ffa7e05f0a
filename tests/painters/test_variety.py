"""Candidates: other layouts that are plausible too."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.batch import Batch
from inlay.examples import example
from inlay.networks.layout import most_likely
from inlay.painters.variety import varied
from inlay.repair.inpainter import Inpainter


def predicted(seed: int) -> Batch:
    """A hole in the middle of a portrait of noise, and a belief that is smooth and unsure."""
    draw = torch.Generator().manual_seed(seed)
    belief = (2 * torch.randn(1, 5, 16, 16, generator=draw)).softmax(dim=1)
    hole = torch.zeros(1, 1, 32, 32)
    hole[..., 8:20, 10:26] = 1
    label = most_likely(belief.log())
    return Batch(torch.zeros(1, 3, 32, 32), label, hole, belief)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(1, 10_000))
def test_only_the_hole_changes(seed: int) -> None:
    batch = predicted(seed)
    other = varied(batch, seed)
    known = batch.hole[:, 0] == 0
    assert torch.equal(other.label[known], batch.label[known])
    assert other.belief is not None
    assert batch.belief is not None
    torch.testing.assert_close(other.belief.sum(dim=1), torch.ones(1, 16, 16))
    torch.testing.assert_close(other.belief[..., :3, :], batch.belief[..., :3, :])
    again = varied(batch, seed)
    assert torch.equal(again.label, other.label)


def test_seed_0_and_certain_layouts_stay() -> None:
    batch = predicted(1)
    assert varied(batch, 0) is batch
    sure = batch.with_label(batch.label)
    assert varied(sure, 3) is sure
    # What somebody has painted is certain: its belief is 0 or 1.
    certain = torch.nn.functional.one_hot(torch.randint(0, 5, (1, 16, 16)), 5).movedim(-1, 1).float()
    painted = batch.with_label(most_likely(certain.clamp(min=1e-12).log()), certain)
    assert torch.equal(varied(painted, 3).label, painted.label)


def test_candidates_of_the_bundled_model_differ() -> None:
    photo, hole = Image.open(example("portrait")).convert("RGB"), np.zeros((192, 192), dtype=bool)
    hole[20:90, 100:170] = True
    inpainter = Inpainter.load(device="cpu")
    results = list(inpainter.candidates(photo, hole, faces="whole", seeds=(0, 1, 2)))
    for other in results[1:]:
        changed = results[0].layout != other.layout
        assert 0.002 < changed[hole].mean() < 0.5
        # A cell of the belief is 3 pixels here, and it is enlarged smoothly.
        assert not changed[:12].any()
        assert not changed[:, :92].any()
        assert np.abs(np.asarray(results[0].image).astype(int) - np.asarray(other.image)).mean() > 0.05
