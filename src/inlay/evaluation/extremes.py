"""The best and the worst fills of an evaluation."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from inlay.evaluation.cases import Cases
from inlay.evaluation.fillers import Filled

__all__ = ["Fill", "Keeper", "best_and_worst"]


@dataclass(frozen=True)
class Fill:
    """One case and its result; `layout` is what the model was given."""

    stem: str
    photo: UInt8[np.ndarray, "h w 3"]
    layout: UInt8[np.ndarray, "h w"]
    hole: UInt8[np.ndarray, "h w"]
    result: UInt8[np.ndarray, "h w 3"]


@dataclass
class Keeper:
    """Keeps every fill that an evaluation shows it, under the predicted layouts or under the true ones."""

    predicted: bool
    fills: list[Fill] = field(default_factory=list)

    def __call__(self, cases: Cases, results: UInt8[np.ndarray, "n h w 3"], filled: Filled) -> None:
        """Keep a batch."""
        layouts = filled.layouts if self.predicted and filled.layouts is not None else cases.labels
        assert layouts is not None
        parts = (cases.stems, cases.images, layouts, cases.holes, results)
        self.fills.extend(Fill(*one) for one in zip(*parts, strict=True))


def best_and_worst(values: list[float], rows: int) -> tuple[list[int], list[int]]:
    """The places of the highest and of the lowest values, at most half of them each; no value counts twice.

    Values that are infinite or not a number are left out.
    """
    places = [int(n) for n in np.argsort(values, kind="stable") if np.isfinite(values[n])]
    rows = min(rows, (len(places) + 1) // 2)
    return places[::-1][:rows], places[: min(rows, len(places) - rows)]
