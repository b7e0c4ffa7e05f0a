"""Frozen holes: an .npz or a folder, and what is said of others."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.holes import pack_holes
from inlay.errors import UserError
from inlay.evaluation.hole_sets import read_holes, read_kinds

STEMS = ["b", "a"]


@pytest.fixture
def holes() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2, (2, 12, 20), dtype=np.uint8)


def test_npz_and_folder_agree(tmp_path: Path, holes: np.ndarray) -> None:
    np.savez(tmp_path / "holes.npz", **pack_holes(holes))
    for stem, hole in zip(STEMS, holes, strict=True):
        Image.fromarray(hole * 255).save(tmp_path / f"{stem}.png")
    for path in (tmp_path / "holes.npz", tmp_path):
        np.testing.assert_array_equal(read_holes(path, stems=STEMS, size=(12, 20)), holes)


def test_kinds_come_back(tmp_path: Path, holes: np.ndarray) -> None:
    for name, kinds in (("with", ["eyes", "a brush"]), ("without", None)):
        np.savez(tmp_path / f"{name}.npz", **pack_holes(holes, kinds))
        assert read_kinds(tmp_path / f"{name}.npz") == kinds
        np.testing.assert_array_equal(read_holes(tmp_path / f"{name}.npz", stems=STEMS, size=(12, 20)), holes)
    assert read_kinds(tmp_path) is None
    np.savez(tmp_path / "few.npz", **pack_holes(holes, ["eyes"]))
    with pytest.raises(UserError, match="expected a word for each of 2 holes"):
        read_kinds(tmp_path / "few.npz")


def test_a_width_that_is_a_multiple_of_eight_need_not_be_told(tmp_path: Path, holes: np.ndarray) -> None:
    np.savez(tmp_path / "holes.npz", holes=np.packbits(holes[..., :16], axis=-1))
    np.testing.assert_array_equal(
        read_holes(tmp_path / "holes.npz", stems=STEMS, size=(12, 16)), holes[..., :16]
    )


@pytest.mark.parametrize(
    ("stems", "size", "said"),
    [(["a", "b", "c"], (12, 20), "2 holes for 3 stems"), (STEMS, (12, 24), "12 x 20.*runs at 12 x 24")],
)
def test_other_count_or_size(
    tmp_path: Path, holes: np.ndarray, stems: list[str], size: tuple, said: str
) -> None:
    np.savez(tmp_path / "holes.npz", **pack_holes(holes))
    with pytest.raises(UserError, match=said):
        read_holes(tmp_path / "holes.npz", stems=stems, size=size)


def test_folder_of_other_size_or_without_a_stem(tmp_path: Path, holes: np.ndarray) -> None:
    Image.fromarray(holes[0] * 255).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="no hole for 1 of 2 stems: b"):
        read_holes(tmp_path, stems=STEMS, size=(12, 20))
    with pytest.raises(UserError, match=r"a.png: holes of 12 x 20"):
        read_holes(tmp_path, stems=["a"], size=(24, 20))


@pytest.mark.parametrize(
    "content",
    [b"", b"not an archive", b"PK\x03\x04cut"],
    ids=["empty", "text", "cut"],
)
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "holes.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"not a readable \.npz"):
        read_holes(tmp_path / "holes.npz", stems=STEMS, size=(12, 20))


def test_other_arrays(tmp_path: Path, holes: np.ndarray) -> None:
    path = tmp_path / "holes.npz"
    with pytest.raises(UserError, match="no such file"):
        read_holes(path, stems=STEMS, size=(12, 20))
    np.savez(path, masks=holes)
    with pytest.raises(UserError, match="no array 'holes'"):
        read_holes(path, stems=STEMS, size=(12, 20))
    np.savez(path, holes=holes.astype(float))
    with pytest.raises(UserError, match="'holes' is float64 of shape"):
        read_holes(path, stems=STEMS, size=(12, 20))
    np.save(tmp_path / "holes.npy", holes)
    with pytest.raises(UserError, match="not a readable"):
        read_holes(tmp_path / "holes.npy", stems=STEMS, size=(12, 20))
