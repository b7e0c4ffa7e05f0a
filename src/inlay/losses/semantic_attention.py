"""The Semantic Attention Loss (paper, eq. 4 and 5): a hole token should look at tokens of its own class.

Three forms: the paper's text, the released program's, and a likelihood. Each takes the attention record and
the number of classes; `groups` gives each class a group (`semantic_groups`) whose classes then count as one.
"""

from typing import Protocol

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Attention
from inlay.labels import LabelSet
from inlay.networks.attention import attend

__all__ = [
    "SEMANTIC_FORMS",
    "SemanticForm",
    "same_label_count",
    "semantic_absolute",
    "semantic_groups",
    "semantic_likelihood",
    "semantic_literal",
]


def semantic_literal(
    attention: Attention, classes: int, *, mu: float, groups: tuple[int, ...] | None = None
) -> Float[Tensor, ""]:
    """mass - mu C, the mean over hole tokens: eq. 4 and 5 as they are written.

    C is how many tokens bear the token's label. Minimised, it lowers the mass of the own class.
    """
    mass, label = _grouped(attention, classes, groups)
    hole = attention.hole * attention.asks
    difference = mass - mu * same_label_count(label, torch.ones_like(attention.hole), classes)
    return _mean_a_picture(difference * hole, hole)


def semantic_absolute(
    attention: Attention, classes: int, *, mu: float, groups: tuple[int, ...] | None = None
) -> Float[Tensor, ""]:
    """|mass - mu C|, as the released program: C is 0 outside the hole, and the sum is over all tokens.

    The sum is divided by the number of hole tokens of the picture. So where known tokens ask too (masked
    self-attention) their mass is pushed towards 0.
    """
    mass, label = _grouped(attention, classes, groups)
    target = mu * attention.hole * same_label_count(label, torch.ones_like(attention.hole), classes)
    return _mean_a_picture((mass - target).abs(), attention.hole)


def semantic_likelihood(
    attention: Attention, classes: int, *, mu: float = 0.0, groups: tuple[int, ...] | None = None
) -> Float[Tensor, ""]:
    """-log mass, the mean over a picture's hole tokens whose class has a seen token; `mu` changes nothing.

    Beyond the paper: unlike mu C it can be reached at any resolution.
    """
    del mu
    mass, label = _grouped(attention, classes, groups)
    available = same_label_count(label, attention.seen, classes) > 0
    counted = attention.hole * attention.asks * available
    likelihood = -torch.log(mass.clamp(min=1e-6))
    return _mean_a_picture(likelihood * counted, counted)


class SemanticForm(Protocol):
    """The common signature of the three forms."""

    def __call__(
        self, attention: Attention, classes: int, *, mu: float, groups: tuple[int, ...] | None = None
    ) -> Float[Tensor, ""]:
        """One number for a batch."""
        ...


SEMANTIC_FORMS: dict[str, SemanticForm] = {
    "literal": semantic_literal,
    "absolute": semantic_absolute,
    "likelihood": semantic_likelihood,
}


def semantic_groups(labels: LabelSet) -> tuple[int, ...]:
    """A group a class: mirror twins are one (eyes, brows, ears), and so are the two lips."""
    groups = [min(own, twin) for own, twin in enumerate(labels.twins)]
    lips = labels.with_role("lip")
    for lip in lips:
        groups[lip] = lips[0]
    return tuple(groups)


def same_label_count(
    label: Int[Tensor, "b n"], counted: Float[Tensor, "b n"], classes: int
) -> Float[Tensor, "b n"]:
    """How many of the counted tokens bear each token's label: the C of eq. 4."""
    count = torch.zeros(len(label), classes, device=label.device, dtype=counted.dtype)
    return count.scatter_add(1, label, counted).gather(1, label)


def _grouped(
    attention: Attention, classes: int, groups: tuple[int, ...] | None
) -> tuple[Float[Tensor, "b n"], Int[Tensor, "b n"]]:
    """The mass of each token's own class or group, and the tokens' classes or groups."""
    if groups is None:
        return attention.mass, attention.label
    label = torch.tensor(groups, device=attention.label.device)[attention.label]
    # The record holds the mass of single classes only, so the attention is asked again, for groups.
    onehot = F.one_hot(label, classes).to(attention.mass.dtype)
    query, key = attention.query.to(onehot.dtype), attention.key.to(onehot.dtype)
    by_group = attend(query, key, onehot, attention.asks, attention.seen)
    return by_group.gather(2, label[..., None])[..., 0], label


def _mean_a_picture(terms: Float[Tensor, "b n"], hole: Float[Tensor, "b n"]) -> Float[Tensor, ""]:
    """The sum over a picture's tokens by its number of hole tokens, then the mean over pictures."""
    return (terms.sum(dim=1) / hole.sum(dim=1).clamp(min=1)).mean()
