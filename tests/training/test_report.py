"""The report page: self-contained, and right about a run that was killed and resumed."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.training.logger import Meter
from inlay.training.records import read_records, series
from inlay.training.report.charts import Line, draw_chart, smoothed
from inlay.training.report.page import render_report, write_report

STEP = {"hole_l1": 0.5, "faces_per_second": 10.0, "loader_wait": 0.02, "skipped_steps": 0, "grad_norm": 1.0}


class Page(HTMLParser):
    """Collects what a page asks for, and checks that its tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.open, self.images = list[str](), list[str](), 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.asked += [str(values[key]) for key in ("src", "href") if key in values]
        self.images += tag == "img"
        if tag not in ("meta", "img", "line", "circle", "polyline", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("line", "circle", "polyline"):
            return
        while self.open and self.open[-1] != tag and self.open[-1] in ("tr", "td", "th", "li"):
            self.open.pop()
        assert self.open.pop() == tag


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of 400 faces that was killed at 300 after a checkpoint at 200, with a cut line in its log."""
    folder = tmp_path / "<run>"
    folder.mkdir()
    records = [{"time": 1.0, "faces": n, **STEP} for n in (100, 200, 300)]
    records += [{"time": 2.0, "faces": 300, "val_psnr_true": 40.0, "val_psnr_predicted": 39.0}]
    records += [{"time": 3.0, "event": "resumed", "faces": 200}]
    records += [{"time": 4.0, "faces": n, **STEP, "hole_l1": 0.4} for n in (300, 400)]
    records += [{"time": 5.0, "faces": 400, "val_psnr_true": 30.0, "val_psnr_predicted": 29.0}]
    lines = [json.dumps(record) for record in records]
    lines.insert(4, '{"time": 2.5, "fac')
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n")
    config = {"description": "a <test>", "schedule": {"faces": 1000}, "model": {"style_dim": 7}}
    (folder / "config.json").write_text(json.dumps(config))
    for faces in range(0, 400, 25):
        Image.new("RGB", (64, 32), (faces % 255, 0, 0)).save(folder / f"grid-{faces:08d}.png")
    return folder


def test_steps_that_were_done_twice_count_once(run: Path) -> None:
    records = read_records(run)
    assert [r["faces"] for r in records.steps] == [100, 200, 300, 400]
    assert series(records.steps, "hole_l1") == [(100, 0.5), (200, 0.5), (300, 0.4), (400, 0.4)]
    assert [r["val_psnr_true"] for r in records.figures] == [30.0]


def test_the_page_stands_alone(run: Path) -> None:
    place = write_report(run)
    text = place.read_text()
    page = Page()
    page.feed(text)
    assert page.open == []
    assert all(link.startswith("data:image/") for link in page.asked)
    assert 2 <= page.images <= 6
    assert "http" not in text.replace("http-equiv", "")
    for words in (
        "a &lt;test&gt;",
        "29.00 dB",
        "of 1,000 (40%)",
        "resumed once",
        "0 h 0 min",
        "L1, hole",
        "model.style_dim",
    ):
        assert words in text, words
    assert "<run>" not in text


def test_the_page_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no log.jsonl there; expected the run folder of `inlay train`"):
        render_report(tmp_path)
    (tmp_path / "log.jsonl").write_text("")
    with pytest.raises(UserError, match="no step has been logged yet"):
        render_report(tmp_path)


@pytest.mark.parametrize("values", [[0.0, 0.0], [1e-6, 2e-6], [5.0], [-3.0, 1e5, 7.0]])
def test_charts_of_odd_values(values: list[float]) -> None:
    points = [(100.0 * (n + 1), value) for n, value in enumerate(values)]
    chart = draw_chart([Line("a & b", points), Line("c", points, smooth=True)], end=1000)
    assert "nan" not in chart
    assert "a &amp; b" in chart
    corners = [float(v) for pair in chart.split('points="')[1].split('"')[0].split() for v in pair.split(",")]
    assert all(0 <= value <= 380 for value in corners)


def test_smoothing_is_the_mean_over_a_window() -> None:
    rng = np.random.default_rng(0)
    points = [(float(n), float(v)) for n, v in enumerate(rng.normal(size=100))]
    means = smoothed(points, share=0.1)
    assert means[50][1] == pytest.approx(np.mean([v for _, v in points[45:56]]))
    assert means[0][1] == pytest.approx(np.mean([v for _, v in points[:6]]))


def test_the_meter_leaves_out_what_is_no_number() -> None:
    meter = Meter(0)
    for value in (1.0, float("nan"), 3.0):
        meter.add({"loss": value}, waited=0.0)
    read = meter.read(24)
    assert read["loss"] == 2.0
    assert read["faces_per_second"] > 0
    assert meter.faces == 24


TABLE = "mechanism,psnr,psnr_low,seeds\nwithout <attention>,27.288141427,26.3631424,2\nself-attention,,,0\n"


def test_tables_of_an_ablation_stand_on_the_page(run: Path, tmp_path: Path) -> None:
    ablation = tmp_path / "ablation"
    ablation.mkdir()
    (ablation / "table.csv").write_text(TABLE)
    (ablation / "table2.csv").write_text("model,steps\nours,20\n")
    page = write_report(run, tables=[ablation]).read_text()
    checker = Page()
    checker.feed(page)
    assert not checker.asked or all(link.startswith("data:") for link in checker.asked)
    assert "<h2>Ablation</h2>" in page
    assert "<h2>Table II: style optimisation at test time</h2>" in page
    assert "without &lt;attention&gt;" in page
    assert '<td class="figure">27.29</td>' in page
    assert '<td class="figure">2</td>' in page
    assert "PSNR on val" in page


def test_a_folder_of_tables_is_a_page_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "table1").mkdir()
    (tmp_path / "table1/table.csv").write_text(TABLE)
    (tmp_path / "table3.csv").write_text("fill,PSNR\ntelea,28.57\n")
    page = render_report(tmp_path)
    assert page.index("Table III") < page.index("Ablation")
    assert "PSNR on val" not in page


def test_folders_without_tables_are_named(run: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no table there; expected a folder of `inlay ablate`"):
        render_report(run, [tmp_path / "empty"])
    (tmp_path / "empty/table.csv").write_text("")
    with pytest.raises(UserError, match=r"table.csv: not readable as a table"):
        render_report(run, [tmp_path / "empty"])
