"""Data folders: what stands there, and what is wrong with it."""

from pathlib import Path

import pytest

from inlay.data.folder import list_pairs, read_stems
from inlay.errors import UserError


def test_all_pairs_by_sorted_name(faces: Path) -> None:
    pairs = list_pairs(faces / "images", faces / "labels")
    assert [pair.stem for pair in pairs] == list("0123456")
    assert pairs[2].image == faces / "images" / "2.png"
    assert pairs[2].label == faces / "labels" / "2.png"


def test_pairs_in_the_order_of_the_stems_file(faces: Path) -> None:
    stems = read_stems(faces / "train.txt")
    assert stems == list("31052")
    assert [pair.stem for pair in list_pairs(faces / "images", faces / "labels", stems)] == stems


def test_other_files_are_passed_over(faces: Path) -> None:
    (faces / "images" / "notes.txt").write_text("x", encoding="utf-8")
    assert len(list_pairs(faces / "images", faces / "labels")) == 7


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "the stems file is empty"), ("a\nb\na\n", "the stem 'a' stands there twice")],
)
def test_bad_stems_files(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "train.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=complaint):
        read_stems(path)


def test_stems_with_spaces(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes("\ufeffmy face\r\n\r\nother face 2 \n".encode())
    assert read_stems(path) == ["my face", "other face 2"]


def test_unreadable_stems_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no readable stems file"):
        read_stems(tmp_path / "absent.txt")
    (tmp_path / "picture.txt").write_bytes(b"\xff\xd8\xff\x00")
    with pytest.raises(UserError, match="no readable stems file"):
        read_stems(tmp_path / "picture.txt")


@pytest.mark.parametrize("part", ["images", "labels"])
def test_a_missing_partner_is_named(faces: Path, part: str) -> None:
    (faces / part / "4.png").unlink()
    with pytest.raises(UserError, match=rf"{part}\b.*'?4'?"):
        list_pairs(faces / "images", faces / "labels")
    with pytest.raises(UserError, match=rf"{part}\b.*4"):
        list_pairs(faces / "images", faces / "labels", ["0", "4"])


def test_a_missing_folder_is_named(faces: Path) -> None:
    with pytest.raises(UserError, match="layouts: no such folder"):
        list_pairs(faces / "images", faces / "layouts")


def test_an_empty_folder_is_named(faces: Path) -> None:
    (faces / "empty").mkdir()
    with pytest.raises(UserError, match="empty: no pictures there"):
        list_pairs(faces / "images", faces / "empty")


def test_two_files_of_one_stem_are_named(faces: Path) -> None:
    (faces / "images" / "3.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"'3\.jpg' and '3\.png' share one stem"):
        list_pairs(faces / "images", faces / "labels")
