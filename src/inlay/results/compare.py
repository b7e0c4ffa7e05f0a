"""Two fills of the same pictures, compared picture by picture, and the words for what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from inlay.evaluation.intervals import bootstrap_interval
from inlay.evaluation.kept import Report

__all__ = ["Difference", "difference", "in_order", "told_apart"]


@dataclass(frozen=True)
class Difference:
    """The mean of one fill's figure less another's, its 95 % interval over pictures, and by seeds."""

    mean: float
    low: float
    high: float
    by_seed: tuple[float, ...]

    @property
    def sign(self) -> int:
        """1 or -1 where the pictures and all seeds agree that one is higher, 0 where they do not tell."""
        for sign in (1, -1):
            if sign * self.low > 0 < sign * self.high and all(sign * each > 0 for each in self.by_seed):
                return sign
        return 0

    def shown(self, unit: str = " dB", decimals: int = 2) -> str:
        """As '+0.31 dB (95 % 0.12 to 0.50; by seed +0.20, +0.42)'."""
        text = (
            f"{self.mean:+.{decimals}f}{unit} (95 % over pictures {self.low:+.{decimals}f} to "
            f"{self.high:+.{decimals}f}"
        )
        if len(self.by_seed) > 1:
            text += "; by seed " + ", ".join(f"{each:+.{decimals}f}" for each in self.by_seed)
        return text + ")"


def difference(first: Sequence[Report], second: Sequence[Report], figure: str) -> Difference | None:
    """The first's figure less the second's, over pictures that both have, runs paired by their seeds.

    None where there are fewer than two such pictures.
    """
    other = {report.get("seed"): report for report in second}
    pairs = [(report, other[seed]) for report in first if (seed := report.get("seed")) in other]
    each = np.array([_each(a, figure) - _each(b, figure) for a, b in pairs])
    if not len(each):
        return None
    over_pictures = each.mean(axis=0)
    interval = bootstrap_interval(over_pictures)
    if interval is None:
        return None
    return Difference(
        float(np.nanmean(over_pictures)), *interval, tuple(float(np.nanmean(one)) for one in each)
    )


def _each(report: Report, figure: str) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in report["each"][figure]], dtype=float)


def told_apart(ours: Difference, paper: float, unit: str = " dB") -> str:
    """Whether our difference says what the paper's says."""
    within = ours.low <= paper <= ours.high
    where = f"the paper's lies {'within' if within else 'outside'} our interval"
    if ours.sign == 0:
        return f"{ours.shown(unit)}: not told apart here; {where}"
    verdict = "the same direction" if ours.sign * paper > 0 else "the other direction"
    return f"{ours.shown(unit)}: {verdict}; {where}"


def in_order(names: Sequence[str], values: Sequence[float]) -> str:
    """The names from the lowest value to the highest, as 'a < b = c'."""
    order = np.argsort(values, kind="stable")
    text = names[order[0]]
    for before, after in pairwise(order):
        text += f" {'=' if values[before] == values[after] else '<'} {names[after]}"
    return text
