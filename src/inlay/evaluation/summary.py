"""From figures a picture to the figures that are quoted."""

from typing import Any

import numpy as np

from inlay.evaluation.bins import by_hole_ratio
from inlay.evaluation.evaluate import Evaluation
from inlay.evaluation.intervals import bootstrap_interval, mean_of
from inlay.evaluation.metrics.layout import agreement
from inlay.labels import LabelSet

__all__ = ["protocol_name", "summarize"]


def protocol_name(size: tuple[int, int]) -> str:
    """'A' is 128 x 128; another size says so."""
    return "A" if size == (128, 128) else f"A at {size[0]} x {size[1]}"


def summarize(
    evaluation: Evaluation,
    labels: LabelSet,
    *,
    layout: str,
    size: tuple[int, int],
    bin_edges: tuple[float, ...] | None = None,
) -> dict[str, Any]:
    """The report: means at the top level beside count, layout, protocol; 95 % intervals; bins if wanted."""
    figures = {name: np.array(values) for name, values in evaluation.figures.items()}
    report: dict[str, Any] = {name: mean_of(values) for name, values in figures.items()}
    report |= {
        "count": len(evaluation.stems),
        "identical": int(np.isposinf(figures["psnr"]).sum()),
        "hole_ratio": float(np.mean(evaluation.hole_ratio)),
        "layout": layout,
        "protocol": protocol_name(size),
        "seconds_per_image": evaluation.seconds_per_image,
    }
    report["intervals"] = {name: bootstrap_interval(values) for name, values in figures.items()}
    if bin_edges is not None:
        report["bins"] = by_hole_ratio(np.array(evaluation.hole_ratio), figures, bin_edges)
    if evaluation.layout_hole is not None and evaluation.layout_known is not None:
        report["predicted_layout"] = {
            "hole": agreement(evaluation.layout_hole, labels.names),
            "known": agreement(evaluation.layout_known, labels.names),
        }
    return report
