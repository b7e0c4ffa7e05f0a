"""The damage detector's loss, against a slow form."""

import math

import pytest
import torch

from inlay.losses.damage import damage_loss


def test_it_equals_a_loop_over_pixels() -> None:
    torch.manual_seed(0)
    logits, damage = torch.randn(2, 1, 3, 4), (torch.rand(2, 1, 3, 4) < 0.3).float()
    counted = (torch.rand(2, 1, 3, 4) < 0.8).float()
    entropy = both = found = true = pixels = 0.0
    for z, d, c in zip(
        logits.flatten().tolist(), damage.flatten().tolist(), counted.flatten().tolist(), strict=True
    ):
        p = 1 / (1 + math.exp(-z))
        entropy += c * (-math.log(p) if d else -3.0 * math.log(1 - p))
        both, found, true, pixels = both + c * p * d, found + c * p, true + c * d, pixels + c
    expected = 4 * entropy / pixels + 1 - (2 * both + 1) / (found + true + 1)
    told = damage_loss(logits, damage, counted, clean_weight=3.0)
    assert told.item() == pytest.approx(expected, rel=1e-5)


def test_what_does_not_count_changes_nothing() -> None:
    logits, damage, counted = torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    counted[..., 0] = 0
    other = logits.clone()
    other[..., 0] = 9
    told = [damage_loss(x, damage, counted, clean_weight=2.0) for x in (logits, other)]
    assert torch.equal(*told)
