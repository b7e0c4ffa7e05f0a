"""Upright boxes: left, top, width, height."""

from collections.abc import Sequence

__all__ = ["overlap"]


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the intersection over the union of two boxes (left, top, width, height), 0 to 1.

    >>> overlap((0.0, 0.0, 2.0, 1.0), (1.0, 0.0, 2.0, 1.0))
    0.3333333333333333
    """
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    union = one[2] * one[3] + other[2] * other[3] - both
    return both / union if both else 0.0
