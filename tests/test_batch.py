"""The records that go into a model and come out."""

import os
import subprocess
import sys

import pytest
import torch
from torch import Tensor

from inlay.batch import Attention, Batch


def make(count: int = 2, size: tuple[int, int] = (8, 6)) -> Batch:
    hole = (torch.rand(count, 1, *size) < 0.3).float()
    return Batch(torch.rand(count, 3, *size) * 2 - 1, torch.randint(0, 19, (count, *size)), hole)


def test_known_is_what_is_no_hole() -> None:
    batch = make()
    assert len(batch) == 2
    assert torch.equal(batch.known + batch.hole, torch.ones_like(batch.hole))


def test_with_label_changes_nothing_else() -> None:
    batch = make()
    other = batch.with_label(torch.zeros_like(batch.label))
    assert other.image is batch.image
    assert other.hole is batch.hole
    assert not other.label.any()


def test_a_belief_goes_with_its_label() -> None:
    batch = make()
    _, h, w = batch.label.shape
    belief = torch.full((2, 19, h // 2, w // 2), 1 / 19)
    believed = batch.with_label(batch.label, belief)
    assert believed.to("cpu").belief is not None
    both = Batch.cat([believed, believed]).belief
    assert both is not None
    assert len(both) == 4
    assert believed.with_label(batch.label).belief is None
    with pytest.raises(ValueError, match="belief must be"):
        batch.with_label(batch.label, belief[..., 1:])


def test_cat_keeps_the_order() -> None:
    first, second = make(1), make(3)
    both = Batch.cat([first, second])
    assert len(both) == 4
    for name in ("image", "label", "hole"):
        assert torch.equal(getattr(both, name), torch.cat([getattr(first, name), getattr(second, name)]))


def test_to_gives_the_same_values() -> None:
    batch = make()
    assert torch.equal(batch.to("cpu").image, batch.image)


def test_sizes_must_agree_without_the_shape_checks_too() -> None:
    """What a user of the package meets, where nothing enforces the annotations."""
    program = """
import torch
from inlay.batch import Batch
try:
    Batch(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8).long(), torch.zeros(1, 1, 1, 1))
except ValueError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert "of one size, got (1, 3, 8, 8), (1, 8, 8), (1, 1, 1, 1)" in done.stdout


def record(query: Tensor, key: Tensor, seen: Tensor, asks: Tensor) -> Attention:
    b, n, _ = query.shape
    nothing = torch.zeros(b, n)
    return Attention(
        output=torch.zeros(b, 1, 1, n), mass=nothing, hole=1 - seen, seen=seen, asks=asks,
        label=torch.zeros(b, n, dtype=torch.long), query=query, key=key,
    )  # fmt: skip


def test_attention_rows_are_a_softmax_over_what_is_seen() -> None:
    query, key = torch.randn(2, 5, 4), torch.randn(2, 5, 4)
    seen = torch.tensor([[1.0, 0, 1, 1, 0], [0, 0, 0, 0, 0]])
    rows = record(query, key, seen, torch.ones(2, 5)).rows(torch.tensor([1, 4]))
    for place, token in enumerate((1, 4)):
        weights = torch.exp(query[0, token] @ key[0].T) * seen[0]
        assert torch.allclose(rows[0, place], weights / weights.sum())
    # Nothing is seen in the second picture, so nothing is attended.
    assert not rows[1].any()


def test_attention_rows_of_tokens_that_do_not_ask_are_empty() -> None:
    asks = torch.tensor([[1.0, 0, 1]])
    rows = record(torch.randn(1, 3, 2), torch.randn(1, 3, 2), torch.ones(1, 3), asks).rows(torch.arange(3))
    assert torch.allclose(rows.sum(dim=-1), asks)


@pytest.mark.parametrize("count", [0, 3])
def test_batches_of_any_length(count: int) -> None:
    assert len(make(count)) == count
