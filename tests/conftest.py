"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest
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
