"""FID: the distance against its plain formula, and the command with and without weights."""

import hashlib
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy import linalg

from inlay.evaluation.metrics import frechet
from inlay.evaluation.metrics.frechet import frechet_distance


def plain(first: np.ndarray, second: np.ndarray) -> float:
    """The formula as it is printed."""
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = linalg.sqrtm(c1 @ c2).real
    return float(np.square(first.mean(0) - second.mean(0)).sum() + np.trace(c1 + c2 - 2 * root))


def test_distance_is_the_printed_formula() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(60, 5)), 0.5 + 2 * rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5))
    assert frechet_distance(first, second) == pytest.approx(plain(first, second), rel=1e-9)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    few = rng.normal(size=(6, 50))
    assert frechet_distance(few, few[::-1]) == pytest.approx(0, abs=1e-9)
    moved = frechet_distance(few, few + 3)
    assert moved == pytest.approx(50 * 9, rel=1e-9)


@pytest.fixture
def inception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights under the published hash, and a small network in torch-fidelity's place."""

    class Extractor(torch.nn.Module):
        def __init__(self, name: str, features: list[str], feature_extractor_weights_path: str) -> None:
            super().__init__()
            assert features == ["2048"]
            assert Path(feature_extractor_weights_path).is_file()

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            assert x.dtype == torch.uint8
            return (x.float().flatten(2).mean(-1),)

    weights = tmp_path / "inception.pth"
    weights.write_bytes(b"weights")
    monkeypatch.setattr(frechet, "INCEPTION", hashlib.sha256(b"weights").hexdigest()[:8])
    module = ModuleType("torch_fidelity.feature_extractor_inceptionv3")
    module.FeatureExtractorInceptionV3 = Extractor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch_fidelity", ModuleType("torch_fidelity"))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return weights


def test_with_weights(inlay, faces: Path, inception: Path, tmp_path: Path) -> None:
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean")
    status, said, complaint = inlay("evaluate", *given, "--fid", inception, "--json", tmp_path / "a.json")
    assert status == 0, complaint
    report = json.loads((tmp_path / "a.json").read_text())
    assert report["fid"] > 0
    assert "fid" in said
    assert "inception" in report["provenance"]["sha256"]


def test_without_weights(inlay, faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean")
    assert inlay("evaluate", *given, "--json", tmp_path / "a.json")[0] == 0
    assert json.loads((tmp_path / "a.json").read_text())["skipped"]["fid"] == "no weights given (--fid FILE)"
    status, _, complaint = inlay("evaluate", *given, "--fid", tmp_path / "no", "--json", tmp_path / "b.json")
    assert (status, (tmp_path / "b.json").exists()) == (2, False)
    assert "no such file; FID needs the weights" in complaint
    (tmp_path / "other.pth").write_bytes(b"another network")
    status, _, complaint = inlay(
        "evaluate", *given, "--fid", tmp_path / "other.pth", "--json", tmp_path / "b"
    )
    assert status == 2
    assert "SHA-256 should begin with 6726825d" in complaint
    monkeypatch.setattr(frechet, "INCEPTION", "")
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    status, _, complaint = inlay(
        "evaluate", *given, "--fid", tmp_path / "other.pth", "--json", tmp_path / "b"
    )
    assert status == 2
    assert "pip install 'inlay[fid]'" in complaint
