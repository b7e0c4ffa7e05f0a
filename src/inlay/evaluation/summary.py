"""From figures a picture to the figures that are quoted."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inlay.evaluation.bins import by_hole_ratio
from inlay.evaluation.evaluate import Evaluation
from inlay.evaluation.groups import Members, by_group, statistics
from inlay.evaluation.metrics.layout import agreement
from inlay.labels import LabelSet

__all__ = ["each_of", "protocol_name", "summarize"]

DIGITS = 6
"""Significant digits of figures a picture."""


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
    kinds: Sequence[str] | None = None,
    members: Members | None = None,
) -> dict[str, Any]:
    """Return the report: means at the top level beside count, layout, protocol; 95 % intervals, medians.

    `each` holds stems and figures a picture. With `bin_edges` there are `bins`. With `kinds` (of holes) or
    `members` (each picture's groups) there are `groups`; the latter count from `groups.LEAST` pictures on.
    """
    figures = {name: np.array(values) for name, values in evaluation.figures.items()}
    means = statistics(figures)
    spread = {name: means.pop(name) for name in ("intervals", "medians")}
    report: dict[str, Any] = means | {
        "count": len(evaluation.stems),
        "identical": int(np.isposinf(figures["psnr"]).sum()),
        "hole_ratio": float(np.mean(evaluation.hole_ratio)),
        "layout": layout,
        "protocol": protocol_name(size),
        "seconds_per_image": evaluation.seconds_per_image,
    }
    report |= spread
    if bin_edges is not None:
        report["bins"] = by_hole_ratio(np.array(evaluation.hole_ratio), figures, bin_edges)
    if kinds or members:
        own: Members = {"kind": kinds} if kinds else {}
        report["groups"] = by_group(own, figures, least=1) | by_group(members or {}, figures)
        report["members"] = {column: list(groups) for column, groups in {**own, **(members or {})}.items()}
    if evaluation.layout_hole is not None and evaluation.layout_known is not None:
        report["predicted_layout"] = {
            "hole": agreement(evaluation.layout_hole, labels.names),
            "known": agreement(evaluation.layout_known, labels.names),
        }
    return report | {"each": each_of(evaluation)}


def each_of(evaluation: Evaluation) -> dict[str, list[Any]]:
    """Return stems and figures a picture, rounded to six digits; None where infinite or not applicable."""
    figures = {"hole_ratio": evaluation.hole_ratio, **evaluation.figures}
    return {"stem": list(evaluation.stems)} | {
        name: [float(f"{v:.{DIGITS}g}") if np.isfinite(v) else None for v in values]
        for name, values in figures.items()
    }
