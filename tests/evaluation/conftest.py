"""A small data folder with frozen holes, and a model that nobody trained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.checkpoint import save_snapshot
from inlay.cli.main import main
from inlay.config import parse_config
from inlay.data.holes import FreeForm, frozen_holes, pack_holes
from inlay.evaluation.cases import Cases
from inlay.labels import CELEBAMASK_HQ
from inlay.model import build_layout_predictor, build_model

SIZE, COUNT = 32, 5


@pytest.fixture
def cases() -> Cases:
    """Random pictures; the last one has no hole."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (COUNT, SIZE, SIZE, 3), dtype=np.uint8)
    labels = rng.integers(0, 3, (COUNT, SIZE, SIZE), dtype=np.uint8)
    holes = frozen_holes(1, COUNT, (SIZE, SIZE), FreeForm(0.05, 0.3))
    holes[-1] = 0
    return Cases([f"s{n}" for n in range(COUNT)], images, labels, holes)


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A data folder: five pictures, of which val.txt names four in an order of its own, and their holes."""
    folder = tmp_path / "faces"
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for n in range(COUNT):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        coarse.resize((64, 64), Image.Resampling.BICUBIC).save(folder / "images" / f"f{n}.png")
        label = Image.fromarray(rng.integers(0, 3, (4, 4), dtype=np.uint8))
        label.resize((64, 64), Image.Resampling.NEAREST).save(folder / "labels" / f"f{n}.png")
    (folder / "val.txt").write_text("f3\nf1\nf4\nf0\n", encoding="utf-8")
    np.savez(folder / "holes.npz", **pack_holes(frozen_holes(0, 4, (SIZE, SIZE), FreeForm(0.05, 0.3))))
    return folder


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot folder."""
    torch.manual_seed(0)
    model = {"style_width": 8, "attention_channels": 8, "style_dim": 4, "channels": [8, 8, 8, 8]}
    config = parse_config({"model": model, "layout": {"width": 8}, "data": {"size": 32}}, "tests")
    folder = tmp_path_factory.mktemp("model") / "untrained"
    save_snapshot(
        folder, model=build_model(config.model, CELEBAMASK_HQ),
        layout=build_layout_predictor(config, CELEBAMASK_HQ), config=config, labels=CELEBAMASK_HQ,
    )  # fmt: skip
    return folder


@pytest.fixture
def inlay(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `inlay ARGUMENTS` in this process: exit status, what it said, what it complained of."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run
