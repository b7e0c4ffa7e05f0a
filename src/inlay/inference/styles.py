"""Styles of other photos: whose, of which classes, and how much of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from inlay.errors import UserError

__all__ = ["Style", "StyleChange", "StyleChanges", "moved", "parse_amounts", "restyled"]

Style = Mapping[int, Float[Tensor, "classes d"]]
"""A photo's style matrix, by the size of the model that tells it so: each has a language of its own."""


@dataclass(frozen=True)
class StyleChange:
    """A class's style code moved towards another photo's: `amount` 0 leaves it, 1 replaces it."""

    style: Style
    amount: float = 1.0


StyleChanges = Mapping[int, StyleChange]
"""The changes by the ids of their classes."""


def moved(
    style: Float[Tensor, "1 classes d"], changes: StyleChanges, size: int
) -> Float[Tensor, "1 classes d"]:
    """The style matrix of a model of a size, with some classes' codes moved towards other photos'."""
    result = style.clone()
    for label, change in changes.items():
        result[0, label] = torch.lerp(style[0, label], change.style[size][label].to(style), change.amount)
    return result


def restyled(changes: StyleChanges) -> set[int]:
    """The classes whose codes change at all."""
    return {label for label, change in changes.items() if change.amount}


def parse_amounts(text: str) -> dict[str, float]:
    """Classes by name, each with how much of the other photo's style it takes.

    >>> parse_amounts("hair=0.5, u_lip")
    {'hair': 0.5, 'u_lip': 1.0}
    """
    amounts = dict[str, float]()
    for part in text.split(","):
        name, given, amount = (piece.strip() for piece in part.partition("="))
        try:
            value = float(amount) if given else 1.0
        except ValueError:
            value = -1.0
        if not name or not 0 <= value <= 1:
            raise UserError(
                f"--classes {text}: '{part.strip()}' is neither a class nor NAME=AMOUNT with an amount of "
                "0 to 1 (for example hair=0.5,u_lip)"
            )
        amounts[name] = value
    return amounts
