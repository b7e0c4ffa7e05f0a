"""`inlay ablate` trains what is missing, measures, and sets a table whose figures are the reports'."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.ablation.plan import load_plan
from inlay.cli.main import main
from inlay.data.holes import FreeForm, frozen_holes, pack_holes
from inlay.errors import UserError

ROOT = Path(__file__).parents[2]

BASE = """
[model]
kind = "sean"
width = 1
layout_width = 4
style_width = 1
style_dim = 4
[data]
size = 32
stored_size = 32
[loss]
semantic_attention.weight = 0.0
layout.weight = 0.0
[schedule]
faces = 4
batch_size = 2
[training]
precision = "fp32"
workers = 0
val_count = 1
channels_last = false
"""

PLAN = """
title = "Two rows"
base = "base.toml"
seeds = [0, 1]
[[rows]]
key = "none"
name = "without attention"
set = { "model.attention" = "none" }
paper_psnr = 29.42
[[rows]]
key = "sal"
name = "contextual & loss"
set = { "loss.semantic_attention.weight" = 0.1, "loss.semantic_attention.form" = "absolute" }
[[rows]]
key = "again"
name = "the same again"
like = "none"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six random faces, four to train on, with holes for the other two; and the plan."""
    torch.set_num_threads(1)
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
    rng = np.random.default_rng(0)
    for n in range(6):
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(tmp_path / f"images/f{n}.png")
        Image.fromarray(rng.integers(0, 3, (32, 32), dtype=np.uint8)).save(tmp_path / f"labels/f{n}.png")
    (tmp_path / "train.txt").write_text("f0\nf1\nf2\nf3\n")
    (tmp_path / "val.txt").write_text("f4\nf5\n")
    np.savez(tmp_path / "holes.npz", **pack_holes(frozen_holes(0, 2, (32, 32), FreeForm(0.05, 0.3))))
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def ablate(folder: Path, *more: str) -> int:
    paths = [
        str(folder / "plan.toml"), "--data", str(folder), "--holes", str(folder / "holes.npz"),
        "--output", str(folder / "out"), "--cache", str(folder / "cache"),
    ]  # fmt: skip
    with pytest.raises(SystemExit) as end:
        main(["ablate", *paths, *more])
    return int(end.value.code or 0)


def test_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ablate(folder) == 0
    out = folder / "out"
    assert sorted(p.name for p in (out / "runs").iterdir()) == ["none-0", "none-1", "sal-0", "sal-1"]
    reports = {p.stem: json.loads(p.read_text()) for p in (out / "reports").iterdir()}
    with (out / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["mechanism"] for row in rows] == ["without attention", "contextual & loss", "the same again"]
    for row, key in zip(rows, ("none", "sal", "again"), strict=True):
        first, second = (reports[f"{key}-{seed}"]["psnr"] for seed in (0, 1))
        assert float(row["psnr"]) == pytest.approx((first + second) / 2)
        assert float(row["psnr_spread"]) == pytest.approx(abs(first - second))
    assert rows[0]["psnr"] == rows[2]["psnr"], "one run, measured under two names"
    assert rows[0]["paper_psnr"] == "29.42"
    told = capsys.readouterr().out
    assert (out / "table.md").read_text() in told
    assert f"| {float(rows[0]['psnr']):.2f} |" in told
    assert r"contextual \& loss" in (out / "table.tex").read_text()


def test_one_picture_has_no_interval(folder: Path) -> None:
    assert ablate(folder, "--count", "1") == 0
    with (folder / "out" / "table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["psnr_low"], row["psnr_high"]) for row in rows] == [("", "")] * 3
    assert all(float(row["psnr"]) > 0 for row in rows)


def test_finished_runs_are_reused_and_unfinished_ones_resumed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ablate(folder) == 0
    before = {p: p.stat().st_mtime_ns for p in (folder / "out").rglob("*.json")}
    capsys.readouterr()
    assert ablate(folder) == 0
    assert "training" not in capsys.readouterr().err
    assert before == {p: p.stat().st_mtime_ns for p in (folder / "out").rglob("*.json")}
    (folder / "base.toml").write_text(BASE.replace("faces = 4", "faces = 6"))
    assert ablate(folder) == 0
    assert "training none-0" in capsys.readouterr().err
    log = (folder / "out/runs/none-0/log.jsonl").read_text()
    assert '"event": "resumed", "faces": 4' in log


def test_a_finished_run_of_other_settings_is_not_passed_off(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ablate(folder) == 0
    capsys.readouterr()
    (folder / "base.toml").write_text(BASE.replace("[loss]\n", "[loss]\npixel.hole = 50.0\n"))
    assert ablate(folder) == 2
    assert re.search(
        r"none-0: was trained with other settings \(loss.pixel.hole: 1.0 -> 50.0\); name another",
        capsys.readouterr().err,
    )
    (folder / "base.toml").write_text(BASE.replace("faces = 4", "faces = 2"))
    assert ablate(folder) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('key = "sal"', 'key = "none"'), "two rows have the key 'none'"),
        (
            ('like = "none"', 'like = "nobody"'),
            "row 'again' is like 'nobody'; expected the key",
        ),
        (("seeds = [0, 1]", "seeds = []"), "seeds: List should have at least 1 item"),
        (('"model.attention"', '"model.atention"'), "did you mean 'attention'"),
        (('base = "base.toml"', 'base = "no.toml"'), "no.toml: no such config"),
    ],
)
def test_faults(
    folder: Path, change: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "plan.toml").write_text(PLAN.replace(*change))
    assert ablate(folder) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (folder / "out").exists()


def test_no_such_plan(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.toml: no such ablation"):
        load_plan(tmp_path / "none.toml")


def test_the_shipped_plan() -> None:
    plan = load_plan(ROOT / "configs/ablations/table1.toml")
    assert len(plan.seeds) >= 2
    papers = {row.paper_psnr for row in plan.rows if row.paper_psnr}
    assert papers == {29.42, 30.26, 30.41, 30.49}, "Table I"
    for row in plan.rows:
        plan.config(row, 0)
