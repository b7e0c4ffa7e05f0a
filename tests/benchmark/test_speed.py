"""`inlay benchmark speed`: turns, ratios, memory, and the whole command."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inlay.benchmark import speed
from inlay.benchmark.memory import peak_memory
from inlay.benchmark.speed import speed_lines, time_cold, time_warm
from inlay.cli.main import app

pytest.importorskip("skimage", reason="scikit-image is not installed")
pytest.importorskip("cv2", reason="OpenCV is not installed")


def test_methods_are_timed_beside_biharmonic() -> None:
    rows = time_warm([64], 2, 1, methods=("biharmonic", "telea"))[64]
    assert rows["biharmonic"]["ratio"] == 1
    assert rows["telea"]["ratio"] == rows["telea"]["seconds"] / rows["biharmonic"]["seconds"]
    assert [len(row["each"]) for row in rows.values()] == [2, 2]
    if rows["telea"]["peak_mb"] is not None:
        # PyTorch alone takes more.
        assert 20 < rows["telea"]["peak_mb"] < 150


def test_methods_that_are_not_installed_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(speed.METHODS, "other", ("no_such_module", speed.METHODS["telea"][1]))
    rows = time_warm([32], 1, 1, methods=("other", "telea"))[32]
    assert list(rows) == ["telea"]
    assert rows["telea"]["ratio"] is None


def test_fresh_processes() -> None:
    python = [sys.executable, "-c"]
    commands = {"import torch": [*python, ""], "slow": [*python, "import time; time.sleep(0.5)"]}
    found = time_cold(commands, rounds=1)
    assert found["slow"]["seconds"] >= 0.5
    assert found["slow"]["ratio"] == found["slow"]["seconds"] / found["import torch"]["seconds"]


def test_the_peak_holds_what_is_freed_again() -> None:
    def allocate() -> int:
        return len(bytes(200_000_000))

    answer, peak = peak_memory(allocate)
    assert answer == 200_000_000
    if peak is None:
        pytest.skip("this system does not tell a process's highest mark")
    assert peak > 200e6


def test_the_command(tmp_path: Path) -> None:
    given = ["--sizes", "64", "--rounds", "1", "--no-cold", "--threads", "1"]
    done = CliRunner().invoke(app, ["benchmark", "speed", *given, "--json", str(tmp_path / "speed.json")])
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "speed.json").read_text())
    rows = report["sizes"]["64"]
    assert {"inlay", "biharmonic", "telea"} <= rows.keys()
    assert report["machine"]["threads"] == 1
    assert report["sha256"]["model"]
    assert done.output.strip() == "\n".join(speed_lines(report))
    assert (
        f"| 64 x 64 | inlay | {rows['inlay']['seconds']:.3f} | {rows['inlay']['ratio']:.2f} |" in done.output
    )
