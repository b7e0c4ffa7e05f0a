"""`inlay repair` and `inlay damage`: what is found is filled, and a clean photo stays as it is."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.command_line import Run
from inlay import Inpainter


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A clean JPEG photo."""
    Image.new("RGB", (200, 160), (120, 110, 100)).save(tmp_path / "plain.jpg", quality=90)
    return tmp_path / "plain.jpg"


@pytest.fixture
def scratched(tmp_path: Path) -> Path:
    """A photo with one long white scratch."""
    rng = np.random.default_rng(0)
    pixels = np.clip(rng.normal(110, 3, (256, 256, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    for x in range(40, 220):
        pixels[60 + x // 3 : 62 + x // 3, x] = 235
    Image.fromarray(pixels).save(tmp_path / "scratched.png")
    return tmp_path / "scratched.png"


def test_a_clean_photo_comes_back_byte_for_byte(run: Run, plain: Path) -> None:
    told = run("repair", plain, "--review", plain.with_name("mask.png"))
    assert told.status == 0
    assert "no damage found" in told.err
    assert plain.with_name("plain.repaired.jpg").read_bytes() == plain.read_bytes()
    assert not np.asarray(Image.open(plain.with_name("mask.png"))).any()


def test_a_scratch_is_filled_and_nothing_else_changes(run: Run, scratched: Path) -> None:
    review, output = scratched.with_name("mask.png"), scratched.with_name("out.png")
    told = run("repair", scratched, "-o", output, "--review", review)
    assert told.status == 0
    assert "damage found: " in told.err
    hole = np.asarray(Image.open(review)) > 0
    before, after = (np.asarray(Image.open(path)) for path in (scratched, output))
    assert np.array_equal(before[~hole], after[~hole])
    assert after.max() < 160


def test_the_mask_alone_is_the_same(run: Run, scratched: Path) -> None:
    mask, result = scratched.with_name("mask.png"), Inpainter.load().repair(scratched)
    told = run("damage", scratched, "-o", mask)
    assert told.status == 0
    assert str(result.notes[0]) in told.out
    assert np.array_equal(np.asarray(Image.open(mask)) > 0, result.hole)
    assert run("damage", scratched, "-o", scratched.with_name("mask.jpg")).status == 2
    assert run("damage", scratched, "-o", mask).status == 2


def test_a_folder_is_repaired(run: Run, plain: Path, scratched: Path, tmp_path: Path) -> None:
    output, report = tmp_path / "out", tmp_path / "report.json"
    told = run("repair", tmp_path, "-o", output, "--format", "same", "--report", report)
    assert told.status == 0, told.err
    assert (output / "plain.jpg").read_bytes() == plain.read_bytes()
    messages = [job["message"] for job in json.loads(report.read_text())["jobs"]]
    assert messages[0] == "no damage found"
    assert messages[1].startswith("damage found: ")
    again = run("repair", tmp_path, "-o", output, "--format", "same", "--resume")
    assert "2 skipped" in again.out
    other = run("repair", tmp_path, "-o", output, "--format", "same", "--resume", "--sensitivity", "0.9")
    assert "0 skipped" in other.out


def test_fill_without_a_hole_names_both(run: Run, plain: Path) -> None:
    told = run("fill", plain)
    assert told.status == 2
    assert "inlay repair" in told.err
    assert "inlay damage" in told.err


def test_the_sheet_shows_photo_damage_layout_and_result(run: Run, scratched: Path) -> None:
    sheet = scratched.with_name("sheet.png")
    assert run("repair", scratched, "--sheet", sheet).status == 0
    with Image.open(sheet) as picture:
        width, height = picture.size
    assert width > 4 * 256
    assert height > 256
    told = run("repair", scratched, "--sheet", sheet)
    assert told.status == 2
    assert "sheet.png" in told.err


def test_tones_are_stretched_only_where_asked(run: Run, plain: Path, scratched: Path) -> None:
    faded = np.linspace(60, 180, 200).astype(np.uint8)
    Image.fromarray(np.tile(faded, (160, 1))).save(plain)
    assert run("repair", plain).status == 0
    assert plain.with_name("plain.repaired.jpg").read_bytes() == plain.read_bytes()
    told = run("repair", plain, "--tones", "-o", plain.with_name("full.png"))
    assert told.status == 0
    assert "nothing is filled" in told.out
    values = np.asarray(Image.open(plain.with_name("full.png")))
    assert values.min() == 0
    assert values.max() == 255


def test_a_face_may_be_named(run: Run, scratched: Path) -> None:
    told = run("repair", scratched, "--face", "whole", "--sheet", scratched.with_name("sheet.png"))
    assert told.status == 0
    assert "no face" not in told.err
    assert run("repair", scratched, "--face", "whole", "--face", "auto").status == 2


def test_a_manifest_names_photos_alone(run: Run, plain: Path, scratched: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "all.csv"
    manifest.write_text("image,output\nplain.jpg,one/plain.jpg\nscratched.png,one/scratched.png\n")
    told = run("repair", "--manifest", manifest)
    assert told.status == 0, told.err
    assert (tmp_path / "one/plain.jpg").read_bytes() == plain.read_bytes()
    assert (tmp_path / "one/scratched.png").is_file()
    manifest.write_text("image,hole,output\nplain.jpg,hole.png,two.jpg\n")
    told = run("repair", "--manifest", manifest)
    assert told.status == 2
    assert "`inlay fill` takes it" in told.err
