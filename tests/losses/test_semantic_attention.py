"""The Semantic Attention Loss against the explicit map: values, gradients, groups, empty cases."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inlay.batch import Attention
from inlay.labels import CELEBAMASK_HQ, LabelSet
from inlay.losses.semantic_attention import SEMANTIC_FORMS, same_label_count, semantic_groups
from inlay.networks.attention import attend
from reference.attention import attention_map, semantic_terms

KINDS = ("self", "masked", "contextual")
CLASSES, MU = 4, 0.05

LABEL = torch.tensor([[0, 1, 1, 2, 0, 1, 2, 3], [1, 1, 0, 0, 2, 2, 2, 1]])
HOLE = torch.tensor([[1, 1, 0, 0, 0, 0, 1, 1], [0, 1, 0, 0, 1, 0, 0, 0]])


def record(query: Tensor, key: Tensor, kind: str, label: Tensor = LABEL, hole: Tensor = HOLE) -> Attention:
    """What an attention block of a kind tells, as the block computes it."""
    hole = hole.to(query.dtype)
    every = torch.ones_like(hole)
    asks, seen = (hole if kind == "contextual" else every), (every if kind == "self" else 1 - hole)
    by_class = attend(query, key, F.one_hot(label, CLASSES).to(query.dtype), asks, seen)
    mass = by_class.gather(2, label[..., None])[..., 0]
    return Attention(query[..., None, :], mass, hole, seen, asks, label, query, key)


def tokens() -> list[Tensor]:
    return [torch.randn(2, 8, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]


def papers(query: Tensor, key: Tensor, kind: str, form: str, label: Tensor = LABEL) -> Tensor:
    """The mean over pictures of the explicit form."""
    known = 1 - HOLE.to(query.dtype)
    seen = torch.ones_like(known) if kind == "self" else known
    maps = [attention_map(query[b], key[b], known[b], kind) for b in range(2)]
    terms = [semantic_terms(maps[b], label[b], known[b], seen[b], MU, form) for b in range(2)]
    return torch.stack(terms).mean()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", SEMANTIC_FORMS)
def test_values_and_gradients_equal_the_explicit_map(kind: str, form: str) -> None:
    query, key = tokens()
    ours = SEMANTIC_FORMS[form](record(query, key, kind), CLASSES, mu=MU)
    explicit = papers(query, key, kind, form)
    torch.testing.assert_close(ours, explicit, rtol=1e-12, atol=1e-13)
    found = torch.autograd.grad(ours, [query, key])
    expected = torch.autograd.grad(explicit, [query, key])
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("form", SEMANTIC_FORMS)
def test_gradients_in_float64(form: str) -> None:
    def loss(query: Tensor, key: Tensor) -> Tensor:
        return SEMANTIC_FORMS[form](record(query, key, "contextual"), CLASSES, mu=MU)

    assert torch.autograd.gradcheck(loss, tokens())


@pytest.mark.parametrize("form", SEMANTIC_FORMS)
def test_groups_count_as_one_class(form: str) -> None:
    query, key = tokens()
    groups = (0, 1, 1, 3)
    ours = SEMANTIC_FORMS[form](record(query, key, "contextual"), CLASSES, mu=MU, groups=groups)
    merged = papers(query, key, "contextual", form, torch.tensor(groups)[LABEL])
    torch.testing.assert_close(ours, merged)
    gradient = torch.autograd.grad(ours, [query])[0]
    torch.testing.assert_close(gradient, torch.autograd.grad(merged, [query])[0])


def test_what_is_a_group() -> None:
    groups = semantic_groups(CELEBAMASK_HQ)
    together = {
        frozenset(n for n, g in zip(CELEBAMASK_HQ.names, groups, strict=True) if g == group)
        for group in groups
        if groups.count(group) > 1
    }
    eyes, brows, ears = {"l_eye", "r_eye"}, {"l_brow", "r_brow"}, {"l_ear", "r_ear"}
    assert together == {frozenset(pair) for pair in (eyes, brows, ears, {"u_lip", "l_lip"})}
    plain = LabelSet.from_dict({"name": "ab", "classes": [{"name": n, "color": "#112233"} for n in "ab"]})
    assert semantic_groups(plain) == (0, 1)


@pytest.mark.parametrize("form", SEMANTIC_FORMS)
@pytest.mark.parametrize("hidden", [0, 1], ids=["no hole", "no known key"])
def test_empty_pictures_are_finite(form: str, hidden: int) -> None:
    query, key = tokens()
    attention = record(query, key, "contextual", hole=torch.full_like(HOLE, hidden))
    loss = SEMANTIC_FORMS[form](attention, CLASSES, mu=MU)
    assert loss.isfinite()
    for gradient in torch.autograd.grad(loss, [query, key], allow_unused=True):
        assert gradient is None or gradient.isfinite().all()
    if hidden == 0:
        assert loss == 0


@pytest.mark.parametrize("form", SEMANTIC_FORMS)
def test_masked_logits_may_lead_by_200(form: str) -> None:
    query = torch.ones(2, 8, 1, requires_grad=True)
    key = (HOLE * 200.0)[..., None].clone().requires_grad_()
    loss = SEMANTIC_FORMS[form](record(query, key, "contextual"), CLASSES, mu=MU)
    assert loss.isfinite()
    for gradient in torch.autograd.grad(loss, [query, key]):
        assert gradient.isfinite().all()


def test_literal_pushes_away_from_the_own_class_and_likelihood_towards_it() -> None:
    changes: dict[str, Any] = {}
    for form in ("literal", "likelihood"):
        query, key = tokens()
        before = record(query, key, "contextual")
        (gradient,) = torch.autograd.grad(SEMANTIC_FORMS[form](before, CLASSES, mu=MU), [query])
        after = record(query - 0.01 * gradient, key, "contextual")
        changes[form] = float((after.mass - before.mass).detach().sum())
    assert changes["literal"] < 0 < changes["likelihood"]


def test_same_label_count() -> None:
    counted = torch.tensor([[1.0, 1.0, 0.0, 1.0]])
    found = same_label_count(torch.tensor([[2, 0, 2, 2]]), counted, 3)
    assert found.tolist() == [[2.0, 1.0, 2.0, 2.0]]
