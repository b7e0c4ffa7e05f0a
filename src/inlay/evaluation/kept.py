"""Measurements that are kept: what was measured before, alike, is read and not measured again."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inlay.evaluation.cases import Cases
from inlay.evaluation.evaluate import Evaluation, Metric, evaluate
from inlay.evaluation.fillers import Filler
from inlay.evaluation.provenance import provenance
from inlay.evaluation.reports import write_json
from inlay.evaluation.summary import summarize
from inlay.labels import LabelSet

__all__ = ["EACH", "Report", "digest_of", "kept_report", "measure"]

Report = dict[str, Any]
"""What `summarize` tells, where it comes from, and under `each` the figures a picture."""

EACH = ("psnr", "ssim", "hole_psnr", "lpips")
"""Kept a picture, so that fills can be compared picture by picture."""


def digest_of(cases: Cases) -> str:
    """SHA-256 of all that a measurement depends on but the fill: stems, pictures, layouts, holes."""
    digest = hashlib.sha256("\n".join(cases.stems).encode())
    for array in (cases.images, cases.labels, np.packbits(cases.holes, axis=-1)):
        digest.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def kept_report(place: Path, measured: dict[str, Any], make: Callable[[], Report]) -> Report:
    """The report at `place` if it is of the same, as `measured` says; else it is made and kept there."""
    if place.is_file():
        kept: Report = json.loads(place.read_text(encoding="utf-8"))
        if kept.get("measured") == json.loads(json.dumps(measured)):
            return kept
    report = make() | {"measured": measured}
    place.parent.mkdir(parents=True, exist_ok=True)
    write_json(place, report)
    return report


def measure(
    cases: Cases,
    filler: Filler,
    metrics: dict[str, Metric],
    labels: LabelSet,
    *,
    sources: dict[str, str],
    weights: dict[str, str],
    device: str = "cpu",
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """The report of one fill."""
    evaluation = evaluate(cases, filler, metrics, classes=len(labels), progress=progress)
    size = (cases.holes.shape[1], cases.holes.shape[2])
    report = summarize(evaluation, labels, layout=filler.layout, size=size)
    report["each"] = each_of(evaluation)
    report["provenance"] = provenance(cases, device=device, sources=sources, weights=weights)
    return report


def each_of(evaluation: Evaluation) -> dict[str, list[float | None]]:
    """The figures a picture; none where one is infinite or does not apply."""
    chosen = {name: values for name, values in evaluation.figures.items() if name in EACH}
    return {name: [v if np.isfinite(v) else None for v in values] for name, values in chosen.items()}
