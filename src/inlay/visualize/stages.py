"""The steps from self-attention to contextual attention (paper, fig. 2 and 3), from a real record."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from inlay.batch import Attention

__all__ = ["Stage", "stages", "token_order"]


@dataclass(frozen=True)
class Stage:
    """An attention map: rows are tokens that ask, columns those looked at; and what was set to 0 in it."""

    title: str
    weights: Float[ndarray, "n n"]
    no_rows: Bool[ndarray, " n"]
    no_columns: Bool[ndarray, " n"]


def stages(record: Attention) -> tuple[Stage, Stage, Stage, Stage]:
    """The four maps of the first picture, by the paper's own steps.

    The last one is what a contextual block computes (masked before its softmax, which is equal); the maps
    before it are what the same weights would give without the step.
    """
    logits = record.query[0].float() @ record.key[0].float().T
    hole = record.hole[0] > 0
    full = torch.softmax(logits, dim=-1)
    cut = full * ~hole
    rescaled = cut / cut.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(cut.dtype).tiny)
    contextual = rescaled * hole[:, None]
    gone, none = hole.cpu().numpy(), torch.zeros_like(hole).cpu().numpy()
    maps = (
        ("(a) self-attention", full, none, none),
        ("(b) hole columns set to 0", cut, none, gone),
        ("(c) masked: rows sum to 1 again", rescaled, none, gone),
        ("(d) contextual: hole rows only", contextual, ~gone, gone),
    )
    first, second, third, last = (Stage(t, w.cpu().numpy(), r, c) for t, w, r, c in maps)
    return first, second, third, last


def token_order(label: Int[ndarray, " n"], hole: Bool[ndarray, " n"]) -> Int[ndarray, " n"]:
    """Tokens by region: the known ones first, class by class, then those of the hole."""
    order = sorted(range(len(label)), key=lambda n: (bool(hole[n]), int(label[n]), n))
    return torch.tensor(order).numpy()
