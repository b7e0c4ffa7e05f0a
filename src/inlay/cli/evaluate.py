"""`inlay evaluate`: a model or a baseline, measured on frozen holes."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from inlay.evaluation.fillers import Filler
    from inlay.labels import LabelSet

__all__ = ["evaluate"]


class Layout(StrEnum):
    """Which layout the model is given."""

    TRUE = "true"
    PREDICTED = "predicted"


class BaselineName(StrEnum):
    """Fills without training."""

    MEAN = "mean"
    TELEA = "telea"
    NAVIER_STOKES = "navier-stokes"
    BIHARMONIC = "biharmonic"
    PATCHMATCH = "patchmatch"


def evaluate(
    holes: Annotated[Path, typer.Option(help="frozen holes, .npz of `inlay holes`; the n-th hole goes with the n-th stem")],
    json: Annotated[Path, typer.Option(help="the report to write")],
    data: Annotated[Path | None, typer.Option(help="folder with images/ and labels/, and val.txt unless --stems")] = None,
    images: Annotated[Path | None, typer.Option(help="folder of portraits, instead of --data")] = None,
    labels: Annotated[Path | None, typer.Option(help="folder of their layouts, with --images")] = None,
    stems: Annotated[Path | None, typer.Option(help="stems to evaluate, one a line, in the holes' order")] = None,
    model: Annotated[Path | None, typer.Option(help="model folder; the bundled model by default")] = None,
    layout: Annotated[Layout, typer.Option(help="give the model the data's layout or the predicted one")] = Layout.PREDICTED,
    baseline: Annotated[BaselineName | None, typer.Option(help="measure this fill instead of a model")] = None,
    size: Annotated[int, typer.Option(help="height and width at which to measure", min=32)] = 128,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto")] = "cpu",
) -> None:
    """Fill frozen holes of portraits whose truth is known, and write PSNR, SSIM and more as JSON."""
    from rich.console import Console

    from inlay.evaluation.cases import find_pairs, load_cases, read_holes
    from inlay.evaluation.evaluate import evaluate as run
    from inlay.evaluation.evaluate import standard_metrics
    from inlay.evaluation.files import check_output, write_json
    from inlay.evaluation.provenance import provenance
    from inlay.evaluation.summary import summarize

    console = Console()
    check_output(json)
    pairs = find_pairs(data=data, images=images, labels=labels, stems=stems)
    frozen = read_holes(holes, count=len(pairs), size=(size, size))
    filler, label_set, weights = _filler(model, baseline, layout, size, device)
    with console.status(f"reading {len(pairs)} portraits") as status:
        cases = load_cases(pairs, frozen, label_set, lambda n: status.update(f"reading {n} of {len(pairs)} portraits"))
        evaluation = run(
            cases, filler, standard_metrics(), classes=len(label_set),
            progress=lambda n: status.update(f"filled {n} of {len(pairs)} portraits"),
        )  # fmt: skip
    report = summarize(evaluation, label_set, layout=filler.layout, size=(size, size))
    sources = {"data": str(data or images), "holes": str(holes), "fill": str(baseline or model or "bundled")}
    report["provenance"] = provenance(cases, device=device, sources=sources, weights=weights)
    write_json(json, report)
    shown = "  ".join(f"{name} {report[name]:.4g}" for name in ("psnr", "ssim", "hole_psnr") if report[name] is not None)
    console.print(f"{shown}  over {report['count']} portraits, layout {report['layout']}; report: {json}")


def _filler(
    model: Path | None, baseline: BaselineName | None, layout: Layout, size: int, device: str
) -> "tuple[Filler, LabelSet, dict[str, str]]":
    """What fills, the vocabulary of its layouts, the SHA-256 of its weights."""
    from inlay.checkpoint import load_snapshot, sha256
    from inlay.errors import UserError
    from inlay.evaluation.baselines import BASELINES, Baseline
    from inlay.evaluation.fillers import ModelFiller, predicted_layout, true_layout
    from inlay.labels import CELEBAMASK_HQ

    if baseline is not None:
        if model is not None:
            raise UserError("--model and --baseline: give one of them, a report is about one fill")
        return Baseline(BASELINES[baseline]), CELEBAMASK_HQ, {}
    if model is None:
        raise UserError("no bundled model here yet; name a model folder with --model")
    if size % 32:
        raise UserError(f"--size {size}: a model fills sizes that are multiples of 32")
    snapshot = load_snapshot(model, device)
    source = true_layout if layout is Layout.TRUE else predicted_layout
    filler = ModelFiller(snapshot.model, snapshot.layout, source=source, device=device)
    return filler, snapshot.labels, {"model": sha256(model / "weights.safetensors")}
