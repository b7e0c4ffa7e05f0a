"""Faces that were packed come back: pictures nearly, layouts exactly, from archives that are small enough."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.folder import list_pairs, read_stems


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A data folder of six faces of 96 x 96."""
    data, random = tmp_path / "faces", np.random.default_rng(0)
    for name in ("images", "labels"):
        (data / name).mkdir(parents=True)
    for n in range(6):
        coarse = Image.fromarray(random.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        coarse.resize((96, 96), Image.Resampling.BICUBIC).save(data / "images" / f"{n}.png")
        label = np.kron(random.integers(0, 19, (12, 12), dtype=np.uint8), np.ones((8, 8), dtype=np.uint8))
        Image.fromarray(label).save(data / "labels" / f"{n}.png")
    (data / "train.txt").write_text("0\n1\n2\n3\n")
    (data / "val.txt").write_text("4\n5\n")
    return data


def test_what_is_packed_comes_back(faces: Path, tmp_path: Path, root: Path) -> None:
    def run(*given: object) -> None:
        subprocess.run([sys.executable, root / "scripts" / "pack_faces.py", *map(str, given)], check=True)

    out, packed = tmp_path / "out", tmp_path / "packed"
    run("pack", faces, packed, "--size", 48, "--most", 0.006)
    first, *others = sorted(packed.iterdir())
    assert max(path.stat().st_size for path in (first, *others)) <= 6000
    run("unpack", first, "--output", out)
    some = len(list((out / "images").iterdir()))
    assert 0 < some < 6
    assert len(read_stems(out / "train.txt")) == min(some, 4)
    run("unpack", *others, "--output", out)
    for name in ("train.txt", "val.txt"):
        assert read_stems(out / name) == read_stems(faces / name)
    stems = [str(n) for n in range(6)]
    pairs = [list_pairs(f / "images", f / "labels", stems) for f in (out, faces)]
    for back, whole in zip(*pairs, strict=True):
        image, truth = Image.open(back.image).convert("RGB"), Image.open(whole.image).resize((48, 48), 1)
        assert np.abs(np.asarray(image).astype(int) - np.asarray(truth)).mean() < 6
        small = Image.open(whole.label).resize((48, 48), Image.Resampling.NEAREST)
        assert np.array_equal(np.asarray(Image.open(back.label)), np.asarray(small))
