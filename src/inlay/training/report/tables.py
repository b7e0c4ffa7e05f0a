"""Tables of `inlay ablate` and `inlay results` as parts of the report's page."""

import csv
import html
import math
from pathlib import Path

from inlay.errors import UserError

__all__ = ["find_tables", "table_section"]

TITLES = {
    "table": "Ablation",
    "table1": "Table I: attention mechanisms",
    "table2": "Table II: style optimisation at test time",
    "table3": "Table III: beside others",
}


def find_tables(folder: Path) -> list[Path]:
    """The tables in a folder of `inlay ablate` or `inlay results`, and in the ablation within that."""
    names = [f"{name}.csv" for name in TITLES]
    return [path for place in (".", "table1") for name in names if (path := folder / place / name).is_file()]


def table_section(path: Path) -> str:
    """A section with one table; figures stand to the right, with four digits."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise UserError(f"{path}: not readable as a table ({error})") from error
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    heads = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in head)
    title = TITLES.get(path.stem, path.stem)
    return (
        f"<section><h2>{html.escape(title)}</h2><div class='wide'><table>"
        f"<tr>{heads}</tr>{body}</table></div></section>"
    )


def _cell(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return f"<td>{html.escape(text)}</td>"
    shown = f"{value:.4g}" if math.isfinite(value) and len(text.lstrip("+-")) > 6 else text
    return f'<td class="figure">{html.escape(shown)}</td>'
