"""A drawn two-class data set and a network of toy size: runs of a second."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from inlay.config import Config, parse_config

LABELS = """name = "disks"
[[classes]]
name = "ground"
color = "#203040"
[[classes]]
name = "disk"
color = "#ffcc44"
"""


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> None:
    """Sums over threads may come in any order; one thread makes a run repeat itself to the bit."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of 24 drawn pictures at 32 x 32: a disk of one colour on a ground of another."""
    folder = tmp_path_factory.mktemp("disks")
    rng = np.random.default_rng(0)
    for name in ("images", "labels"):
        (folder / name).mkdir()
    for n in range(24):
        ground, disk = (tuple(int(c) for c in rng.integers(30, 226, size=3)) for _ in range(2))
        x, y, r = rng.integers(10, 22), rng.integers(10, 22), rng.integers(5, 10)
        image, label = Image.new("RGB", (32, 32), ground), Image.new("L", (32, 32), 0)
        for picture, fill in ((image, disk), (label, 1)):
            ImageDraw.Draw(picture).ellipse((x - r, y - r, x + r, y + r), fill=fill)
        image.save(folder / "images" / f"d{n:02d}.png")
        label.save(folder / "labels" / f"d{n:02d}.png")
    stems = [f"d{n:02d}" for n in range(24)]
    (folder / "train.txt").write_text("\n".join(stems[:20]) + "\n")
    (folder / "val.txt").write_text("\n".join(stems[20:]) + "\n")
    (folder / "labels.toml").write_text(LABELS)
    return folder


@pytest.fixture(scope="session")
def tiny(disks: Path) -> Config:
    """Settings of a run of 12 steps."""
    return parse_config(
        {
            "model": {
                "kind": "compact", "style_width": 8, "attention_channels": 8, "style_dim": 4,
                "channels": [8, 8, 8, 8],
            },
            "layout": {"width": 8},
            "data": {"size": 32, "stored_size": 32, "labels": str(disks / "labels.toml")},
            "schedule": {"faces": 48, "batch_size": 4, "warmup_faces": 8, "learning_rate": 2e-3},
            "training": {
                "precision": "fp32", "workers": 0, "predicted_layout_from": 12, "log_faces": 8,
                "save_faces": 8, "grid_faces": 24, "val_count": 4, "ema": 0.9,
            },
        },
        "tiny",
    )  # fmt: skip
