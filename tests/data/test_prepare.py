"""`inlay prepare` on a small made-up tree in the form of the official download."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inlay.cli.main import main
from inlay.data.celebamask import DUPLICATES, find_faces, official_split
from inlay.data.check import check_folder
from inlay.data.prepare import prepare_celebamask
from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ

# Parts as boxes (left, top, right, bottom): the mouth overlaps the skin, the upper lip the mouth.
BOXES = {"skin": (100, 100, 400, 480), "nose": (230, 230, 280, 310), "l_eye": (300, 200, 350, 225),
         "mouth": (200, 380, 310, 420), "u_lip": (200, 370, 310, 395), "l_lip": (200, 410, 310, 430),
         "hair": (90, 40, 410, 120)}  # fmt: skip
NUMBERS = (0, 1, 2, 3, 234, 235, 404, 2001, 2110)


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """Nine faces; 3 has no skin, 2 an empty hair mask, 1 no nose; 235, 404 and 2110 are known defects."""
    folder = tmp_path / "CelebAMask-HQ"
    (folder / "CelebA-HQ-img").mkdir(parents=True)
    for number in NUMBERS:
        picture = Image.new("RGB", (1024, 1024), (10 + number % 200, 60, 90))
        picture.save(folder / "CelebA-HQ-img" / f"{number}.jpg")
        parts = folder / "CelebAMask-HQ-mask-anno" / str(number // 2000)
        parts.mkdir(parents=True, exist_ok=True)
        for name, box in BOXES.items():
            if (number, name) in {(1, "nose"), (3, "skin")}:
                continue
            mask = Image.new("RGB", (512, 512))
            if (number, name) != (2, "hair"):
                ImageDraw.Draw(mask).rectangle(box, fill="white")
            mask.save(parts / f"{number:05d}_{name}.png")
    return folder


def write_mapping(folder: Path) -> None:
    originals = dict(zip(NUMBERS, (162_770, 162_771, 182_637, 5, 7, 8, 9, 182_638, 11), strict=True))
    lines = [f"{n:>8} {o - 1:>10} {o:06d}.jpg" for n, o in originals.items()]
    (folder / "CelebA-HQ-to-CelebA-mapping.txt").write_text(
        "idx orig_idx orig_file\n" + "\n".join(lines) + "\n"
    )


def test_parts_are_merged_in_order_and_defects_are_listed(download: Path, tmp_path: Path) -> None:
    write_mapping(download)
    output = tmp_path / "out"
    result = prepare_celebamask(download, output, 256)
    assert set(result.left_out) == {"00003", "00235", "00404", "02110"}
    assert "no skin" in result.left_out["00003"]
    assert "00234 once more" in result.left_out["00235"]
    assert result.remarks == {"00001": ["without nose"], "00002": ["the mask of hair is empty"]}
    assert (output / "train.txt").read_text().split() == ["00000", "00234"]
    assert (output / "val.txt").read_text().split() == ["00001", "00002"]
    assert (output / "test.txt").read_text().split() == ["02001"]
    assert json.loads((output / "prepare.json").read_text())["splits"] == {"train": 2, "val": 2, "test": 1}
    with Image.open(output / "images" / "00000.jpg") as image:
        assert image.size == (256, 256)
    with Image.open(output / "labels" / "00000.png") as picture:
        label = np.array(picture)
    at = {"skin": (75, 150), "nose": (135, 125), "mouth": (202, 125), "u_lip": (190, 125), "hair": (55, 125)}
    assert {name: CELEBAMASK_HQ.names[label[place]] for name, place in at.items()} == {
        name: name for name in at
    }
    assert check_folder(output, CELEBAMASK_HQ).faults == []


def test_without_the_mapping_the_split_is_by_number(download: Path) -> None:
    splits, rule = official_split(download, find_faces(download))
    assert {name: [face.number for face in part] for name, part in splits.items()} == {
        "train": [0, 1, 2, 3, 234, 235, 404, 2001],
        "val": [2110],
    }
    assert "by number" in rule


def test_an_interrupted_run_goes_on(download: Path, tmp_path: Path) -> None:
    write_mapping(download)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    prepare_celebamask(download, whole, 64)

    def interrupt(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_celebamask(download, cut, 64, interrupt)
    assert not (cut / "train.txt").exists()
    kept = (cut / "images" / "00000.jpg").stat().st_mtime_ns
    prepare_celebamask(download, cut, 64)
    assert (cut / "images" / "00000.jpg").stat().st_mtime_ns == kept
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(cut) for path in cut.rglob("*") if path.is_file())
    assert all((whole / path).read_bytes() == (cut / path).read_bytes() for path in files)
    with pytest.raises(UserError, match=r"begun at another size \(\.prepare-64"):
        prepare_celebamask(download, cut, 32)


def test_what_is_no_download_is_named(download: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected the unpacked CelebAMask-HQ download"):
        find_faces(tmp_path)
    odd = download / "CelebAMask-HQ-mask-anno" / "0" / "00000_moustache.png"
    odd.write_bytes(b"")
    with pytest.raises(UserError, match=r"00000_moustache\.png: not the mask of a known part"):
        find_faces(download)
    odd.unlink()
    (download / "CelebA-HQ-to-CelebA-mapping.txt").write_text("idx orig_idx orig_file\n0 0\n")
    with pytest.raises(UserError, match="the line '0 0' is not"):
        official_split(download, find_faces(download))
    assert len(DUPLICATES) == 13


def test_check_says_what_is_wrong_with_which_file(
    download: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_mapping(download)
    data = tmp_path / "data"
    with pytest.raises(SystemExit) as status:
        main(["prepare", "celebamask-hq", str(download), str(data), "--size", "64"])
    assert status.value.code == 0
    assert "2 train, 2 val, 1 test, split CelebA's own" in capsys.readouterr().out
    (data / "images" / "00000.jpg").write_bytes(b"\xff\xd8")
    Image.new("L", (64, 64), 19).save(data / "labels" / "00001.png")
    Image.new("L", (32, 64), 0).save(data / "labels" / "00002.png")
    (data / "labels" / "02001.png").unlink()
    (data / "val.txt").write_text("00001\n00002\n00234\n99999\n")
    with pytest.raises(SystemExit) as status:
        main(["prepare", "check", str(data)])
    assert status.value.code == 1
    said = capsys.readouterr().out
    expected = """00000.jpg: not a picture
        00001.png: layout ids 19 are unknown
        00002.png: the layout is 32 x 64
        labels: no layout there for '02001'
        val.txt: '00234' stands in train.txt too
        val.txt: '99999' has no pair
        test.txt: '02001' has no pair
        1 pairs are fine (1 of 64 x 64)
        7 faults"""
    for words in map(str.strip, expected.splitlines()):
        assert words in said, (words, said)
