"""What a layout is made of."""

import numpy as np
from jaxtyping import UInt8

from inlay.labels import LabelSet

__all__ = ["class_shares"]


def class_shares(label: UInt8[np.ndarray, "h w"], labels: LabelSet) -> dict[int, float]:
    """The part of the pixels that each class takes, for the classes that are there.

    >>> from inlay.labels import CELEBAMASK_HQ
    >>> class_shares(np.array([[0, 0], [1, 0]], dtype=np.uint8), CELEBAMASK_HQ)
    {0: 0.75, 1: 0.25}
    """
    counts = np.bincount(label.ravel(), minlength=len(labels))
    return {int(i): float(counts[i] / label.size) for i in np.flatnonzero(counts)}
