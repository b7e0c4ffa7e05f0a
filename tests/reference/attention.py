"""The paper's attention as described: the whole N x N map, multiplied and rescaled after the softmax."""

import torch
from torch import Tensor

__all__ = ["attention_map", "same_label_mass", "semantic_terms"]


def attention_map(query: Tensor, key: Tensor, known: Tensor, kind: str) -> Tensor:
    """Fig. 2 and 3 for one picture: (n,d), (n,d) and (n,), 1 where a token is known, to (n,n)."""
    weights = torch.softmax(query @ key.T, dim=1)
    if kind == "self":
        return weights
    # (b) the scores of masked pixels are set to 0, (c) the others are rescaled.
    weights = weights * known[None]
    weights = weights / weights.sum(dim=1, keepdim=True)
    if kind == "contextual":
        weights = weights * (1 - known)[:, None]
    return weights


def same_label_mass(weights: Tensor, label: Tensor) -> Tensor:
    """The first term of eq. 4 for each token of one picture, pixel by pixel."""
    masses = []
    for i in range(len(label)):
        own = [weights[i, j] for j in range(len(label)) if label[j] == label[i]]
        masses.append(torch.stack(own).sum())
    return torch.stack(masses)


def semantic_terms(
    weights: Tensor, label: Tensor, known: Tensor, seen: Tensor, mu: float, form: str
) -> Tensor:
    """The Semantic Attention Loss of one picture in one of its forms, pixel by pixel (eq. 4 and 5)."""
    mass = same_label_mass(weights, label)
    hole = [i for i in range(len(label)) if known[i] == 0]
    count = [int((label == label[i]).sum()) for i in range(len(label))]
    if form == "literal":
        return torch.stack([mass[i] - mu * count[i] for i in hole]).mean()
    if form == "absolute":
        targets = [mu * count[i] if i in hole else 0.0 for i in range(len(label))]
        return torch.stack([(mass[i] - targets[i]).abs() for i in range(len(label))]).sum() / len(hole)
    reachable = [i for i in hole if any(seen[j] == 1 and label[j] == label[i] for j in range(len(label)))]
    return torch.stack([-torch.log(mass[i]) for i in reachable]).mean()
