"""The evaluation itself: fill, put the known pixels back (eq. 9), measure picture by picture."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from inlay.evaluation.cases import Cases
from inlay.evaluation.fillers import Filled, Filler
from inlay.evaluation.metrics.boundary import boundary_error, seam
from inlay.evaluation.metrics.color import class_color_error, class_color_shift, color_error
from inlay.evaluation.metrics.layout import confusion
from inlay.evaluation.metrics.pixels import hole_mae, hole_psnr, psnr
from inlay.evaluation.metrics.structure import ssim

__all__ = ["Evaluation", "Keep", "Metric", "evaluate", "standard_metrics"]

Metric = Callable[
    [
        UInt8[np.ndarray, "h w 3"],
        UInt8[np.ndarray, "h w 3"],
        UInt8[np.ndarray, "h w"],
        UInt8[np.ndarray, "h w"] | None,
    ],
    float,
]
"""(truth, result, hole, true layout if there is one) -> one figure; not a number where it does not apply."""


Keep = Callable[[Cases, UInt8[np.ndarray, "n h w 3"], Filled], None]
"""Is shown a batch of cases, its composites, and what the filler answered."""


@dataclass(frozen=True)
class Evaluation:
    """Figures a picture, in the stems' order, and the predicted layouts' pixel counts over all pictures."""

    stems: list[str]
    hole_ratio: list[float]
    figures: dict[str, list[float]]
    seconds_per_image: float
    layout_hole: Int[np.ndarray, "classes classes"] | None
    layout_known: Int[np.ndarray, "classes classes"] | None


def standard_metrics() -> dict[str, Metric]:
    """The metrics that need no weights: protocol A's (design, section 4), then boundary and colour."""
    return {
        "psnr": lambda truth, result, hole, label: psnr(truth, result),
        "ssim": lambda truth, result, hole, label: ssim(truth, result),
        "hole_psnr": lambda truth, result, hole, label: hole_psnr(truth, result, hole),
        "hole_mae": lambda truth, result, hole, label: hole_mae(truth, result, hole),
        "boundary_error": lambda truth, result, hole, label: boundary_error(truth, result, hole),
        "seam": lambda truth, result, hole, label: seam(truth, result, hole),
        "color_error": lambda truth, result, hole, label: color_error(truth, result, hole),
        "class_color_error": class_color_error,
        "class_color_shift": lambda truth, result, hole, label: class_color_shift(result, hole, label),
        "class_color_shift_photo": lambda truth, result, hole, label: class_color_shift(truth, hole, label),
    }


def evaluate(
    cases: Cases,
    filler: Filler,
    metrics: dict[str, Metric],
    *,
    classes: int,
    batch_size: int = 8,
    progress: Callable[[int], None] = lambda done: None,
    keep: Keep = lambda cases, results, filled: None,
) -> Evaluation:
    """Fill and measure all cases; `keep` is shown each batch with its composites.

    Beside the metrics stands `known_l1`: how far the filler's own picture strays from the known pixels before
    they are put back, in grey levels of 255; 0 for a program that leaves them alone.
    """
    figures: dict[str, list[float]] = {name: [] for name in (*metrics, "known_l1")}
    counts: dict[bool, np.ndarray] = {}
    seconds = 0.0
    for start in range(0, len(cases), batch_size):
        part = cases.part(start, start + batch_size)
        started = time.perf_counter()
        filled = filler(part.holed())
        seconds += time.perf_counter() - started
        results = np.where(part.holes[..., None] > 0, filled.images, part.images)
        labels = [None] * len(part) if part.labels is None else part.labels
        for truth, result, hole, label in zip(part.images, results, part.holes, labels, strict=True):
            for name, metric in metrics.items():
                figures[name].append(metric(truth, result, hole, label))
        for truth, raw, hole in zip(part.images, filled.images, part.holes, strict=True):
            figures["known_l1"].append(255 * hole_mae(truth, raw, 1 - hole))
        if filled.layouts is not None and part.labels is not None:
            for inside in (True, False):
                counted = confusion(part.labels, filled.layouts, (part.holes > 0) == inside, classes)
                counts[inside] = counts.get(inside, 0) + counted
        keep(part, results, filled)
        progress(min(start + batch_size, len(cases)))
    ratios = cases.holes.mean(axis=(1, 2)).tolist()
    return Evaluation(cases.stems, ratios, figures, seconds / len(cases), counts.get(True), counts.get(False))
