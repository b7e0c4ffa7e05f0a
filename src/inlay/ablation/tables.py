"""The table of an ablation as Markdown, LaTeX and CSV."""

import csv
import io
from dataclasses import dataclass

import numpy as np

from inlay.ablation.plan import Plan
from inlay.evaluation.kept import Report

__all__ = ["FIGURES", "Line", "as_csv", "as_latex", "as_markdown", "lines_of"]

FIGURES = {"psnr": 2, "ssim": 4, "hole_psnr": 2, "lpips": 4, "class_color_error": 2, "boundary_error": 2}
"""The table's columns and their decimals; a figure that no report has is left out."""


@dataclass(frozen=True)
class Line:
    """A row: the mean over seeds and pictures, the 95 % interval of it, how many seeds, and their spread.

    Of one picture there is no interval.
    """

    key: str
    name: str
    layout: str
    paper_psnr: float | None
    means: dict[str, float]
    interval: tuple[float, float] | None
    seeds: int
    spread: float


def lines_of(plan: Plan, reports: list[Report]) -> list[Line]:
    """The rows of the table; one without any report is left out.

    The interval is of the PSNR over pictures (bootstrap), averaged over the seeds; the spread is the
    difference between the best and the worst seed's PSNR in dB, which no interval over pictures tells.
    """
    lines = []
    for row in plan.rows:
        mine = [report for report in reports if report["row"] == row.key]
        if not mine:
            continue
        told = [name for name in FIGURES if all(report.get(name) is not None for report in mine)]
        means = {name: float(np.mean([report[name] for report in mine])) for name in told}
        over_pictures = [report["intervals"]["psnr"] for report in mine]
        ends = None if None in over_pictures else np.mean(over_pictures, axis=0)
        each = [report["psnr"] for report in mine]
        lines.append(
            Line(
                row.key,
                row.name,
                row.layout,
                row.paper_psnr,
                means,
                None if ends is None else (float(ends[0]), float(ends[1])),
                len(mine),
                max(each) - min(each),
            )
        )
    return lines


def _cells(lines: list[Line]) -> tuple[list[str], list[list[str]]]:
    columns = [name for name in FIGURES if all(name in line.means for line in lines)]
    head = ["mechanism", "layout", "paper psnr", *columns, "psnr 95 %", "seeds", "psnr between seeds"]
    body = []
    for line in lines:
        paper = "" if line.paper_psnr is None else f"{line.paper_psnr:.2f}"
        figures = [f"{line.means[name]:.{FIGURES[name]}f}" for name in columns]
        interval = "" if line.interval is None else f"{line.interval[0]:.2f} to {line.interval[1]:.2f}"
        spread = f"{line.spread:.2f}" if line.seeds > 1 else ""
        body.append([line.name, line.layout, paper, *figures, interval, str(line.seeds), spread])
    return [name.replace("_", " ") for name in head], body


def as_markdown(lines: list[Line]) -> str:
    """A table of GitHub's Markdown."""
    head, body = _cells(lines)
    rows = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


def as_latex(lines: list[Line], title: str) -> str:
    """A table for `booktabs`."""
    head, body = _cells(lines)
    escaped = [
        [cell.replace("%", r"\%").replace("&", r"\&").replace("|", r"$|$") for cell in row]
        for row in (head, *body)
    ]
    first, *others = (" & ".join(row) + r" \\" for row in escaped)
    return "\n".join(
        [
            r"\begin{table}", rf"\caption{{{title}}}", rf"\begin{{tabular}}{{ll{'r' * (len(head) - 2)}}}",
            r"\toprule", first, r"\midrule", *others, r"\bottomrule", r"\end{tabular}", r"\end{table}", "",
        ]
    )  # fmt: skip


def as_csv(lines: list[Line]) -> str:
    """A line a row, figures in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = list(dict.fromkeys(name for line in lines for name in line.means))
    writer.writerow(
        ["mechanism", "layout", "paper_psnr", *columns, "psnr_low", "psnr_high", "seeds", "psnr_spread"]
    )
    for line in lines:
        figures = [line.means.get(name, "") for name in columns]
        last = (*(line.interval or ("", "")), line.seeds, line.spread)
        writer.writerow([line.name, line.layout, line.paper_psnr, *figures, *last])
    return text.getvalue()
