"""`inlay evaluate`: a model, a baseline or another program's results, measured on frozen holes."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inlay.cli.cases import (
    CountOption,
    DataOption,
    DeviceOption,
    HolesOption,
    ImagesOption,
    LabelsOption,
    Layout,
    LayoutOption,
    ModelOption,
    SizeOption,
    StemsOption,
    open_model,
    open_pairs,
)

if TYPE_CHECKING:
    from inlay.evaluation.fillers import Filler
    from inlay.labels import LabelSet

__all__ = ["evaluate"]


class BaselineName(StrEnum):
    """Fills without training."""

    MEAN = "mean"
    TELEA = "telea"
    NAVIER_STOKES = "navier-stokes"
    BIHARMONIC = "biharmonic"
    PATCHMATCH = "patchmatch"


class RefineName(StrEnum):
    """How styles are optimised at test time."""

    PAPER = "paper"
    CAREFUL = "careful"


def evaluate(
    holes: HolesOption,
    json: Annotated[Path, typer.Option(help="the report to write")],
    data: DataOption = None,
    images: ImagesOption = None,
    labels: LabelsOption = None,
    stems: StemsOption = None,
    model: ModelOption = None,
    layout: LayoutOption = Layout.PREDICTED,
    baseline: Annotated[BaselineName | None, typer.Option(help="measure this fill instead of a model")] = None,
    pred: Annotated[Path | None, typer.Option(help="measure the pictures STEM.png of this folder instead")] = None,
    refine: Annotated[int, typer.Option(help="steps of style optimisation a picture (eq. 8)", min=0)] = 0,
    refine_preset: Annotated[RefineName, typer.Option(help="the paper's settings, or careful ones")] = RefineName.CAREFUL,
    bins: Annotated[bool, typer.Option("--bins", help="also by hole ratio")] = False,
    bin_edges: Annotated[str, typer.Option(help="edges of the bins in per cent")] = "0,5,10,15,20,40,60",
    lpips: Annotated[Path | None, typer.Option(help="folder of LPIPS's weights; without it LPIPS is skipped")] = None,
    csv: Annotated[Path | None, typer.Option(help="also write a line a picture")] = None,
    results: Annotated[Path | None, typer.Option(help="also write the filled pictures to this folder, STEM.png")] = None,
    size: SizeOption = 128,
    count: CountOption = None,
    batch_size: Annotated[int, typer.Option(help="pictures at a time", min=1)] = 8,
    device: DeviceOption = "cpu",
) -> None:
    """Fill frozen holes of portraits whose truth is known; write PSNR, SSIM and more, with provenance, as JSON."""
    from rich.console import Console

    from inlay.evaluation.cases import load_cases
    from inlay.evaluation.evaluate import evaluate as run
    from inlay.evaluation.hole_sets import read_holes
    from inlay.evaluation.provenance import provenance
    from inlay.evaluation.reports import check_outputs, picture_writer, write_csv, write_json
    from inlay.evaluation.summary import summarize

    check_outputs(json, csv, results)
    edges = _edges(bins, bin_edges)
    pairs = open_pairs(data, images, labels, stems)
    frozen = read_holes(holes, stems=[pair.stem for pair in pairs], size=(size, size))[:count]
    filler, label_set, weights, fill = _filler(model, baseline, pred, layout, (refine, refine_preset), size, device)
    metrics, lpips_weights, skipped = _metrics(lpips, device)
    with Console(stderr=True).status(f"reading {len(frozen)} portraits") as status:
        cases = load_cases(pairs[:count], frozen, label_set, lambda n: status.update(f"read {n} of {len(frozen)}"))
        evaluation = run(
            cases, filler, metrics, classes=len(label_set), batch_size=batch_size,
            progress=lambda n: status.update(f"filled {n} of {len(frozen)}"), keep=picture_writer(results),
        )  # fmt: skip
    report = summarize(evaluation, label_set, layout=filler.layout, size=(size, size), bin_edges=edges)
    report |= {"fill": fill, "skipped": skipped}
    sources = {"data": str(data or images), "holes": str(holes), **({"pred": str(pred)} if pred else {})}
    report["provenance"] = provenance(cases, device=device, sources=sources, weights=weights | lpips_weights)
    if csv is not None:
        write_csv(csv, evaluation)
    write_json(json, report)
    _echo(report, json)


def _edges(bins: bool, text: str) -> tuple[float, ...] | None:
    from inlay.evaluation.bins import parse_edges

    edges = parse_edges(text)
    return edges if bins else None


def _filler(
    model: Path | None,
    baseline: BaselineName | None,
    pred: Path | None,
    layout: Layout,
    refine: tuple[int, RefineName],
    size: int,
    device: str,
) -> "tuple[Filler, LabelSet, dict[str, str], str]":
    """What fills, the vocabulary of the layouts, the SHA-256 of its weights, and its name."""
    from inlay.checkpoint import sha256
    from inlay.errors import UserError
    from inlay.evaluation.baselines import BASELINES, Baseline
    from inlay.evaluation.fillers import ModelFiller, predicted_layout, true_layout
    from inlay.evaluation.predictions import Predictions
    from inlay.labels import CELEBAMASK_HQ

    if sum(given is not None for given in (model, baseline, pred)) > 1:
        raise UserError("--model, --baseline, --pred: give one of them; a report is about one fill")
    if baseline is not None:
        return Baseline(BASELINES[baseline]), CELEBAMASK_HQ, {}, str(baseline)
    if pred is not None:
        return Predictions(pred), CELEBAMASK_HQ, {}, "pred"
    snapshot, folder = open_model(model, size, device)
    source = true_layout if layout is Layout.TRUE else predicted_layout
    filler = ModelFiller(snapshot.model, snapshot.layout, source=source, device=device)
    return filler, snapshot.labels, {"model": sha256(folder / "weights.safetensors")}, "model"


def _metrics(lpips: Path | None, device: str) -> "tuple[dict[str, Any], dict[str, str], dict[str, str]]":
    """The metrics, the SHA-256 of their weights, and what is skipped for what reason."""
    from inlay.checkpoint import sha256
    from inlay.evaluation.evaluate import standard_metrics
    from inlay.evaluation.metrics.perceptual import FEATURES, HEADS, Lpips, load_distance

    metrics = standard_metrics()
    if lpips is None:
        return metrics, {}, {"lpips": "no weights given (--lpips DIR)"}
    distance = Lpips(load_distance(lpips, device), device)
    metrics["lpips"] = lambda truth, result, hole, label: distance(truth, result)
    return metrics, {name: sha256(lpips / name) for name in (FEATURES, HEADS)}, {}


def _echo(report: dict[str, Any], path: Path) -> None:
    units = {"psnr": " dB", "ssim": "", "hole_psnr": " dB", "lpips": ""}
    shown = [f"{k} {report[k]:.4f}{unit}" for k, unit in units.items() if report.get(k) is not None]
    typer.echo(f"{', '.join(shown)} over {report['count']} portraits; layout {report['layout']}")
    typer.echo(f"protocol {report['protocol']}, {report['seconds_per_image']:.3f} s a picture; report: {path}")
