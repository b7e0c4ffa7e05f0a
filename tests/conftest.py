"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Processes side by side take a core each; PyTorch reads this when it is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the paper, real data and reference outputs."""
    folder = Path(os.environ.get("INLAY_SHARED", ROOT.parent / "shared")).resolve()
    if not (folder / "design.md").is_file():
        pytest.skip(f"no shared folder at {folder}: set INLAY_SHARED to it")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small model for pictures of 32 x 32 pixels that nobody trained."""
    from inlay.checkpoint import save_snapshot
    from inlay.config import parse_config
    from inlay.labels import CELEBAMASK_HQ
    from inlay.model import build_layout_predictor, build_model

    torch.manual_seed(0)
    model = {"style_width": 8, "attention_channels": 16, "style_dim": 8, "channels": [8, 8, 16, 16]}
    model |= {"depth": [0, 1, 0, 0], "detail_channels": 8}
    config = parse_config({"model": model, "layout": {"width": 8}, "data": {"size": 32}}, "tests")
    folder = tmp_path_factory.mktemp("model") / "tiny"
    save_snapshot(
        folder,
        model=build_model(config.model, CELEBAMASK_HQ),
        layout=build_layout_predictor(config, CELEBAMASK_HQ),
        config=config,
        labels=CELEBAMASK_HQ,
    )
    return folder
