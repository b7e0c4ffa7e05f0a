"""Carry out a plan: train each run that is not complete, measure it, and keep its report beside it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from inlay.ablation.plan import Plan, Row
from inlay.checkpoint import load_snapshot, sha256
from inlay.errors import UserError
from inlay.evaluation.cases import Cases
from inlay.evaluation.evaluate import Metric, evaluate
from inlay.evaluation.fillers import ModelFiller, predicted_layout, true_layout
from inlay.evaluation.provenance import provenance
from inlay.evaluation.reports import write_json
from inlay.evaluation.summary import summarize
from inlay.labels import LabelSet
from inlay.training.loop import train
from inlay.training.schedule import run_length

__all__ = ["Report", "carry_out"]

Report = dict[str, Any]
"""What `evaluate` tells of one run, with the row's key and the seed."""


def carry_out(
    plan: Plan,
    cases: Cases,
    metrics: dict[str, Metric],
    *,
    data: Path,
    output: Path,
    cache: Path,
    labels: LabelSet,
    tell: Callable[[str], None],
) -> list[Report]:
    """The reports of all rows and seeds; whatever an earlier call has finished is not done again."""
    reports = []
    for row in plan.rows:
        for seed in plan.seeds:
            run = output / "runs" / f"{plan.trained_as(row).key}-{seed}"
            config = plan.config(row, seed)
            if _faces(run) < run_length(config.schedule):
                tell(f"training {run.name}")
                train(config, data=data, run=run, cache=cache)
                if _faces(run) < run_length(config.schedule):
                    raise UserError(f"{run}: stopped by a signal; the same command goes on from there")
            tell(f"measuring {row.key}, seed {seed}")
            reports.append(_measured(row, seed, run, cases, metrics, output, labels))
    return reports


def _faces(run: Path) -> int:
    """How far a run has come, in training faces."""
    settings = run / "snapshot" / "snapshot.json"
    if not settings.is_file():
        return 0
    return int(json.loads(settings.read_text(encoding="utf-8"))["info"].get("faces", 0))


def _measured(
    row: Row,
    seed: int,
    run: Path,
    cases: Cases,
    metrics: dict[str, Metric],
    output: Path,
    labels: LabelSet,
) -> Report:
    """The report of a run under a row's layout, from the file where the same was measured before."""
    weights = sha256(run / "snapshot" / "weights.safetensors")
    on = hashlib.sha256(cases.holes.tobytes() + " ".join(cases.stems).encode()).hexdigest()
    measured = {"weights": weights, "cases": on, "layout": row.layout, "metrics": sorted(metrics)}
    place = output / "reports" / f"{row.key}-{seed}.json"
    if place.is_file():
        kept: Report = json.loads(place.read_text(encoding="utf-8"))
        if kept.get("measured") == measured:
            return kept
    snapshot = load_snapshot(run / "snapshot")
    source = true_layout if row.layout == "true" else predicted_layout
    with torch.random.fork_rng():
        evaluation = evaluate(
            cases, ModelFiller(snapshot.model, snapshot.layout, source=source), metrics, classes=len(labels)
        )
    size = (cases.holes.shape[1], cases.holes.shape[2])
    report = summarize(evaluation, labels, layout=row.layout, size=size)
    report |= {"row": row.key, "name": row.name, "seed": seed, "faces": _faces(run), "measured": measured}
    report["parameters"] = sum(p.numel() for p in snapshot.model.parameters())
    report["provenance"] = provenance(
        cases, device="cpu", sources={"fill": str(run / "snapshot")}, weights={"model": weights}
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    write_json(place, report)
    return report
