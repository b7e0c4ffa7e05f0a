"""The set-up that the scripts share makes .venv anew where it cannot be trusted, and else does nothing."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")

PYTHON = """#!/bin/sh
case "$*" in *' install '*) exit "$(cat {status})";; esac
"""
STUBS = """
make_environment() {
  echo made
  rm -rf .venv && mkdir -p .venv/bin && cp fake .venv/bin/python
  echo "VIRTUAL_ENV=$(pwd -P)/.venv" >.venv/bin/activate
}
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder like a clone, whose Python only says how pip ended."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        (folder / name).write_text(f"{name}\n")
    (tmp_path / "status").write_text("0")
    (folder / "fake").write_text(PYTHON.format(status=tmp_path / "status"))
    (folder / "fake").chmod(0o755)
    return folder


def set_up(folder: Path, root: Path, *extras: str) -> tuple[int, bool, bool]:
    """Status, whether .venv was made anew, whether pip was called."""
    command = f". {root}/scripts/lib.sh; {STUBS} setup {' '.join(extras)}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, "made" in done.stdout, "installing inlay" in done.stderr


def test_what_is_whole_is_left_alone(clone: Path, root: Path) -> None:
    assert set_up(clone, root, "test") == (0, True, True)
    assert set_up(clone, root, "test") == set_up(clone, root) == (0, False, False)
    assert set_up(clone, root, "train") == (0, False, True)
    (clone / "constraints.txt").write_text("other pins\n")
    assert set_up(clone, root, "test") == (0, False, True)


def test_what_a_killed_pip_left_is_made_anew(clone: Path, root: Path) -> None:
    set_up(clone, root)
    (clone / ".venv" / "inlay-unfinished").touch()
    assert set_up(clone, root) == (0, True, True)
    assert set_up(clone, root) == (0, False, False)


def test_a_moved_clone_is_made_anew(clone: Path, root: Path) -> None:
    set_up(clone, root)
    moved = clone.with_name("moved")
    clone.rename(moved)
    assert set_up(moved, root) == (0, True, True)
    assert set_up(moved, root) == (0, False, False)


def test_what_pip_could_not_install_is_tried_again(clone: Path, root: Path) -> None:
    (clone.parent / "status").write_text("1")
    assert set_up(clone, root) == (1, True, True)
    (clone.parent / "status").write_text("0")
    assert set_up(clone, root) == (0, False, True)
