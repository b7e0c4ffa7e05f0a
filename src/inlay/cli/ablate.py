"""`inlay ablate`: a plan in, trained variants and their table out."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.cases import CountOption, HolesOption
from inlay.cli.options import files_of_data

__all__ = ["ablate"]


def ablate(
    plan: Annotated[
        Path, typer.Argument(help="Plan, a TOML file; the shipped ones lie in configs/ablations/.")
    ],
    data: Annotated[
        Path,
        typer.Option(help="Folder with images/, labels/, train.txt and val.txt.", show_default=False),
    ],
    holes: HolesOption,
    output: Annotated[
        Path,
        typer.Option(
            help="Folder for runs, reports and table; finished runs are reused.", show_default=False
        ),
    ],
    count: CountOption = None,
    lpips: Annotated[
        Path | None,
        typer.Option(help="Folder of LPIPS's weights; without it LPIPS is left out.", show_default=False),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where decoded faces are kept (default: the user cache).", show_default=False),
    ] = None,
) -> None:
    """Train variants at equal budget and seeds, measure them on the same holes, write their table."""
    from inlay.ablation.plan import load_plan
    from inlay.ablation.study import carry_out
    from inlay.ablation.tables import as_csv, as_latex, as_markdown, lines_of
    from inlay.cli.measures import open_metrics
    from inlay.evaluation.cases import find_pairs, load_cases
    from inlay.evaluation.hole_sets import read_holes
    from inlay.files import Named, keep_inputs, whole_file
    from inlay.training.setup import label_set
    from inlay.weights import cache_folder

    reads: Named = {
        "the plan": plan,
        "the data": [data, *files_of_data(data)],
        "the holes": holes,
        "--lpips": lpips,
    }
    keep_inputs(reads, {"--output": output, "--cache": cache})
    study = load_plan(plan)
    config = study.config(study.rows[0], study.seeds[0])
    labels, side = label_set(config), config.data.size
    pairs = find_pairs(data=data)
    frozen = read_holes(holes, stems=[pair.stem for pair in pairs], size=(side, side))[:count]
    metrics, _, _ = open_metrics(lpips)
    output.mkdir(parents=True, exist_ok=True)
    reports = carry_out(
        study, load_cases(pairs[:count], frozen, labels), metrics,
        data=data, output=output, cache=cache or cache_folder(), labels=labels,
        tell=lambda what: typer.echo(what, err=True),
    )  # fmt: skip
    lines = lines_of(study, reports)
    texts = {"md": as_markdown(lines), "tex": as_latex(lines, study.title), "csv": as_csv(lines)}
    for ending, text in texts.items():
        with whole_file(output / f"table.{ending}") as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    typer.echo(texts["md"], nl=False)
    typer.echo(f"{len(frozen)} portraits, {len(study.seeds)} seeds a row; tables and reports: {output}")
