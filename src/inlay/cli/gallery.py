"""`inlay gallery`: the best and the worst fills on one sheet (paper, fig. 5)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from inlay.cli.options import (
    DeviceOption,
    ModelOption,
    OverwriteOption,
    files_of_data,
    files_of_model,
    picture_output,
)

if TYPE_CHECKING:
    from inlay.evaluation.extremes import Fill
    from inlay.visualize.gallery import Exhibit

__all__ = ["gallery"]


def gallery(
    holes: HolesOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet to write.", show_default=False)],
    data: DataOption = None,
    images: ImagesOption = None,
    labels: LabelsOption = None,
    stems: StemsOption = None,
    model: ModelOption = None,
    layout: LayoutOption = Layout.PREDICTED,
    rows: Annotated[int, typer.Option(help="How many of the best, and how many of the worst.", min=1)] = 4,
    size: SizeOption = 128,
    count: CountOption = None,
    overwrite: OverwriteOption = False,
    device: DeviceOption = "cpu",
) -> None:
    """Fill frozen holes and show the best and the worst by hole PSNR: original, layout, masked, result."""
    from inlay.evaluation.cases import find_pairs, load_cases
    from inlay.evaluation.evaluate import evaluate
    from inlay.evaluation.extremes import Keeper, best_and_worst
    from inlay.evaluation.fillers import ModelFiller, predicted_layout, true_layout
    from inlay.evaluation.hole_sets import read_holes
    from inlay.evaluation.metrics.pixels import hole_psnr
    from inlay.files import Named, keep_inputs
    from inlay.images import write_picture
    from inlay.visualize.gallery import gallery_sheet

    reads: Named = {
        "the holes": holes, "the data": [*files_of_data(data), *filter(None, (images, labels, stems))],
        "the model": files_of_model(model),
    }  # fmt: skip
    keep_inputs(reads, {"--output": output})
    picture_output(output, overwrite=overwrite)
    pairs = find_pairs(data=data, images=images, labels=labels, stems=stems)
    frozen = read_holes(holes, stems=[pair.stem for pair in pairs], size=(size, size))[:count]
    snapshot, _, chosen = open_model(model, size, device)
    source = true_layout if layout is Layout.TRUE else predicted_layout
    filler = ModelFiller(snapshot.model, snapshot.layout, source=source, device=chosen)
    keeper = Keeper(predicted=layout is Layout.PREDICTED)
    metrics = {"hole_psnr": lambda truth, result, hole, label: hole_psnr(truth, result, hole)}
    cases = load_cases(pairs[:count], frozen, snapshot.labels)
    values = evaluate(cases, filler, metrics, classes=len(snapshot.labels), keep=keeper).figures["hole_psnr"]
    best, worst = best_and_worst(values, rows)
    groups = {
        title: [_exhibit(keeper.fills[n], values[n]) for n in places]
        for title, places in (("best by hole PSNR", best), ("worst by hole PSNR", worst))
        if places
    }
    write_picture(output, gallery_sheet(groups, snapshot.labels))
    for title, places in (("best", best), ("worst", worst)):
        typer.echo(f"{title}: {', '.join(f'{cases.stems[n]} {values[n]:.1f} dB' for n in places)}")
    typer.echo(f"sheet: {output}")


def _exhibit(fill: "Fill", value: float) -> "Exhibit":
    from inlay.visualize.gallery import Exhibit

    caption = f"{fill.stem}: {value:.1f} dB inside the hole, {fill.hole.mean():.1%} of the picture"
    return Exhibit(fill.photo, fill.layout, fill.hole > 0, fill.result, caption)
