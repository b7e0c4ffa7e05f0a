"""Looking twice: a mirror image of a mirror image is the picture, and the mean knows no left and right."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot
from inlay.errors import UserError
from inlay.jobs.worker import FillSettings, Worker
from inlay.painters.mirror import Mirrored, MirroredLayout, mirrored
from inlay.painters.protocols import forward
from inlay.painters.refinement import RefineSettings
from inlay.repair.inpainter import Inpainter


@pytest.fixture
def batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    hole = torch.zeros(2, 1, 32, 32)
    hole[:, :, 4:20, 2:14] = 1
    label = torch.randint(0, 19, (2, 4, 4), generator=generator)
    image = torch.rand(2, 3, 32, 32, generator=generator) * 2 - 1
    return Batch(image, label.repeat_interleave(8, 1).repeat_interleave(8, 2), hole)


def test_mirrors(batch: Batch, tiny_model: Path) -> None:
    snapshot = load_snapshot(tiny_model)
    twins = snapshot.labels.twins
    there = mirrored(batch, twins)
    assert (there.label[:, :, 0] == torch.tensor(twins)[batch.label[:, :, -1]]).all()
    back = mirrored(there, twins)
    assert all(torch.equal(getattr(back, n), getattr(batch, n)) for n in ("image", "label", "hole"))


@torch.no_grad()
def test_two_looks_know_no_left_and_right(batch: Batch, tiny_model: Path) -> None:
    snapshot = load_snapshot(tiny_model)
    assert snapshot.layout is not None
    twins = snapshot.labels.twins
    for value in (*snapshot.model.parameters(), *snapshot.layout.parameters()):
        value += 0.1 * torch.randn(value.shape, generator=torch.Generator().manual_seed(1))
    predictor = MirroredLayout(snapshot.layout, twins)
    one = predictor.complete(batch)
    other = mirrored(predictor.complete(mirrored(batch, twins)), twins)
    assert one.belief is not None
    assert other.belief is not None
    torch.testing.assert_close(one.belief, other.belief)
    network = Mirrored(snapshot.model, twins)
    image, of_mirror = forward(network, one).image, forward(network, mirrored(one, twins)).image
    torch.testing.assert_close(image, of_mirror.flip(-1), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(image, forward(snapshot.model, one).image, atol=1e-3)


def test_fills_of_two_looks(tiny_model: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    hole = np.zeros((32, 32), dtype=bool)
    hole[4:20, 2:14] = True
    inpainter = Inpainter.load(tiny_model, "cpu", mirror=True)
    one, other = (
        np.asarray(inpainter(picture, gone, faces="whole").image)
        for picture, gone in ((photo, hole), (photo[:, ::-1].copy(), hole[:, ::-1].copy()))
    )
    other = other[:, ::-1]
    assert np.array_equal(one[~hole], photo[~hole])
    assert np.abs(one.astype(int) - other).max() <= 1


def test_two_looks_and_a_refinement() -> None:
    with pytest.raises(UserError, match="--mirror and --refine do not go together"):
        Worker(FillSettings(mirror=True, refine=RefineSettings(steps=1)))
