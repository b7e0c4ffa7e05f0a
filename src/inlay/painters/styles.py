"""Styles of other portraits: whose, of which classes, and how much of them. Without PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from inlay.errors import UserError

__all__ = ["Style", "StyleChange", "StyleChanges", "changed_classes", "parse_amounts"]

Style = Mapping[int, Float[np.ndarray, "classes d"]]
"""A portrait's style matrix, by the size of the painter that tells it so: each has codes of its own."""


@dataclass(frozen=True)
class StyleChange:
    """A class's style code moved towards another portrait's: `amount` 0 leaves it, 1 replaces it."""

    style: Style
    amount: float = 1.0


StyleChanges = Mapping[int, StyleChange]
"""The changes by the ids of their classes."""


def changed_classes(changes: StyleChanges) -> frozenset[int]:
    """The classes whose codes change at all."""
    return frozenset(label for label, change in changes.items() if change.amount)


def parse_amounts(text: str) -> dict[str, float]:
    """Read classes by name, each with how much of the other portrait's style it takes.

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
