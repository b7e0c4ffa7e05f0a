"""The attention mechanisms against the paper's N x N form: values, gradients, and where that form breaks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inlay.losses.semantic_attention import semantic_absolute
from inlay.networks.attention import (
    ContextualAttention,
    MaskedSelfAttention,
    NoAttention,
    SelfAttention,
    any_hole,
    attend,
    nearest,
)
from reference.attention import attention_map, same_label_mass

KINDS = {"self": SelfAttention, "masked": MaskedSelfAttention, "contextual": ContextualAttention}
CLASSES = 4


def block(kind: str, **settings: object) -> SelfAttention:
    """A block whose attended values are seen in the output."""
    made = KINDS[kind](channels=8, classes=CLASSES, reduction=2, **settings)  # type: ignore[arg-type]
    torch.nn.init.constant_(made.gamma, 0.7)
    return made


def inputs(size: int = 16) -> tuple[Tensor, Tensor, Tensor]:
    """Features of two pictures at 4 x 4, holes of different sizes, layouts."""
    features = torch.randn(2, 8, 4, 4)
    hole = torch.zeros(2, 1, size, size)
    hole[0, :, : size // 2, : size // 4] = 1
    hole[1, :, size // 4 :, size // 2 :] = 1
    label = torch.randint(0, CLASSES, (2, size // 4, size // 4))
    return features, hole, label.repeat_interleave(4, 1).repeat_interleave(4, 2)


def visibility(kind: str, hole: Tensor) -> tuple[Tensor, Tensor]:
    """Which tokens ask and which are seen, by the paper's figures."""
    every = torch.ones_like(hole)
    return (hole if kind == "contextual" else every), (every if kind == "self" else 1 - hole)


@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_papers_form(kind: str) -> None:
    features, hole, label = inputs()
    made = block(kind, token_rule=nearest)
    found = made(features, hole, label)
    rows = found.rows(torch.arange(16))
    for b in range(2):
        query, key, value = (
            c(features[b : b + 1])[0].flatten(1).T for c in (made.query, made.key, made.value)
        )
        known = 1 - nearest(hole, (4, 4))[b].flatten()
        weights = attention_map(query, key, known, kind)
        torch.testing.assert_close(rows[b], weights)
        torch.testing.assert_close(found.mass[b], same_label_mass(weights, found.label[b]))
        expected = features[b] + 0.7 * (weights @ value).T.view(8, 4, 4)
        torch.testing.assert_close(found.output[b], expected)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_in_float64(kind: str) -> None:
    hole = (torch.arange(12).view(2, 6) % 3 == 0).double()
    hole[1, 1] = 1
    asks, seen = visibility(kind, hole)
    tensors = [torch.randn(2, 6, n, dtype=torch.float64, requires_grad=True) for n in (3, 3, 5)]

    def ours(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attend(query, key, value, asks, seen)

    def papers(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        maps = [attention_map(query[b], key[b], 1 - hole[b], kind) for b in range(2)]
        return torch.stack(maps) @ value

    assert torch.autograd.gradcheck(ours, tensors)
    weight = torch.randn(2, 6, 5, dtype=torch.float64)
    found = [torch.autograd.grad((form(*tensors) * weight).sum(), tensors) for form in (ours, papers)]
    torch.testing.assert_close(found[0], found[1], rtol=1e-10, atol=1e-12)


def test_parts_equal_the_whole_in_values_and_gradients() -> None:
    hole = (torch.rand(2, 40) < 0.5).float()
    tensors = [torch.randn(2, 40, n, requires_grad=True) for n in (4, 4, 7)]
    results = []
    for limit in (2**25, 2 * 40 * 3):
        out = attend(*tensors, hole, 1 - hole, limit=limit)
        results.append([out, *torch.autograd.grad(out.square().sum(), tensors)])
    torch.testing.assert_close(results[0], results[1])


def test_parts_bound_the_memory_of_the_backward_pass() -> None:
    kept = list[int]()

    def note(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel())
        return tensor

    every = torch.ones(1, 256)
    tensors = [torch.randn(1, 256, 4, requires_grad=True) for _ in range(3)]
    for limit, largest in ((2**25, 256 * 256), (256 * 16, 256 * 4)):
        kept.clear()
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            attend(*tensors, every, every, limit=limit)
        assert max(kept) == largest


@pytest.mark.parametrize("kind", ["masked", "contextual"])
def test_masked_logits_may_lead_by_200(kind: str) -> None:
    # The paper's form gives 0/0 here: after the softmax nothing is left of the known tokens.
    hole = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    query = torch.ones(1, 4, 1, requires_grad=True)
    key = torch.tensor([[[200.0], [210.0], [0.0], [1.0]]], requires_grad=True)
    value = torch.randn(1, 4, 2, requires_grad=True)
    assert attention_map(query[0], key[0], 1 - hole[0], kind).isnan().any()
    out = attend(query, key, value, *visibility(kind, hole))
    torch.testing.assert_close(out[0, 0], torch.softmax(torch.tensor([0.0, 1.0]), 0) @ value[0, 2:])
    for gradient in torch.autograd.grad(out.sum(), (query, key, value)):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hidden", [0.0, 1.0], ids=["no hole", "no known key"])
def test_no_hole_and_no_known_key_are_finite(kind: str, hidden: float) -> None:
    features, _, label = inputs()
    hole = torch.full((2, 1, 16, 16), hidden)
    # In the same batch a picture like any other, so that the empty one is padded.
    hole[1, :, :8] = 1 - hidden
    made = block(kind)
    features.requires_grad_()
    found = made(features, hole, label)
    found.output.square().sum().backward()
    assert found.output.isfinite().all()
    assert features.grad is not None
    assert features.grad.isfinite().all()
    for parameter in made.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    nothing = (kind, hidden) in {("masked", 1.0), ("contextual", 1.0), ("contextual", 0.0)}
    rows = found.rows(torch.arange(16))[0]
    torch.testing.assert_close(rows.sum(dim=1), torch.full((16,), 0.0 if nothing else 1.0))
    if nothing:
        assert (found.mass[0] == 0).all()
        torch.testing.assert_close(found.output[0], features[0])


def test_token_rules() -> None:
    hole = torch.zeros(1, 1, 8, 8)
    hole[..., 3, 3] = 1
    hole[..., 4, 4] = 1
    assert any_hole(hole, (4, 4))[0, 0].nonzero().tolist() == [[1, 1], [2, 2]]
    assert nearest(hole, (4, 4))[0, 0].nonzero().tolist() == [[2, 2]]


def test_no_attention_has_nothing_to_tell() -> None:
    assert NoAttention()(*inputs()) is None


def test_under_autocast() -> None:
    features, hole, label = inputs()
    made = block("contextual")
    exact = made(features, hole, label)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = made(features, hole, label)
    assert found.mass.dtype == torch.float32
    torch.testing.assert_close(found.output.float(), exact.output, rtol=0.05, atol=0.05)


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Tensor]:
    with np.load(shared / "reference" / "golden.npz") as stored:
        return {
            k.removeprefix("attention."): torch.from_numpy(stored[k])
            for k in stored.files
            if "attention." in k
        }


@pytest.mark.parametrize("kind", KINDS)
def test_reference_outputs(shared: Path, golden: dict[str, Tensor], kind: str) -> None:
    namespace: dict[str, Any] = {"__name__": "synthetic_state"}
    exec((shared / "reference" / "synthetic_state.py").read_text(encoding="utf-8"), namespace)
    layout = json.loads((shared / "reference" / "checkpoint_layout.json").read_text(encoding="utf-8"))
    state = namespace["synthetic_state"](layout["attention"], 0)
    made = KINDS[kind](channels=64, classes=19, token_rule=nearest)
    made.load_state_dict({key.replace("_conv", ""): torch.from_numpy(value) for key, value in state.items()})
    torch.nn.init.constant_(made.gamma, 0.7)
    found = made(golden["features"], 1 - golden["known"], golden["label"])
    assert (found.output - golden[f"{kind}.output"]).abs().max() < 1e-4
    assert (found.rows(torch.arange(0, 256, 37)) - golden[f"{kind}.weights_rows"]).abs().max() < 1e-4
    assert (found.mass - golden[f"{kind}.same_label_mass"]).abs().max() < 1e-4
    if kind != "self":
        loss = semantic_absolute(found, 19, mu=5e-4)
        assert abs(loss - golden[f"{kind}.semantic_attention_loss"]) < 1e-4
