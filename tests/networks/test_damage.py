"""The damage detector's network."""

import torch

from inlay.networks.damage import DamageDetector


def test_it_is_small() -> None:
    assert sum(p.numel() for p in DamageDetector().parameters()) <= 1_500_000


def test_logits_have_the_picture_s_size_and_start_low() -> None:
    torch.manual_seed(0)
    logits = DamageDetector()(torch.rand(2, 3, 64, 96) * 2 - 1)
    assert logits.shape == (2, 1, 64, 96)
    assert logits.mean() < -2


def test_each_parameter_gets_a_gradient_once_residuals_are_open() -> None:
    torch.manual_seed(0)
    network = DamageDetector(widths=(8, 8, 8, 8, 8))
    for name, value in network.named_parameters():
        if name.endswith("conv_1.weight"):
            torch.nn.init.normal_(value, std=0.1)
    network(torch.rand(1, 3, 64, 64)).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_it_sees_far() -> None:
    """A change 150 pixels away changes an answer."""
    torch.manual_seed(0)
    network = DamageDetector(widths=(8, 8, 8, 8, 8))
    for name, value in network.named_parameters():
        if name.endswith("conv_1.weight"):
            torch.nn.init.normal_(value, std=0.2)
    picture = torch.zeros(1, 3, 32, 512, requires_grad=True)
    network(picture)[0, 0, 16, 256].backward()
    assert picture.grad is not None
    reach = picture.grad[0].abs().sum(dim=(0, 1)).nonzero().flatten()
    assert reach.min() < 106
    assert reach.max() > 406
