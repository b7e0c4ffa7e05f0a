"""The Semantic Attention Loss (paper, eq. 4 and 5): a hole token should look at tokens of its own class."""

import torch
from jaxtyping import Float
from torch import Tensor

from inlay.batch import Attention

__all__ = ["semantic_likelihood"]


def semantic_likelihood(attention: Attention, classes: int) -> Float[Tensor, ""]:
    """-log of the own class's mass, the mean over hole tokens whose class has a seen token.

    Beyond the paper: unlike mass - mu C it can be reached at any resolution.
    """
    onehot = torch.nn.functional.one_hot(attention.label, classes).to(attention.seen.dtype)
    available = (onehot * attention.seen[..., None]).sum(dim=1)
    counted = attention.hole * attention.asks * (available.gather(1, attention.label) > 0)
    likelihood = -torch.log(attention.mass.clamp(min=1e-6))
    return (likelihood * counted).sum() / counted.sum().clamp(min=1)
