"""Table I: attention mechanisms at equal budget."""

from itertools import pairwise

from inlay.ablation.plan import Plan, Row
from inlay.ablation.tables import FIGURES, Line, lines_of
from inlay.evaluation.kept import Report
from inlay.results.compare import difference, in_order, told_apart
from inlay.results.origin import origin
from inlay.results.section import Section, Table

__all__ = ["table_1"]

HEADS = {
    "psnr": "PSNR", "ssim": "SSIM", "hole_psnr": "PSNR inside the hole", "lpips": "LPIPS",
    "class_color_error": "colour error of classes", "boundary_error": "error at the rim",
}  # fmt: skip


def table_1(plan: Plan, reports: list[Report], command: str) -> Section:
    """The section of an ablation, whose rows may still be missing."""
    lines = {line.key: line for line in lines_of(plan, reports)}
    columns = [name for name in FIGURES if lines and all(name in line.means for line in lines.values())]
    head = ["mechanism", "layout", "paper: PSNR", *(HEADS[name] for name in columns), "PSNR 95 %", "seeds"]
    head.append("PSNR between seeds")
    rows = [_cells(row, lines.get(row.key), columns) for row in plan.rows]
    config = plan.config(plan.rows[0], plan.seeds[0])
    width = getattr(config.model, "width", None)
    about = (
        f"Each row is a network like the paper's, {f'of width {width} (the paper: 64), ' if width else ''}"
        f"trained from scratch on {config.schedule.faces:,} faces at "
        f"{config.data.size} x {config.data.size} with the same seeds ({_listed(plan.seeds)}), then measured "
        "on the same holes. The paper trained each for three days on four GPUs, on another split of the "
        "faces, so that its figures stand beside ours to compare the rows' order and distances, not their "
        "level."
    )
    return Section(
        "Table I: attention mechanisms",
        about,
        Table(head, rows, text_columns=2),
        _words(plan, reports, lines),
        command,
        origin(reports) if reports else "Nothing was measured yet.",
    )


def _cells(row: Row, line: Line | None, columns: list[str]) -> list[str]:
    paper = "" if row.paper_psnr is None else f"{row.paper_psnr:.2f}"
    if line is None:
        return [row.name, row.layout, paper, *("" for _ in columns), "not trained", "0", ""]
    figures = [f"{line.means[name]:.{FIGURES[name]}f}" for name in columns]
    interval = "" if line.interval is None else f"{line.interval[0]:.2f} to {line.interval[1]:.2f}"
    spread = f"{line.spread:.2f}" if line.seeds > 1 else ""
    return [row.name, row.layout, paper, *figures, interval, str(line.seeds), spread]


def _words(plan: Plan, reports: list[Report], lines: dict[str, Line]) -> list[str]:
    """What the numbers say of the paper's claims, and what they cannot."""
    words = []
    both = [row for row in plan.rows if row.paper_psnr is not None and row.key in lines]
    names = [row.name for row in both]
    if len(both) > 1:
        paper = in_order(names, [row.paper_psnr or 0 for row in both])
        ours = in_order(names, [lines[row.key].means["psnr"] for row in both])
        same = "The order of the rows is the paper's" if paper == ours else "The order is not the paper's"
        if any(lines[row.key].seeds < len(plan.seeds) for row in both):
            same += " (so far, some rows with fewer seeds than others)"
        words.append(f"{same}: here {ours}" + ("." if paper == ours else f"; in the paper {paper}."))
    for before, row in pairwise(both):
        of = {key: _of(reports, key) for key in (before.key, row.key)}
        found = difference(of[row.key], of[before.key], "psnr")
        assert row.paper_psnr is not None
        assert before.paper_psnr is not None
        if found is not None:
            gap = row.paper_psnr - before.paper_psnr
            only = "; of one seed only" if len(found.by_seed) < len(plan.seeds) else ""
            said = told_apart(found, gap) + only
            words.append(f"{row.name} over {before.name}: the paper {gap:+.2f} dB, here {said}.")
    words += _beyond(plan, reports, lines)
    spreads = [line.spread for line in lines.values() if line.seeds > 1]
    if spreads:
        words.append(
            f"Two seeds of one row lie up to {max(spreads):.2f} dB apart, which no interval over pictures "
            "tells: a difference smaller than that needs more seeds."
        )
    missing = [row.name for row in plan.rows if row.key not in lines]
    fewer = [line.name for line in lines.values() if line.seeds < len(plan.seeds)]
    if missing:
        words.append(f"Not trained yet: {'; '.join(missing)}.")
    if fewer:
        words.append(f"Not all seeds are trained of: {'; '.join(fewer)}.")
    return words


def _beyond(plan: Plan, reports: list[Report], lines: dict[str, Line]) -> list[str]:
    """The rows that the paper does not have, against its best."""
    ranked = [row for row in plan.rows if row.paper_psnr is not None and row.key in lines]
    if not ranked:
        return []
    best = max(ranked, key=lambda row: row.paper_psnr or 0)
    words = []
    for row in plan.rows:
        if row.paper_psnr is None and row.key in lines:
            found = difference(_of(reports, row.key), _of(reports, best.key), "psnr")
            if found is not None:
                verdict = {1: "higher", -1: "lower", 0: "not told apart"}[found.sign]
                only = "; of one seed only" if len(found.by_seed) < len(plan.seeds) else ""
                words.append(f"{row.name} against {best.name}: {found.shown()}: {verdict}{only}.")
    return words


def _of(reports: list[Report], key: str) -> list[Report]:
    return sorted((report for report in reports if report["row"] == key), key=lambda report: report["seed"])


def _listed(values: list[int]) -> str:
    return " and ".join(str(value) for value in values) if len(values) < 3 else f"{len(values)} of them"
