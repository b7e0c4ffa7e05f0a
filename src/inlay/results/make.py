"""Carry out what the tables need; whatever an earlier call measured alike is reused."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from inlay.ablation.plan import Plan
from inlay.ablation.study import is_finished, run_folder
from inlay.checkpoint import Snapshot, load_snapshot
from inlay.errors import UserError
from inlay.evaluation.baselines import BASELINES, Baseline
from inlay.evaluation.by_stem import find_by_stem
from inlay.evaluation.cases import Cases
from inlay.evaluation.course import FIGURES, measure_course
from inlay.evaluation.evaluate import Metric
from inlay.evaluation.fillers import ModelFiller, predicted_layout, true_layout
from inlay.evaluation.kept import Report, digest_of, kept_report, measure
from inlay.evaluation.predictions import Predictions
from inlay.evaluation.provenance import provenance
from inlay.evaluation.summary import protocol_name
from inlay.files import sha256
from inlay.labels import LabelSet
from inlay.painters.refinement import RefineSettings
from inlay.results.table_2 import Course
from inlay.results.table_3 import Entry

__all__ = ["Bench", "Contender", "baselines_of", "best_of_plan", "courses_of", "models_of", "preds_of"]

SOURCES = {"true": true_layout, "predicted": predicted_layout}
PACKAGES = ("numpy", "opencv-python-headless", "scikit-image", "patchmatch-cython")


@dataclass(frozen=True)
class Bench:
    """What everything is measured on and with, and the folder where measurements are kept."""

    cases: Cases
    metrics: dict[str, Metric]
    labels: LabelSet
    folder: Path
    tell: Callable[[str], None]
    device: torch.device

    def report(self, name: str, of: dict[str, Any], make: Callable[[], Report], cases: Cases) -> Report:
        """The kept report of that name, or a new one."""
        measured = {"cases": digest_of(cases), "metrics": sorted(self.metrics), **of}

        def told() -> Report:
            self.tell(f"measuring {name}")
            return make()

        return kept_report(self.folder / f"{name}.json", measured, told)


@dataclass(frozen=True)
class Contender:
    """A model folder under a name, and the layouts under which it is measured."""

    name: str
    folder: Path
    layouts: tuple[str, ...]

    def open(self, device: torch.device) -> tuple[Snapshot, str]:
        """The model and the SHA-256 of its weights."""
        return load_snapshot(self.folder, device), sha256(self.folder / "weights.safetensors")


def models_of(bench: Bench, contender: Contender) -> list[Entry]:
    """The model under each of its layouts."""
    snapshot, weights = contender.open(bench.device)
    entries = []
    for layout in contender.layouts:
        filler = ModelFiller(snapshot.model, snapshot.layout, source=SOURCES[layout], device=bench.device)
        report = _measured(bench, f"model-{layout}", {"weights": weights, "layout": layout}, filler, weights)
        entries.append(Entry(f"{contender.name}, {layout} layout", "model", report))
    return entries


def baselines_of(bench: Bench) -> tuple[list[Entry], list[str]]:
    """All baselines whose libraries are there, and a note for each that is left out."""
    entries, notes = [], []
    versions = {name: found for name in PACKAGES if (found := _version(name))}
    for name, fill in BASELINES.items():
        try:
            report = _measured(
                bench, f"baseline-{name}", {"fill": name, "versions": versions}, Baseline(fill)
            )
        except UserError as error:
            notes.append(f"Left out: {name} ({error}).")
            continue
        entries.append(Entry("mean colour" if name == "mean" else name, "baseline", report))
    return entries, notes


def preds_of(bench: Bench, named: Mapping[str, Path]) -> list[Entry]:
    """Other programs' results, by name."""
    entries = []
    for name, folder in named.items():
        digest = hashlib.sha256()
        for path in find_by_stem(folder, bench.cases.stems, what="result"):
            digest.update(path.read_bytes())
        report = _measured(bench, f"pred-{name}", {"pictures": digest.hexdigest()}, Predictions(folder))
        entries.append(Entry(name, "pred", report))
    return entries


def courses_of(
    bench: Bench, contenders: Sequence[Contender], steps: Sequence[int], vgg: Path | None, count: int
) -> tuple[list[Course], list[str]]:
    """Both presets on each model's first layout and the first `count` cases; notes of what is left out."""
    cases = bench.cases.part(0, count)
    courses = [
        _course(bench, contender, cases, steps, RefineSettings(max(steps), preset, str(vgg) if vgg else None))
        for contender in contenders
        for preset in (("careful", "paper") if vgg else ("careful",))
    ]
    notes = (
        [] if vgg else ["The preset paper is left out: it needs VGG weights, and none were given (--vgg)."]
    )
    return courses, notes


def _course(
    bench: Bench, contender: Contender, cases: Cases, steps: Sequence[int], settings: RefineSettings
) -> Course:
    snapshot, weights = contender.open(bench.device)
    layout = contender.layouts[0]
    filler = ModelFiller(snapshot.model, snapshot.layout, source=SOURCES[layout], device=bench.device)
    built = settings.build(bench.device)
    assert built is not None
    refinement, told = built
    of: dict[str, Any] = {"weights": weights, "layout": layout, "steps": list(steps), "figures": FIGURES}
    of["settings"] = {key: value for key, value in told.items() if key != "perceptual"}
    if settings.preset == "paper":
        assert settings.vgg is not None
        of["vgg"] = _files(Path(settings.vgg))

    def make() -> Report:
        report: Report = {"answers": measure_course(cases, filler, refinement, [0, *steps])}
        report["protocol"] = protocol_name((cases.holes.shape[1], cases.holes.shape[2]))
        report |= {"count": len(cases), "hole_ratio": float(cases.holes.mean())}
        report["provenance"] = provenance(
            cases, device=str(bench.device), sources={"fill": contender.name}, weights={"model": weights}
        )
        return report

    whole = bench.report(f"course-{weights[:12]}-{settings.preset}", of, make, cases)
    return Course(contender.name, layout, settings.preset, whole["answers"], whole)


def best_of_plan(plan: Plan, runs: Path) -> Contender | None:
    """The paper's best row of a plan, as trained with the first seed; none if that is not finished."""
    row = max(plan.rows, key=lambda row: row.paper_psnr or 0)
    if row.paper_psnr is None or not is_finished(plan, row, plan.seeds[0], runs):
        return None
    folder = run_folder(plan, row, plan.seeds[0], runs) / "snapshot"
    return Contender(f"Table I: {row.name}", folder, ("true",))


def _measured(
    bench: Bench,
    name: str,
    of: dict[str, Any],
    filler: ModelFiller | Baseline | Predictions,
    weights: str | None = None,
) -> Report:
    def make() -> Report:
        return measure(
            bench.cases, filler, bench.metrics, bench.labels, sources={"fill": name},
            weights={"model": weights} if weights else {}, device=str(bench.device) if weights else "cpu",
        )  # fmt: skip

    return bench.report(name, of, make, bench.cases)


def _files(path: Path) -> str:
    """SHA-256 of a file, or of the weights in a folder."""
    files = [path] if path.is_file() else sorted(path.glob("vgg19*.pth"))
    return hashlib.sha256("".join(sha256(file) for file in files).encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
