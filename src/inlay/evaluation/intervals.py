"""Means over pictures, and how sure they are."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["Difference", "bootstrap_interval", "mean_of", "paired_difference"]


@dataclass(frozen=True)
class Difference:
    """The mean of paired differences, and the ends of its interval."""

    mean: float
    low: float
    high: float

    @property
    def is_positive(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0

    @property
    def is_negative(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.high < 0


def mean_of(values: Float[np.ndarray, " n"]) -> float | None:
    """The mean over pictures, without those where a figure does not apply (not a number) or is infinite."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None


def bootstrap_interval(
    values: Float[np.ndarray, " n"], *, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float] | None:
    """The percentile interval of the mean over resampled pictures (Efron 1979); `None` for fewer than two.

    Values that are infinite or not a number are left out, as they are of the mean.
    """
    finite = values[np.isfinite(values)]
    if finite.size < 2:
        return None
    rng = np.random.default_rng(seed)
    means = finite[rng.integers(finite.size, size=(draws, finite.size))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_difference(
    values: Float[np.ndarray, " n"],
    reference: Float[np.ndarray, " n"],
    *,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Difference | None:
    """Compare two figures of the same pictures: the mean of `values - reference` and its bootstrap interval.

    Pictures where either is infinite or not a number are left out; `None` for fewer than two pictures.
    """
    both = np.isfinite(values) & np.isfinite(reference)
    differences = values[both] - reference[both]
    interval = bootstrap_interval(differences, draws=draws, level=level, seed=seed)
    return None if interval is None else Difference(float(differences.mean()), *interval)
