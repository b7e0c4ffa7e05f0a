"""The benchmark of the recipe's steps: its verdicts, and the whole of it on two faces."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("skimage", reason="scikit-image is not installed")


@pytest.fixture(scope="module")
def steps(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("finishing_steps", root / "benchmarks/finishing_steps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(steps: ModuleType, changes: dict[tuple[str, str], float]) -> dict[str, Any]:
    """A report whose steps are worth nothing, but for some (case, metric) by how much less without `rim`."""
    rng = np.random.default_rng(0)
    cases = {}
    for case in steps.CASES:
        base = {"lpips": rng.uniform(0.04, 0.06, 20), "psnr": rng.uniform(18, 22, 20), "ssim": np.ones(20)}
        figures = {name: {m: v.tolist() for m, v in base.items()} for name in steps.LEFT_OUT}
        for metric, values in base.items():
            figures["rim"][metric] = (values + changes.get((case, metric), 0)).tolist()
        cases[case] = {"stems": [str(n) for n in range(20)], "figures": figures}
    return {"cases": cases}


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "goes; no gain in scratches"),
        ({("scratches", "lpips"): 0.01}, "stays (lpips)"),
        ({("scratches", "lpips"): -0.01, ("scratches", "psnr"): -0.5}, "stays (psnr)"),
        ({("free-form", "psnr"): -0.5}, "goes; no gain in scratches"),
        (
            {("scratches", "psnr"): -0.5, ("free-form", "lpips"): -0.001},
            "goes; free-form LPIPS worse by 2.0%",
        ),
        ({("scratches", "psnr"): -0.5, ("hidden part", "psnr"): 0.05}, "stays (psnr)"),
        (
            {("scratches", "psnr"): -0.5, ("hidden part", "psnr"): 0.5},
            "goes; hidden part PSNR worse by 2.4%",
        ),
    ],
)
def test_verdicts(steps: ModuleType, changes: dict[tuple[str, str], float], verdict: str) -> None:
    assert steps.judge(report(steps, changes), "rim") == verdict
    assert steps.judge(report(steps, changes), "join") == "not judged"


def test_every_quality_step_of_the_standard_recipe_is_measured(steps: ModuleType) -> None:
    recipe = steps.STANDARD
    promises = {"join", "strength", "tone", "distrust", "dering", "grain"}
    names = {step.name for step in (*recipe.hole, *recipe.crop, *recipe.photo)}
    assert names - promises == set(steps.OWN_CASE)
    assert set(steps.OWN_CASE.values()) <= set(steps.CASES)


def test_two_faces(root: Path, shared: Path, tmp_path: Path, tiny_model: Path) -> None:
    program = [sys.executable, str(root / "benchmarks/finishing_steps.py"), "--model", str(tiny_model)]
    folders = ["--data", str(shared / "data/celebamask"), "--lpips", str(shared / "weights")]
    told = ["--count", "2", "--size", "96", "--json", str(tmp_path / "a.json")]
    done = subprocess.run([*program, *folders, *told], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "a.json").read_text())
    figures = found["cases"]["scratches"]["figures"]
    assert len(figures["rim"]["lpips"]) == 2
    assert figures["rim"] != figures["nothing"]
    free = found["cases"]["free-form"]["figures"]
    apart = np.mean(free["all four"]["lpips"]) - np.mean(free["nothing"]["lpips"])
    assert f"| nothing | {np.mean(free['nothing']['lpips']):.4f}, " in done.stdout
    assert f"| all four | {apart:+.5f}±" in done.stdout
