"""A small data folder, holes, and a plan that one row of which is trained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.cli.main import main
from inlay.data.holes import FreeForm, frozen_holes, pack_holes

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
key = "self"
name = "self-attention"
paper_psnr = 30.26
[[rows]]
key = "again"
name = "the same again"
like = "none"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight random faces, four to train on, with holes for the others; and the plan."""
    torch.set_num_threads(1)
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
    rng = np.random.default_rng(0)
    for n in range(8):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        coarse.resize((32, 32), Image.Resampling.BICUBIC).save(tmp_path / f"images/f{n}.png")
        Image.fromarray(rng.integers(0, 3, (32, 32), dtype=np.uint8)).save(tmp_path / f"labels/f{n}.png")
    (tmp_path / "train.txt").write_text("f0\nf1\nf2\nf3\n")
    (tmp_path / "val.txt").write_text("f4\nf5\nf6\nf7\n")
    np.savez(tmp_path / "holes.npz", **pack_holes(frozen_holes(0, 4, (32, 32), FreeForm(0.05, 0.3))))
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


@pytest.fixture
def inlay(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `inlay results` on the folder: status, what it said, what it told on the way."""

    def run(*more: object) -> tuple[int, str, str]:
        given = [
            folder / "plan.toml", "--data", folder, "--holes", folder / "holes.npz",
            "--work", folder / "work", "--output", folder / "results.md", "--cache", folder / "cache",
            "--steps", "1,2", *more,
        ]  # fmt: skip
        with pytest.raises(SystemExit) as end:
            main(["results", *(str(word) for word in given)])
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return run
