"""Means over pictures, and how sure they are."""

import numpy as np
from jaxtyping import Float

__all__ = ["bootstrap_interval", "mean_of"]


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
