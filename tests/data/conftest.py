"""A small data folder."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """Seven pictures of several sizes, their layouts, and a stems file of five in an order of its own."""
    folder = tmp_path / "faces"
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for n, size in enumerate([(40, 40), (48, 32), (32, 48), (64, 64), (40, 40), (33, 35), (50, 40)]):
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(folder / "images" / f"{n}.png")
        Image.fromarray(rng.integers(0, 19, size, dtype=np.uint8)).save(folder / "labels" / f"{n}.png")
    (folder / "train.txt").write_text("3\n1\n0\n5\n2\n", encoding="utf-8")
    return folder
