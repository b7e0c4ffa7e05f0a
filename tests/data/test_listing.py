"""What of a folder becomes a job, and what is named as left out."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.listing import left_out, list_folder
from inlay.data.manifest import jobs_of_folder
from inlay.errors import UserError
from inlay.images import PICTURE_SUFFIXES, SUFFIXES, open_picture


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), 255).save(path)
    return path


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_each_suffix_is_taken_and_can_be_read(tmp_path: Path, suffix: str) -> None:
    form = next(name for name, suffixes in SUFFIXES.items() if suffix in suffixes)
    mode = "1" if suffix == ".pbm" else "L"
    Image.new(mode, (8, 8)).save(tmp_path / f"a{suffix.upper()}", format=form)
    ((stem, path),) = list_folder(tmp_path).pictures
    assert stem == "a"
    assert open_picture(path).size == (8, 8)


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    for name in ("a.png", "b.gif", "c.jfif"):
        Image.new("L", (8, 8)).save(tmp_path / name, format="JPEG" if name == "c.jfif" else None)
    for name in ("d.heic", "e.txt", ".hidden"):
        (tmp_path / name).touch()
    picture(tmp_path / "sub" / "f.png")
    found = list_folder(tmp_path)
    assert [stem for stem, _ in found.pictures] == ["a", "b", "c"]
    assert left_out(found) == ("2 files not read: d.heic, e.txt; 1 folder not entered: sub (--recursive)")
    everything = list_folder(tmp_path, recursive=True)
    assert [stem for stem, _ in everything.pictures] == ["a", "b", "c", "sub/f"]


def test_a_folder_of_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "b.heic").touch()
    picture(tmp_path / "sub" / "a.png")
    with pytest.raises(UserError, match=r"no pictures there \(b.heic, sub/\).* or --recursive"):
        jobs_of_folder(tmp_path, tmp_path / "h.png", tmp_path / "out")


def test_subfolders_of_photos_holes_and_results(tmp_path: Path) -> None:
    for name in ("photos/a.png", "photos/x/a.png", "holes/a.png", "holes/x/a.gif"):
        picture(tmp_path / name)
    picture(tmp_path / "photos" / "out" / "old.png")
    (tmp_path / "photos" / "again").symlink_to(".")
    output = tmp_path / "photos" / "out"
    jobs = jobs_of_folder(tmp_path / "photos", tmp_path / "holes", output, recursive=True)
    told = [[str(p.relative_to(tmp_path)) for p in (j.image, j.hole, j.output)] for j in jobs]
    assert told == [
        ["photos/a.png", "holes/a.png", "photos/out/a.png"],
        ["photos/x/a.png", "holes/x/a.gif", "photos/out/x/a.png"],
    ]


def test_two_holes_for_one_photo(tmp_path: Path) -> None:
    for name in ("photos/a.png", "holes/a.png", "holes/a.gif"):
        picture(tmp_path / name)
    with pytest.raises(UserError, match=r"holes/a.gif and .*holes/a.png are both for the photo a"):
        jobs_of_folder(tmp_path / "photos", tmp_path / "holes", tmp_path / "out")


def test_the_format_of_what_is_not_written(tmp_path: Path) -> None:
    """A .gif becomes a .png where the photo's own format was asked for."""
    for name in ("photos/a.gif", "photos/b.jfif"):
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(
            tmp_path / name, format="GIF" if name.endswith("gif") else "JPEG"
        )
    shutil.copy(tmp_path / "photos" / "a.gif", tmp_path / "hole.gif")
    jobs = jobs_of_folder(tmp_path / "photos", tmp_path / "hole.gif", tmp_path / "out", form="same")
    assert [job.output.name for job in jobs] == ["a.png", "b.jfif"]
