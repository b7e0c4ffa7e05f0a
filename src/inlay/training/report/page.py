"""A run on one page: figures, curves, sheets of filled faces, settings. It asks for nothing from anywhere."""

import base64
import html
import io
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from inlay.config import Config
from inlay.errors import UserError
from inlay.files import whole_file
from inlay.training.records import Record, RunRecords, read_records, series
from inlay.training.report.charts import Line, draw_chart
from inlay.training.report.tables import find_tables, table_section

__all__ = ["render_report", "write_report"]

SHEETS = 6

# Quantities drawn together: title, what the page says of it, and a name for each.
CHARTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("PSNR on val", "dB, composites; higher is better",
     {"val_psnr_predicted": "predicted layout", "val_psnr_true": "true layout"}),
    ("PSNR inside the hole", "dB; higher is better",
     {"val_hole_psnr_predicted": "predicted layout", "val_hole_psnr_true": "true layout"}),
    ("SSIM on val", "higher is better",
     {"val_ssim_predicted": "predicted layout", "val_ssim_true": "true layout"}),
    ("LPIPS on val", "lower is better",
     {"val_lpips_predicted": "predicted layout", "val_lpips_true": "true layout"}),
    ("Predicted layout on val", "share of right pixels",
     {"val_layout_known": "known", "val_layout_hole": "inside the hole"}),
    ("Predicted layout, cross-entropy", "inside the hole; lower is better",
     {"val_layout_entropy": "val", "train_layout_entropy": "training faces"}),
    ("Total", "the generator's weighted sum", {"total": "total"}),
    ("Adversarial", "the generator's side", {"adversarial": "adversarial"}),
    ("Discriminator", "its losses",
     {"discriminator_fake": "on fakes", "discriminator_real": "on real pictures"}),
    ("Discriminator is right", "share of patches; 0.5 is a guess", {"discriminator_accuracy": "accuracy"}),
    ("Gradient norm", "before clipping",
     {"grad_norm": "generator", "discriminator_grad_norm": "discriminator"}),
    ("Learning rate", "", {"learning_rate": "generator"}),
    ("Speed", "faces a second", {"faces_per_second": "faces/s"}),
    ("Waiting for the loader", "share of the time", {"loader_wait": "share"}),
)  # fmt: skip
NAMES = {
    "hole_l1": "L1, hole", "known_l1": "L1, known", "whole_l1": "L1, whole picture",
    "layout": "Layout cross-entropy",
    "semantic_attention": "Semantic Attention Loss", "perceptual": "Perceptual", "r1": "R1 penalty",
    "feature_matching": "Feature matching",
}  # fmt: skip
UNCHARTED = {"time", "faces", "skipped_steps", "discriminator_total"}


def write_report(run: Path, output: Path | None = None, tables: Sequence[Path] = ()) -> Path:
    """Write the page of a run folder, by default as `report.html` inside it; returns where it lies.

    `tables` are folders of `inlay ablate` or `inlay results`; `run` itself may be one.
    """
    page = render_report(run, tables)
    place = output or run / "report.html"
    with whole_file(place) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
    return place


def render_report(run: Path, tables: Sequence[Path] = ()) -> str:
    """The page of a run folder, also of one that is still going on; or of a folder of tables."""
    parts = [table_section(path) for folder in tables for path in _tables_in(folder)]
    if not (run / "config.json").is_file() and (own := find_tables(run)):
        header = f"<header><h1>{html.escape(run.resolve().name)}</h1></header>"
        return _page(run, [header, *(table_section(path) for path in own), *parts])
    return _page(run, [*_run_parts(run), *parts])


def _tables_in(folder: Path) -> list[Path]:
    found = find_tables(folder)
    if not found:
        raise UserError(f"{folder}: no table there; expected a folder of `inlay ablate` or `inlay results`")
    return found


def _page(run: Path, parts: list[str]) -> str:
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    return PAGE.format(title=html.escape(run.resolve().name), style=style, body="\n".join(parts))


def _run_parts(run: Path) -> list[str]:
    """The sections about a run."""
    records = read_records(run)
    if not records.steps:
        raise UserError(f"{run}: no step has been logged yet; look again later")
    config = _settings(run / "config.json")
    total = int(config.get("schedule", {}).get("faces", records.faces))
    return [
        f"<header><h1>{html.escape(run.resolve().name)}</h1>"
        f"<p>{html.escape(str(config.get('description', '')))}</p></header>",
        _tiles(records, total),
        _charts(records, max(total, records.faces) if records.faces > 0.5 * total else records.faces),
        _sheets(run),
        _events(records),
        _config(config),
    ]


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title} - inlay run</title>
<style>
{style}
</style>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _tiles(records: RunRecords, total: int) -> str:
    tiles = [("faces seen", f"{records.faces:,}", f"of {total:,} ({records.faces / total:.0%})")]
    for key, name in (("val_psnr_predicted", "predicted layout"), ("val_psnr_true", "true layout")):
        points = series(records.figures, key)
        if points:
            at, best = max(points, key=lambda point: point[1])
            tiles.append((f"best PSNR, {name}", f"{best:.2f} dB", f"at {at:,.0f} faces"))
    speeds = sorted(value for _, value in series(records.steps, "faces_per_second"))
    tiles.append(("speed", f"{speeds[len(speeds) // 2]:.1f} faces/s", f"training took {_duration(records)}"))
    waits = [value for _, value in series(records.steps, "loader_wait")]
    if waits:
        tiles.append(("waiting for the loader", f"{sum(waits) / len(waits):.1%}", "of the time"))
    skipped = int(records.steps[-1].get("skipped_steps", 0))
    resumed = sum(1 for e in records.events if e["event"] == "resumed")
    tiles.append(
        ("skipped steps", str(skipped), f"resumed {resumed} times" if resumed != 1 else "resumed once")
    )
    return (
        '<section class="tiles">'
        + "".join(
            f"<div><span>{html.escape(name)}</span><strong>{value}</strong><span>{note}</span></div>"
            for name, value, note in tiles
        )
        + "</section>"
    )


def _duration(records: RunRecords) -> str:
    """Time spent in steps: the time between two runs does not count."""
    before, seconds = 0.0, 0.0
    for record in records.steps:
        seconds += (record["faces"] - before) / record["faces_per_second"]
        before = record["faces"]
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def _charts(records: RunRecords, end: int) -> str:
    known = {key for _, _, names in CHARTS for key in names} | UNCHARTED
    recorded = {key: None for r in records.steps for key, value in r.items() if isinstance(value, float)}
    others = tuple((NAMES.get(key, key), "", {key: key}) for key in recorded if key not in known)
    val, training = list[str](), list[str]()
    for title, note, names in (*CHARTS, *others):
        on_val = any(key.startswith("val_") for key in names)
        source: list[Record] = records.figures if on_val else records.steps
        lines = [
            Line(name, points, smooth=not on_val and key != "learning_rate")
            for key, name in names.items()
            if (points := series(source, key))
        ]
        if lines:
            (val if on_val else training).append(_chart(title, note, lines, end))
    sections = [("On fixed val faces", val), ("In training", training)]
    return "".join(
        f'<section><h2>{name}</h2><div class="charts">{"".join(charts)}</div></section>'
        for name, charts in sections
        if charts
    )


def _chart(title: str, note: str, lines: list[Line], end: int) -> str:
    last = "".join(
        f'<li class="line{n}"><i></i>{html.escape(line.name)} <b>{line.points[-1][1]:.4g}</b></li>'
        for n, line in enumerate(lines)
    )
    words = f"<figcaption><b>{html.escape(title)}</b> <span>{html.escape(note)}</span></figcaption>"
    return f"<figure>{words}{draw_chart(lines, end)}<ul>{last}</ul></figure>"


def _sheets(run: Path) -> str:
    """The newest sheet of val faces, and older ones folded away."""
    grids = sorted(run.glob("grid-*.png"))
    if not grids:
        return ""
    step = max(1, -(-len(grids) // SHEETS))
    shown = grids[::-1][::step]
    newest, *older = [(int(path.stem.removeprefix("grid-")), _embedded(path)) for path in shown]
    folded = "".join(
        f"<details><summary>at {faces:,} faces</summary>{picture}</details>" for faces, picture in older
    )
    return f"<section><h2>Val faces at {newest[0]:,} faces</h2>{newest[1]}{folded}</section>"


def _embedded(path: Path) -> str:
    with Image.open(path) as picture, io.BytesIO() as file:
        picture.convert("RGB").save(file, format="JPEG", quality=88)
        data = base64.b64encode(file.getvalue()).decode()
    return f'<img class="sheet" alt="filled val faces" src="data:image/jpeg;base64,{data}">'


def _events(records: RunRecords) -> str:
    if not records.events:
        return ""
    rows = "".join(
        f"<tr><td>{time.strftime('%Y-%m-%d %H:%M', time.localtime(e.get('time', 0)))}</td>"
        f"<td>{int(e['faces']) if 'faces' in e else ''}</td><td>{html.escape(str(e['event']))}</td></tr>"
        for e in records.events[-200:]
    )
    head = "<tr><th>when</th><th>faces</th><th>what</th></tr>"
    return f"<section><h2>Events</h2><table>{head}{rows}</table></section>"


def _config(config: dict[str, Any]) -> str:
    """Every setting; those that differ from the program's defaults stand out."""
    defaults = _flat(Config().model_dump(mode="json"))
    rows = "".join(
        f"<tr{'' if defaults.get(key) == value else ' class=changed'}><td>{html.escape(key)}</td>"
        f"<td>{html.escape(json.dumps(value))}</td></tr>"
        for key, value in _flat(config).items()
    )
    return (
        "<section><h2>Settings</h2><details><summary>all settings; bold ones differ from the defaults"
        f"</summary><table>{rows}</table></details></section>"
    )


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _settings(path: Path) -> dict[str, Any]:
    """The run's settings as they were written, also by another version of the program."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: not readable ({error}); expected the run folder of `inlay train`"
        ) from error
    return settings if isinstance(settings, dict) else {}
