"""LPIPS equals the published values."""

import pytest
import torch

from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.networks.lpips import CHANNELS, PerceptualDistance, SqueezeNetFeatures


def test_taps() -> None:
    taps = SqueezeNetFeatures()(torch.randn(2, 3, 64, 96))
    assert [t.shape[1] for t in taps] == list(CHANNELS)
    assert taps[0].shape[-2:] == (31, 47)


def test_distance_of_a_picture_to_itself_is_zero_and_symmetric() -> None:
    distance, (a, b) = PerceptualDistance(), torch.rand(2, 2, 3, 48, 48) * 2 - 1
    assert distance(a, a).abs().max() == 0
    torch.testing.assert_close(distance(a, b), distance(b, a))
    assert distance(a, b).min() > 0


def test_each_parameter_gets_a_gradient() -> None:
    distance, (a, b) = PerceptualDistance(), torch.rand(2, 2, 3, 48, 48) * 2 - 1
    distance(a, b).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in distance.parameters())


def test_equals_the_documented_values(shared) -> None:
    """The values of torchmetrics' documentation, quoted in weights/README.md of the shared folder."""
    generator = torch.Generator().manual_seed(42)
    a = torch.rand(2, 3, 100, 100, generator=generator) * 2 - 1
    b = torch.rand(2, 3, 100, 100, generator=generator) * 2 - 1
    found = load_distance(shared / "weights")(a, b)
    assert found.tolist() == pytest.approx([0.1024, 0.0938], abs=5e-5)


def test_metric_on_bytes(shared) -> None:
    metric = Lpips(load_distance(shared / "weights"))
    truth = torch.randint(0, 256, (40, 40, 3), dtype=torch.uint8).numpy()
    assert metric(truth, truth) == 0
    assert metric(truth, 255 - truth) > 0.05
