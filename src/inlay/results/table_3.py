"""Table III: the model beside the published figures, the baselines, and other programs' results."""

from dataclasses import dataclass

from inlay.evaluation.kept import Report
from inlay.results.compare import difference
from inlay.results.origin import origin
from inlay.results.paper import TABLE_3
from inlay.results.section import Section, Table

__all__ = ["Entry", "table_3"]

ABOUT = (
    "The paper's rows stand as it prints them; they were measured on 2,000 faces of its own split, under "
    "holes and by a protocol of its own, and are no comparison with ours. All other rows were measured "
    "on the same faces under the same holes."
)


@dataclass(frozen=True)
class Entry:
    """One fill of the table; `kind` is model, baseline or pred."""

    name: str
    kind: str
    report: Report


def table_3(entries: list[Entry], command: str, notes: list[str]) -> Section:
    """The section, in the order of the entries."""
    lpips = all(entry.report.get("lpips") is not None for entry in entries)
    head = ["fill", "layout", "PSNR", "PSNR 95 %", "SSIM", "PSNR inside the hole", "95 %"]
    rows = [[p.name, p.layout, f"{p.psnr:.2f}", "", f"{p.ssim:.3f}", "", ""] for p in TABLE_3]
    rows += [_cells(entry) for entry in entries]
    if lpips:
        head.append("LPIPS (squeeze)")
        shown = ["" for _ in TABLE_3] + [f"{entry.report['lpips']:.4f}" for entry in entries]
        rows = [[*row, last] for row, last in zip(rows, shown, strict=True)]
    return Section(
        "Table III: beside others",
        ABOUT,
        Table(head, rows, text_columns=2),
        _words(entries),
        command,
        origin([entry.report for entry in entries]),
        notes,
    )


def _cells(entry: Entry) -> list[str]:
    report = entry.report
    whole, inside = (report["intervals"][name] for name in ("psnr", "hole_psnr"))
    return [
        entry.name,
        report["layout"],
        f"{report['psnr']:.2f}",
        f"{whole[0]:.2f} to {whole[1]:.2f}" if whole else "",
        f"{report['ssim']:.4f}",
        f"{report['hole_psnr']:.2f}",
        f"{inside[0]:.2f} to {inside[1]:.2f}" if inside else "",
    ]


def _words(entries: list[Entry]) -> list[str]:
    rfr, own = TABLE_3
    words = [f"The paper finds itself {rfr.psnr - own.psnr:.2f} dB behind RFR-Net, which was not run here."]
    models = [entry for entry in entries if entry.kind == "model"]
    others = [entry for entry in entries if entry.kind != "model"]
    for model in models:
        gap = model.report["psnr"] - own.psnr
        low, high = model.report["intervals"]["psnr"] or (model.report["psnr"],) * 2
        inside = "within" if low <= own.psnr <= high else "outside"
        words.append(
            f"{model.name}: {gap:+.2f} dB from the paper's {own.psnr:.2f} dB, which lies {inside} its "
            "interval (other faces: of level alone)."
        )
    if len(models) > 1:
        words += _against(models[0], models[1:], "hole_psnr")
    baselines = [entry for entry in others if entry.kind == "baseline"]
    for model in models:
        if baselines:
            best = max(baselines, key=lambda entry: entry.report["hole_psnr"])
            words += _against(model, [best], "hole_psnr")
        words += _against(model, [entry for entry in others if entry.kind == "pred"], "hole_psnr")
    return words


def _against(one: Entry, others: list[Entry], figure: str) -> list[str]:
    words = []
    for other in others:
        found = difference([one.report], [other.report], figure)
        if found is not None:
            verdict = {1: "better", -1: "worse", 0: "not told apart"}[found.sign]
            words.append(f"{one.name} against {other.name}, inside the hole: {found.shown()}: {verdict}.")
    return words
