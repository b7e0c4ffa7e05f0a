"""The benchmark of a large batch with broken files, small."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
pytest.importorskip("tifffile", reason="tifffile is not installed")


@pytest.fixture(scope="module")
def thousand(root: Path) -> ModuleType:
    path = root / "benchmarks" / "batch_thousand.py"
    spec = importlib.util.spec_from_file_location("batch_thousand", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_twenty_files_of_which_five_are_broken_killed_and_resumed(
    root: Path, tmp_path: Path, tiny_model: Path
) -> None:
    program = [
        sys.executable,
        str(root / "benchmarks" / "batch_thousand.py"),
        "--count",
        "20",
        "--broken",
        "5",
    ]
    arguments = [
        "--side",
        "40",
        "--folder",
        str(tmp_path / "batch"),
        "--model",
        str(tiny_model),
        "--workers",
        "2",
    ]
    done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "15 results, 5 named failures, 0 of all not as they should be" in done.stdout
    assert "results there, 0 processes left" in done.stdout
    assert "15 and 15 files, equal byte for byte" in done.stdout


def test_every_kind_of_break_is_a_named_failure(
    thousand: ModuleType, tmp_path: Path, tiny_model: Path
) -> None:
    from inlay.data.manifest import jobs_of_folder
    from inlay.jobs.batch import run_batch, write_report
    from inlay.jobs.worker import FillSettings

    kinds = len(thousand.BREAK)
    faults = thousand.make(tmp_path, kinds + 1, kinds, 40)
    assert sorted(faults.values()) == sorted(thousand.BREAK)
    jobs = jobs_of_folder(tmp_path / "photos", tmp_path / "holes", tmp_path / "a")
    settings = FillSettings(model=str(tiny_model), device="cpu", faces="whole")
    write_report(tmp_path / "a.json", run_batch(jobs, settings), 1.0)
    assert thousand.faults_of_results(tmp_path, "a", faults) == []
    report = json.loads((tmp_path / "a.json").read_text())
    assert report["failed"] == kinds
    assert all(Path(job["image"]).name in job["message"] or Path(job["hole"]).name in job["message"]
               for job in report["jobs"] if job["state"] == "failed")  # fmt: skip
