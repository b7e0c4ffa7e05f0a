"""How well a predicted layout agrees with the true one: pixel accuracy and mean intersection over union."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt8

__all__ = ["agreement", "confusion"]


def confusion(
    truth: UInt8[np.ndarray, "*shape"],
    predicted: UInt8[np.ndarray, "*shape"],
    where: Bool[np.ndarray, "*shape"],
    classes: int,
) -> Int[np.ndarray, "classes classes"]:
    """Counts of pixels by true class (row) and predicted class (column) over `where`."""
    pairs = truth[where].astype(np.int64) * classes + predicted[where]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def agreement(counts: Int[np.ndarray, "classes classes"], names: tuple[str, ...]) -> dict[str, Any]:
    """Accuracy, mIoU and the IoU of each class, from counts summed over all pictures.

    mIoU is the mean over classes that occur in the truth or in the prediction; the others have no entry.
    """
    right = np.diag(counts)
    union = counts.sum(axis=0) + counts.sum(axis=1) - right
    iou = {names[k]: float(right[k] / union[k]) for k in np.flatnonzero(union)}
    total = int(counts.sum())
    return {
        "pixels": total,
        "accuracy": float(right.sum() / total) if total else None,
        "miou": float(np.mean(list(iou.values()))) if iou else None,
        "iou": iou,
    }
