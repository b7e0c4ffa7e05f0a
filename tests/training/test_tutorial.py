"""The tutorial's commands run as they stand, and the model that they train has learnt something."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image
from training_runs import records

BLOCK = re.compile(r"```(?P<kind>sh|python)\n(?P<text>.*?)^```$", re.M | re.S)


def test_tutorial(root: Path, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "inlay"
    command.parent.mkdir()
    command.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from inlay.cli.main import main; main()' \"$@\"\n"
    )
    command.chmod(0o755)
    (tmp_path / "configs").symlink_to(root / "configs")
    environment = os.environ | {
        "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(root / "src"),
        "INLAY_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    started = time.monotonic()
    for block in BLOCK.finditer((root / "docs" / "tutorial.md").read_text()):
        program = [sys.executable, "-c"] if block["kind"] == "python" else ["bash", "-euo", "pipefail", "-c"]
        done = subprocess.run(
            [*program, block["text"]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block['text']}\n{done.stdout}\n{done.stderr}"
    print(f"{time.monotonic() - started:.0f} s")

    figures = [r for r in records(tmp_path / "runs" / "disks") if "val_psnr_predicted" in r]
    assert figures[-1]["val_layout_hole"] > 0.8
    assert figures[-1]["val_psnr_predicted"] > 25
    page = (tmp_path / "runs" / "disks" / "report.html").read_text()
    assert not re.search(r"(src|href)=.?https?:|url\(|<script|<link", page)
    info = json.loads((tmp_path / "runs" / "disks" / "best" / "snapshot.json").read_text())["info"]
    assert info["val_psnr_predicted"] >= figures[-1]["val_psnr_predicted"]
    with (
        Image.open(tmp_path / "filled.png") as filled,
        Image.open(tmp_path / "disks/images/disk115.png") as photo,
    ):
        hole = np.zeros((64, 64), dtype=bool)
        hole[10:51, 24:37] = True
        assert (np.asarray(filled)[~hole] == np.asarray(photo)[~hole]).all()
