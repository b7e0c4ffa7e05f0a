"""`inlay results`: the paper's tables made anew, on one page."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.cases import CountOption, HolesOption
from inlay.cli.options import (
    DeviceOption,
    ModelOption,
    VggOption,
    document_output,
    files_of_data,
    files_of_model,
)

__all__ = ["results"]


def results(
    plan: Annotated[Path, typer.Argument(help="Plan of Table I, a TOML file of configs/ablations/.")],
    data: Annotated[
        Path, typer.Option(help="Folder with images/, labels/, train.txt and val.txt.", show_default=False)
    ],
    holes: HolesOption,
    work: Annotated[
        Path, typer.Option(help="Folder where measurements are kept and reused.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The page, a .md.", show_default=False)],
    runs: Annotated[
        Path | None,
        typer.Option(help="Folder of `inlay ablate` (default: table1 in --work).", show_default=False),
    ] = None,
    train: Annotated[
        bool, typer.Option("--train/--no-train", help="Train the rows of Table I that are missing.")
    ] = True,
    model: ModelOption = None,
    pred: Annotated[
        list[str] | None,
        typer.Option(help="Another program's results, NAME=FOLDER; repeat it.", show_default=False),
    ] = None,
    count: CountOption = None,
    plan_count: Annotated[
        int | None,
        typer.Option(help="For Table I only the first so many stems.", min=2, show_default=False),
    ] = None,
    refine_count: Annotated[int, typer.Option(help="For Table II only the first so many stems.", min=2)] = 48,
    steps: Annotated[str, typer.Option(help="Numbers of steps of Table II.")] = "1,5,20",
    lpips: Annotated[
        Path | None,
        typer.Option(help="Folder of LPIPS's weights; without it LPIPS is left out.", show_default=False),
    ] = None,
    vgg: VggOption = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where decoded faces are kept (default: the user cache).", show_default=False),
    ] = None,
    device: DeviceOption = "cpu",
) -> None:
    """Measure the paper's tables and write them with a plain word on what agrees and what does not."""
    from inlay.cli.measures import open_metrics
    from inlay.files import Named, keep_inputs
    from inlay.results.request import Request, parse_preds, parse_steps
    from inlay.results.write import write_results

    request = Request(
        plan, data, holes, work, output, runs or work / "table1", train, model, parse_preds(pred or []),
        count, plan_count, refine_count, parse_steps(steps), lpips, vgg, cache, device,
    )  # fmt: skip
    reads: Named = {
        "the plan": plan, "the data": [data, *files_of_data(data)], "the holes": holes,
        "the model": files_of_model(model), "--pred": list(request.preds.values()),
        "the weights": list(filter(None, (lpips, vgg))),
    }  # fmt: skip
    keep_inputs(reads, {"--work": work, "--output": output, "--runs": runs, "--cache": cache})
    document_output(output)
    metrics, _, _ = open_metrics(lpips)
    write_results(request, metrics, lambda what: typer.echo(what, err=True))
    typer.echo(f"page: {output}; tables as CSV and all reports: {work}")
