"""Measurements that are kept: what was measured before, alike, is read and not measured again."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inlay.evaluation.cases import Cases
from inlay.evaluation.evaluate import Metric, evaluate
from inlay.evaluation.fillers import Filler
from inlay.evaluation.provenance import provenance
from inlay.evaluation.reports import write_json
from inlay.evaluation.summary import summarize
from inlay.labels import LabelSet

__all__ = ["Report", "digest_of", "kept_report", "measure"]

Report = dict[str, Any]
"""What `summarize` tells, where it comes from, and under `each` the figures a picture."""


def digest_of(cases: Cases) -> str:
    """SHA-256 of all that a measurement depends on but the fill: stems, pictures, layouts, holes."""
    digest = hashlib.sha256("\n".join(cases.stems).encode())
    layouts = () if cases.labels is None else (cases.labels,)
    for array in (cases.images, *layouts, np.packbits(cases.holes, axis=-1)):
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
    report["provenance"] = provenance(cases, device=device, sources=sources, weights=weights)
    return report
