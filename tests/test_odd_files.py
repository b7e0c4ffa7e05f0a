"""Odd files are filled or refused by one line; never another exception."""

from pathlib import Path

import pytest

from inlay import Inpainter
from odd_files import FILES, outcome

pytest.importorskip("tifffile", reason="tifffile is not installed")
pytest.importorskip("cv2", reason="opencv-python-headless is not installed")


@pytest.fixture(scope="module")
def inpainter(tiny_model: Path) -> Inpainter:
    return Inpainter.load(tiny_model, "cpu")


def rows(root: Path) -> dict[str, str]:
    """What docs/odd-files.md says of each file."""
    lines = (root / "docs" / "odd-files.md").read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    return {name.strip("`"): text for name, _, text in cells}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILES)
def test_each_file_is_filled_or_refused_in_one_line(
    tmp_path: Path, inpainter: Inpainter, root: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(FILES[name][1]())
    text, is_filled = outcome(inpainter, tmp_path / name)
    assert "\n" not in text
    assert is_filled == text.startswith("filled")
    assert rows(root)[name] == text.replace("|", "/")


def test_the_page_lists_each_file(root: Path) -> None:
    assert list(rows(root)) == list(FILES)
    assert len(FILES) >= 60
