from pathlib import Path

import pytest

from inlay.errors import UserError
from inlay.files import check_output, whole_file


def test_a_whole_file_appears_under_its_name(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("half" * (1 // unfinished.write_text("")))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No space left"), whole_file(tmp_path / "a.txt"):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"output folder .* is not there; make it"):
        check_output(tmp_path / "no" / "a.txt")
    with pytest.raises(UserError, match="is a folder"):
        check_output(tmp_path)
    assert check_output(tmp_path / "a.txt") == tmp_path / "a.txt"
    assert check_output(Path("a.txt")) == Path("a.txt")
