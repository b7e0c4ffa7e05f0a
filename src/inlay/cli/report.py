"""`inlay report`: one page about a training run."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import document_output

__all__ = ["report"]


def report(
    run: Annotated[
        Path,
        typer.Argument(
            help="Run folder of `inlay train`, also of a run that is going on; or of `inlay ablate`."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(help="The page's file (default: report.html in the run folder).", show_default=False),
    ] = None,
    tables: Annotated[
        list[Path] | None,
        typer.Option(
            help="Also show the tables of this folder of `inlay ablate` or `inlay results`; repeat it.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write one self-contained HTML page about a run: figures, curves, filled val faces, settings, tables."""
    from inlay.files import keep_inputs
    from inlay.training.report.page import write_report

    keep_inputs({"the run": run, "--tables": tables}, {"--output": output})
    document_output(output)
    typer.echo(write_report(run, output, tables or []))
