"""A server around a tiny random model."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("fastapi", reason="the editor's extra is not installed")
pytest.importorskip("httpx", reason="the test client needs httpx")

from fastapi import FastAPI
from fastapi.testclient import TestClient

from inlay.app.factory import create_app
from inlay.app.settings import Access, Limits
from inlay.checkpoint import save_snapshot
from inlay.config import parse_config
from inlay.labels import CELEBAMASK_HQ
from inlay.model import build_layout_predictor, build_model
from inlay.repair.inpainter import Inpainter

SIZE = (40, 48)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder of a small network that nobody trained."""
    torch.manual_seed(0)
    sizes = {"style_width": 8, "attention_channels": 16, "style_dim": 8, "channels": [8, 8, 16, 16]}
    config = parse_config({"model": sizes, "layout": {"width": 8}, "data": {"size": 32}}, "tests")
    folder = tmp_path_factory.mktemp("model") / "tiny"
    model = build_model(config.model, CELEBAMASK_HQ)
    for parameter in model.parameters():  # a fresh network's styles change nothing yet
        torch.nn.init.normal_(parameter, std=0.2)
    save_snapshot(
        folder,
        model=model,
        layout=build_layout_predictor(config, CELEBAMASK_HQ),
        config=config,
        labels=CELEBAMASK_HQ,
    )
    return folder


@pytest.fixture(scope="session")
def inpainter(tiny_model: Path) -> Inpainter:
    """One that takes each photo as one portrait, whatever it shows."""
    tools = Inpainter.load(tiny_model, "cpu").tools
    return Inpainter(replace(tools, search=None))


@pytest.fixture(scope="session")
def detecting(tiny_model: Path) -> Inpainter:
    """One that detects faces."""
    return Inpainter.load(tiny_model, "cpu")


@pytest.fixture
def limits() -> Limits:
    return Limits(pixels=100_000, body=1_000_000, seconds=20.0)


@pytest.fixture
def client(inpainter: Inpainter, limits: Limits) -> Iterator[TestClient]:
    with open_client(create_app(inpainter, Access(), limits)) as opened:
        yield opened


def open_client(app: FastAPI, **headers: str) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:8000", headers=headers, raise_server_exceptions=False)


@pytest.fixture
def photo() -> Image.Image:
    h, w = SIZE
    rows, columns = np.mgrid[:h, :w]
    colors = np.stack([3 * rows, 4 * columns, 255 - 2 * rows - columns], axis=-1)
    return Image.fromarray(
        (colors + np.random.default_rng(0).integers(0, 9, (h, w, 3))).clip(0, 255).astype(np.uint8)
    )


@pytest.fixture
def hole() -> Image.Image:
    drawn = np.zeros(SIZE, dtype=np.uint8)
    drawn[12:24, 10:30] = 255
    return Image.fromarray(drawn)
