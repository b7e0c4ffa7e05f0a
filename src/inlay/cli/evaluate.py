"""`inlay evaluate`: a model, a baseline or another program's results, measured on frozen holes."""

from pathlib import Path
from typing import Annotated, Any

import typer

from inlay.cli.cases import (
    CountOption,
    DataOption,
    HolesOption,
    ImagesOption,
    LabelSetOption,
    LabelsOption,
    Layout,
    LayoutOption,
    SizeOption,
    StemsOption,
)
from inlay.cli.measures import open_measures
from inlay.cli.options import (
    DeviceOption,
    MirrorOption,
    ModelOption,
    RefineOption,
    RefinePreset,
    RefinePresetOption,
    VggOption,
    WithoutOption,
    document_output,
    files_of_data,
    files_of_model,
    step_names,
)
from inlay.cli.subject import BaselineName, open_subject

__all__ = ["evaluate"]

JsonOption = Annotated[Path, typer.Option(help="The report, a .json.", show_default=False)]
BaselineOption = Annotated[
    BaselineName | None, typer.Option(help="Measure this fill instead of a model.", show_default=False)
]
PredOption = Annotated[
    Path | None,
    typer.Option(help="Measure this folder of results, STEM.png, instead.", show_default=False),
]
BinsOption = Annotated[bool, typer.Option("--bins", help="Also by hole ratio.")]
EdgesOption = Annotated[str, typer.Option(help="Edges of the bins in per cent.")]
LpipsOption = Annotated[
    Path | None,
    typer.Option(help="Folder of LPIPS's weights; without it LPIPS is skipped.", show_default=False),
]
FidOption = Annotated[
    Path | None,
    typer.Option(help="FID's Inception weights, a file; without them FID is skipped.", show_default=False),
]
CsvOption = Annotated[Path | None, typer.Option(help="Also write a line a picture.", show_default=False)]
ResultsOption = Annotated[
    Path | None, typer.Option(help="Also write the results to this folder.", show_default=False)
]
PhotosOption = Annotated[
    bool | None,
    typer.Option(
        "--as-photos/--no-as-photos",
        help="Fill as `inlay fill --face whole` does: at the model's size, there and back, and finished "
        "(default: where --size is larger than the model's own).",
        show_default=False,
    ),
]
CropLpipsOption = Annotated[
    bool, typer.Option("--crop-lpips", help="Also LPIPS of the hole's box with 32 px around.")
]
IdentityOption = Annotated[
    Path | None,
    typer.Option(
        help="ONNX file that embeds faces: also the distance of the filled from the true face.",
        show_default=False,
    ),
]
GroupsOption = Annotated[
    Path | None,
    typer.Option(
        help="CSV with a column 'stem': also figures by the groups of its other columns.",
        show_default=False,
    ),
]
BatchOption = Annotated[int, typer.Option(help="Pictures at a time.", min=1)]


def evaluate(
    holes: HolesOption,
    json: JsonOption,
    data: DataOption = None,
    images: ImagesOption = None,
    labels: LabelsOption = None,
    stems: StemsOption = None,
    model: ModelOption = None,
    layout: LayoutOption = Layout.PREDICTED,
    baseline: BaselineOption = None,
    pred: PredOption = None,
    label_set: LabelSetOption = "celebamask-hq",
    refine: RefineOption = 0,
    refine_preset: RefinePresetOption = RefinePreset.CAREFUL,
    vgg: VggOption = None,
    mirror: MirrorOption = False,
    as_photos: PhotosOption = None,
    without: WithoutOption = None,
    bins: BinsOption = False,
    bin_edges: EdgesOption = "0,5,10,15,20,40,60",
    lpips: LpipsOption = None,
    crop_lpips: CropLpipsOption = False,
    identity: IdentityOption = None,
    groups: GroupsOption = None,
    fid: FidOption = None,
    csv: CsvOption = None,
    results: ResultsOption = None,
    size: SizeOption = 128,
    count: CountOption = None,
    batch_size: BatchOption = 8,
    device: DeviceOption = "cpu",
) -> None:
    """Fill frozen holes of portraits whose truth is known; write PSNR, SSIM and more as JSON."""
    from rich.console import Console

    from inlay.evaluation.bins import parse_edges
    from inlay.evaluation.cases import find_pictures, load_cases
    from inlay.evaluation.evaluate import evaluate as run
    from inlay.evaluation.groups import read_groups
    from inlay.evaluation.hole_sets import read_holes, read_kinds
    from inlay.evaluation.provenance import provenance
    from inlay.evaluation.reports import all_of, check_outputs, picture_writer, write_csv, write_json
    from inlay.evaluation.summary import summarize
    from inlay.files import Named, keep_inputs
    from inlay.painters.refinement import RefineSettings

    reads: Named = {
        "the holes": holes,
        "the data": [*files_of_data(data), *filter(None, (images, labels, stems, groups))],
        "the model": files_of_model(model), "--pred": pred,
        "the weights": list(filter(None, (lpips, fid, vgg, identity))),
    }  # fmt: skip
    keep_inputs(reads, {"--json": json, "--csv": csv, "--results": results})
    for page in (json, csv):
        document_output(page)
    check_outputs(json, csv, results)
    edges = parse_edges(bin_edges)
    pairs = find_pictures(data=data, images=images, labels=labels, stems=stems)
    frozen = read_holes(holes, stems=[pair.stem for pair in pairs], size=(size, size))[:count]
    kinds, pairs = read_kinds(holes), pairs[:count]
    members = None if groups is None else read_groups(groups, [pair.stem for pair in pairs])
    refining = RefineSettings(refine, refine_preset.value, None if vgg is None else str(vgg))
    subject = open_subject(
        model, baseline, pred, layout, refining, size, device, mirror=mirror, as_photos=as_photos,
        without=step_names(without), label_set=label_set,
    )  # fmt: skip
    measures = open_measures(
        subject.labels, subject.device, lpips=lpips, crop_lpips=crop_lpips, identity=identity, fid=fid,
        has_layouts=data is not None or labels is not None,
    )  # fmt: skip
    keep = all_of(picture_writer(results), *measures.keeps)
    with Console(stderr=True).status("reading") as status:
        cases = load_cases(
            pairs, frozen, subject.labels, lambda n: status.update(f"read {n} of {len(frozen)}")
        )
        evaluation = run(
            cases, subject.filler, measures.metrics, classes=len(subject.labels), batch_size=batch_size,
            progress=lambda n: status.update(f"filled {n} of {len(frozen)}"), keep=keep,
        )  # fmt: skip
    report = summarize(
        evaluation, subject.labels, layout=subject.filler.layout, size=(size, size),
        bin_edges=edges if bins else None, kinds=kinds and kinds[:count], members=members,
    )  # fmt: skip
    report |= {"fill": subject.name, "filled": subject.filled, "refine": subject.refine}
    report |= measures.of_all()
    sources = {"data": str(data or images), "holes": str(holes), "fill": subject.source}
    report["provenance"] = provenance(
        cases, device=subject.device, sources=sources, weights=subject.weights | measures.weights
    )
    if csv is not None:
        write_csv(csv, evaluation)
    write_json(json, report)
    _echo(report, json)


def _echo(report: dict[str, Any], path: Path) -> None:
    units = {"psnr": " dB", "ssim": "", "hole_psnr": " dB", "hole_mae": ""}
    units |= dict.fromkeys(("lpips", "crop_lpips", "identity", "fid"), "")
    shown = [f"{k} {report[k]:.4f}{unit}" for k, unit in units.items() if report.get(k) is not None]
    typer.echo(
        f"{', '.join(shown)} over {report['count']} portraits; layout {report['layout']}, {report['filled']}"
    )
    typer.echo(
        f"protocol {report['protocol']}, {report['seconds_per_image']:.3f} s a picture; report: {path}"
    )
