"""What the tests of the commands share."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["Done", "Run", "drawn_hole"]


class Done(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


def drawn_hole() -> np.ndarray:
    """The hole of `hole.png`: an eighth of the photo."""
    hole = np.zeros((48, 40), dtype=bool)
    hole[10:22, 4:24] = True
    return hole
