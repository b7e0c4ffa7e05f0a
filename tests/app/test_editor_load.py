"""The load test of `benchmarks/`, with a few clients for a moment, so that it stays alive."""

import json
import subprocess
import sys
from pathlib import Path


def test_a_few_clients_for_a_moment(root: Path, tiny_model: Path, tmp_path: Path) -> None:
    """More clients than places: what is answered is right, what is refused is told when to come back."""
    done = subprocess.run(
        [
            sys.executable, str(root / "benchmarks" / "editor_load.py"), "--clients", "24", "--seconds", "3",
            "--warm-up", "1", "--model", str(tiny_model), "--json", str(tmp_path / "load.json"),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "load.json").read_text())
    assert found["accepted"] > 10
    assert found["refused"] > 0
    assert found["faults"] == {}
