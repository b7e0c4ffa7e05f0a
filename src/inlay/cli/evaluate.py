"""`inlay evaluate`: a model, a baseline or another program's results, measured on frozen holes."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inlay.cli.cases import (
    CountOption,
    DataOption,
    HolesOption,
    ImagesOption,
    LabelsOption,
    Layout,
    LayoutOption,
    SizeOption,
    StemsOption,
    open_model,
)
from inlay.cli.options import DeviceOption, ModelOption

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


class Preset(StrEnum):
    """Settings of the style optimisation at test time."""

    PAPER = "paper"
    CAREFUL = "careful"


def evaluate(
    holes: HolesOption,
    json: Annotated[Path, typer.Option(help="The report, a .json.", show_default=False)],
    data: DataOption = None,
    images: ImagesOption = None,
    labels: LabelsOption = None,
    stems: StemsOption = None,
    model: ModelOption = None,
    layout: LayoutOption = Layout.PREDICTED,
    baseline: Annotated[
        BaselineName | None, typer.Option(help="Measure this fill instead of a model.", show_default=False)
    ] = None,
    pred: Annotated[
        Path | None,
        typer.Option(help="Measure the pictures STEM.png of this folder instead.", show_default=False),
    ] = None,
    refine: Annotated[int, typer.Option(help="Steps of style optimisation a picture (eq. 8).", min=0)] = 0,
    preset: Annotated[
        Preset, typer.Option(help="The paper's settings of it, or careful ones.")
    ] = Preset.CAREFUL,
    vgg: Annotated[
        Path | None, typer.Option(help="VGG weights for its preset 'paper'.", show_default=False)
    ] = None,
    bins: Annotated[bool, typer.Option("--bins", help="Also by hole ratio.")] = False,
    bin_edges: Annotated[str, typer.Option(help="Edges of the bins in per cent.")] = "0,5,10,15,20,40,60",
    lpips: Annotated[
        Path | None,
        typer.Option(help="Folder of LPIPS's weights; without it LPIPS is skipped.", show_default=False),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write a line a picture.", show_default=False)] = None,
    results: Annotated[
        Path | None, typer.Option(help="Also write the results to this folder.", show_default=False)
    ] = None,
    size: SizeOption = 128,
    count: CountOption = None,
    batch_size: Annotated[int, typer.Option(help="Pictures at a time.", min=1)] = 8,
    device: DeviceOption = "cpu",
) -> None:
    """Fill frozen holes of portraits whose truth is known; write PSNR, SSIM and more as JSON."""
    from rich.console import Console

    from inlay.evaluation.bins import parse_edges
    from inlay.evaluation.cases import find_pairs, load_cases
    from inlay.evaluation.evaluate import evaluate as run
    from inlay.evaluation.hole_sets import read_holes
    from inlay.evaluation.provenance import provenance
    from inlay.evaluation.reports import check_outputs, picture_writer, write_csv, write_json
    from inlay.evaluation.summary import summarize

    check_outputs(json, csv, results)
    edges = parse_edges(bin_edges)
    pairs = find_pairs(data=data, images=images, labels=labels, stems=stems)
    frozen = read_holes(holes, stems=[pair.stem for pair in pairs], size=(size, size))[:count]
    subject = _subject(model, baseline, pred, layout, (preset, refine, vgg), size, device)
    metrics, metric_weights, skipped = _metrics(lpips)
    with Console(stderr=True).status(f"reading {len(frozen)} portraits") as status:
        read = f"read {{}} of {len(frozen)} portraits"
        cases = load_cases(pairs[:count], frozen, subject.labels, lambda n: status.update(read.format(n)))
        done = f"filled {{}} of {len(frozen)} portraits"
        evaluation = run(
            cases, subject.filler, metrics, classes=len(subject.labels), batch_size=batch_size,
            progress=lambda n: status.update(done.format(n)), keep=picture_writer(results),
        )  # fmt: skip
    report = summarize(
        evaluation,
        subject.labels,
        layout=subject.filler.layout,
        size=(size, size),
        bin_edges=edges if bins else None,
    )
    report |= {"fill": subject.name, "refine": subject.refine, "skipped": skipped}
    sources = {"data": str(data or images), "holes": str(holes), "fill": subject.source}
    report["provenance"] = provenance(
        cases, device=subject.device, sources=sources, weights=subject.weights | metric_weights
    )
    if csv is not None:
        write_csv(csv, evaluation)
    write_json(json, report)
    _echo(report, json)


@dataclass(frozen=True)
class _Subject:
    """What is measured: its name and source, its vocabulary, and the SHA-256 of its weights."""

    name: str
    source: str
    filler: "Filler"
    labels: "LabelSet"
    device: str = "cpu"
    weights: dict[str, str] = field(default_factory=dict)
    refine: dict[str, Any] | None = None


def _subject(
    model: Path | None,
    baseline: BaselineName | None,
    pred: Path | None,
    layout: Layout,
    refine: tuple[Preset, int, Path | None],
    size: int,
    device: str,
) -> _Subject:
    from inlay.checkpoint import sha256
    from inlay.errors import UserError
    from inlay.evaluation.baselines import BASELINES, Baseline
    from inlay.evaluation.fillers import ModelFiller, forward, predicted_layout, true_layout
    from inlay.evaluation.predictions import Predictions
    from inlay.labels import CELEBAMASK_HQ

    if sum(given is not None for given in (model, baseline, pred)) > 1:
        raise UserError("--model, --baseline, --pred: give one of them; a report is about one fill")
    if refine[1] and (baseline is not None or pred is not None):
        raise UserError("--refine optimises a model's style codes; it goes with no --baseline and no --pred")
    if baseline is not None:
        return _Subject(str(baseline), "baseline", Baseline(BASELINES[baseline]), CELEBAMASK_HQ)
    if pred is not None:
        return _Subject("pred", str(pred), Predictions(pred), CELEBAMASK_HQ)
    snapshot, folder, chosen = open_model(model, size, device)
    answer, refinement = _refinement(*refine, device=str(chosen)) if refine[1] else (forward, None)
    filler = ModelFiller(
        snapshot.model, snapshot.layout, source=true_layout if layout is Layout.TRUE else predicted_layout,
        answer=answer, device=chosen,
    )  # fmt: skip
    weights = {"model": sha256(folder / "weights.safetensors")}
    return _Subject("model", str(folder), filler, snapshot.labels, str(chosen), weights, refinement)


def _refinement(
    preset: Preset, steps: int, vgg: Path | None, *, device: str
) -> "tuple[Callable[..., Any], dict[str, Any]]":
    """How the model answers, and the settings to report."""
    from inlay.errors import UserError
    from inlay.inference.refine import CarefulRefinement, PaperRefinement
    from inlay.inference.vgg_term import load_vgg_term

    if preset is Preset.PAPER:
        if vgg is None:
            raise UserError(
                "--preset paper minimises a VGG loss too (eq. 8): give --vgg, torchvision's VGG19 or a "
                "folder with vgg19_normalised_to_conv3_1.pth and vgg19_distilled_16x.pth"
            )
        by_paper = PaperRefinement(steps=steps, perceptual=load_vgg_term(vgg, device))
        settings = asdict(replace(by_paper, perceptual=None)) | {"perceptual": str(vgg)}
        return lambda model, batch: by_paper(model, batch).output, {"preset": str(preset), **settings}
    careful = CarefulRefinement(steps=steps)
    return lambda model, batch: careful(model, batch).output, {"preset": str(preset), **asdict(careful)}


def _metrics(lpips: Path | None) -> "tuple[dict[str, Any], dict[str, str], dict[str, str]]":
    """The metrics, the SHA-256 of their weights, and what is skipped for what reason."""
    from inlay.checkpoint import sha256
    from inlay.evaluation.evaluate import standard_metrics
    from inlay.evaluation.metrics.perceptual import FEATURES, HEADS, Lpips, load_distance

    metrics = standard_metrics()
    if lpips is None:
        return metrics, {}, {"lpips": "no weights given (--lpips DIR)"}
    distance = Lpips(load_distance(lpips))
    metrics["lpips"] = lambda truth, result, hole, label: distance(truth, result)
    return metrics, {name: sha256(lpips / name) for name in (FEATURES, HEADS)}, {}


def _echo(report: dict[str, Any], path: Path) -> None:
    units = {"psnr": " dB", "ssim": "", "hole_psnr": " dB", "lpips": ""}
    shown = [f"{k} {report[k]:.4f}{unit}" for k, unit in units.items() if report.get(k) is not None]
    typer.echo(f"{', '.join(shown)} over {report['count']} portraits; layout {report['layout']}")
    typer.echo(
        f"protocol {report['protocol']}, {report['seconds_per_image']:.3f} s a picture; report: {path}"
    )
