"""Carry out a plan: train each run that is not complete, measure it, and keep its report beside it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from inlay.ablation.plan import Plan, Row
from inlay.checkpoint import load_snapshot
from inlay.config import Config, parse_config
from inlay.config.versions import current_settings
from inlay.errors import UserError
from inlay.evaluation.cases import Cases
from inlay.evaluation.evaluate import Metric
from inlay.evaluation.fillers import ModelFiller, predicted_layout, true_layout
from inlay.evaluation.kept import Report, digest_of, kept_report, measure
from inlay.files import sha256
from inlay.labels import LabelSet
from inlay.training.loop import train
from inlay.training.run_folder import differences
from inlay.training.schedule import run_length

__all__ = ["carry_out", "collect", "is_finished", "run_folder"]

IDLE = ("workers", "log_faces", "grid_faces", "save_faces", "val_count", "lpips", "tensorboard", "bad_steps")
"""Settings of a training that change nothing of what it comes to."""


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
    """The reports of all rows and seeds; whatever an earlier call has finished is not done again.

    A report is what `measure` tells of one run, with the row's key and the seed.
    """
    reports = []
    for row in plan.rows:
        for seed in plan.seeds:
            run, config = run_folder(plan, row, seed, output), plan.config(row, seed)
            _check_settings(run, config)
            if not is_finished(plan, row, seed, output):
                tell(f"training {run.name}")
                train(config, data=data, run=run, cache=cache)
                if not is_finished(plan, row, seed, output):
                    raise UserError(f"{run}: stopped by a signal; the same command goes on from there")
            tell(f"measuring {row.key}, seed {seed}")
            reports.append(_measured(row, seed, run, cases, metrics, output, labels))
    return reports


def collect(
    plan: Plan,
    cases: Cases,
    metrics: dict[str, Metric],
    *,
    output: Path,
    labels: LabelSet,
    tell: Callable[[str], None],
) -> list[Report]:
    """The reports of those rows and seeds whose runs are finished; nothing is trained."""
    reports = []
    for row in plan.rows:
        for seed in plan.seeds:
            run = run_folder(plan, row, seed, output)
            if is_finished(plan, row, seed, output):
                _check_settings(run, plan.config(row, seed))
                tell(f"measuring {row.key}, seed {seed}")
                reports.append(_measured(row, seed, run, cases, metrics, output, labels))
    return reports


def run_folder(plan: Plan, row: Row, seed: int, output: Path) -> Path:
    """The run that a row measures with a seed, in the folder of an ablation."""
    return output / "runs" / f"{plan.trained_as(row).key}-{seed}"


def is_finished(plan: Plan, row: Row, seed: int, output: Path) -> bool:
    """Whether the run that a row measures has come to its end."""
    return _faces(run_folder(plan, row, seed, output)) >= run_length(plan.config(row, seed).schedule)


def _check_settings(run: Path, config: Config) -> None:
    """A run that lies there must have been trained with the settings that the plan has now.

    It may have been planned shorter: then it goes on.
    """
    for name in ("snapshot/snapshot.json", "config.json"):
        if (run / name).is_file():
            kept = json.loads((run / name).read_text(encoding="utf-8"))
            begun = parse_config(current_settings(kept.get("config", kept)), str(run / name))
            told = _telling(begun)
            told["schedule"]["faces"] = max(begun.schedule.faces, config.schedule.faces)
            if changed := differences(told, _telling(config)):
                raise UserError(
                    f"{run}: was trained with other settings ({changed[0]}); name another --output, or take "
                    "that folder away to train it anew"
                )


def _telling(config: Config) -> dict[str, Any]:
    """The settings that a result depends on: not what is logged, nor where files of fixed content lie."""
    settings = config.model_dump(mode="json")
    for name in IDLE:
        del settings["training"][name]
    for network in settings["loss"]["perceptual"]["networks"]:
        del network["path"]
    return settings


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
    on = digest_of(cases)
    measured = {"weights": weights, "cases": on, "layout": row.layout, "metrics": sorted(metrics)}

    def make() -> Report:
        snapshot = load_snapshot(run / "snapshot")
        source = true_layout if row.layout == "true" else predicted_layout
        filler = ModelFiller(snapshot.model, snapshot.layout, source=source)
        sources = {"fill": str(run / "snapshot")}
        with torch.random.fork_rng():
            report = measure(cases, filler, metrics, labels, sources=sources, weights={"model": weights})
        parameters = sum(p.numel() for p in snapshot.model.parameters())
        about = {"row": row.key, "name": row.name, "seed": seed, "faces": _faces(run)}
        return report | about | {"parameters": parameters}

    return kept_report(output / "reports" / f"{row.key}-{seed}.json", measured, make)
