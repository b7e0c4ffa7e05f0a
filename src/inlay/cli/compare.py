"""`inlay compare`: two reports of `inlay evaluate`, picture by picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inlay.cli.options import document_output

if TYPE_CHECKING:
    from inlay.evaluation.paired import Row

__all__ = ["compare"]

WIDE = 120
"""Characters a line, where the table goes to a file."""


def compare(
    a: Annotated[Path, typer.Argument(help="A report of `inlay evaluate`, a .json.", show_default=False)],
    b: Annotated[
        Path, typer.Argument(help="Another one, of the same pictures and holes.", show_default=False)
    ],
    json: Annotated[
        Path | None, typer.Option(help="Also write the comparison here, a .json.", show_default=False)
    ] = None,
) -> None:
    """Compare two fills of the same pictures and holes: means, B - A by picture with its 95 % interval.

    The ratio B / A tells, say, LPIPS as a share of a baseline's.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from inlay.evaluation.paired import as_json, read_report
    from inlay.evaluation.paired import compare as run
    from inlay.evaluation.reports import write_json
    from inlay.files import check_output, keep_inputs

    keep_inputs({"A": a, "B": b}, {"--json": json})
    document_output(json)
    if json is not None:
        check_output(json)
    reports = read_report(a), read_report(b)
    rows = run(*reports)
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for column in ("", "figure", "pictures", "A", "B", "B / A", "B - A", "95 % interval", "excludes 0"):
        left = column in ("", "figure")
        table.add_column(column, justify="left" if left else "right", overflow="fold")
    place = None
    for row in rows:
        if place not in (None, (row.column, row.group)):
            table.add_section()
        table.add_row(_place(row) if place != (row.column, row.group) else "", *_cells(row))
        place = row.column, row.group
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for letter, path, report in zip("AB", (a, b), reports, strict=True):
        console.print(
            f"{letter}: {path} ({report.get('fill')}, {report['provenance']['sources'].get('fill')})",
            soft_wrap=True,
        )
    console.print(table)
    if json is not None:
        write_json(json, {"a": str(a), "b": str(b), "rows": as_json(rows)})
        console.print(f"comparison: {json}", soft_wrap=True)


def _place(row: "Row") -> str:
    return f"{row.column} {row.group}" if row.column else "all"


def _cells(row: "Row") -> list[str]:
    ratio = "" if row.ratio is None or row.figure.endswith("psnr") else f"{row.ratio:.2f}"
    interval = f"{row.difference.low:+.4f} to {row.difference.high:+.4f}"
    told = "yes" if row.is_told_apart else "no"
    means = f"{row.a:.4f}", f"{row.b:.4f}"
    return [row.figure, str(row.count), *means, ratio, f"{row.difference.mean:+.4f}", interval, told]
