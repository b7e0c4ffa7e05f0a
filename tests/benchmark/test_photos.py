"""`inlay benchmark photos`: holes by name, records, sheets, and the whole command."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from inlay.benchmark.matching import Box
from inlay.benchmark.photos import draw_hole, measure_photo, show_faces, summarize_photos
from inlay.cli.main import app
from inlay.errors import UserError
from inlay.examples import example
from inlay.geometry.face_frame import FaceFrame
from inlay.repair.photo import Photo

FACE = Box(60.0, 40.0, 54.0, 67.5)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.new("RGB", (200, 150), (90, 120, 60)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def find(pixels: np.ndarray, hole: np.ndarray) -> Sequence[FaceFrame]:
    return [FaceFrame.of_box(*FACE[:4])]


def repair(photo: Photo, hole: np.ndarray) -> Image.Image:
    return Image.fromarray(np.where(hole[..., None], np.uint8(255), photo.pixels))


@pytest.mark.parametrize("kind", ["lines", "discs"])
def test_holes_follow_the_name(kind: str) -> None:
    one = draw_hole(kind, "a.jpg", (150, 200))
    assert one.shape == (150, 200)
    assert 0.01 < one.mean() < 0.35
    assert np.array_equal(one, draw_hole(kind, "a.jpg", (150, 200)))
    assert not np.array_equal(one, draw_hole(kind, "b.jpg", (150, 200)))


def test_no_hole_and_other_kinds() -> None:
    assert not draw_hole("none", "a.jpg", (150, 200)).any()
    with pytest.raises(UserError, match="expected some of none, lines, discs"):
        draw_hole("squares", "a.jpg", (150, 200))


def test_a_record_and_its_sheet(photo: Path) -> None:
    record, sheet = measure_photo(photo, "a.png", [FACE], find, repair)
    assert record["size"] == [150, 200]
    assert record["kinds"]["none"]["found"] == record["kinds"]["lines"]["found"] == 1
    assert "seconds" not in record["kinds"]["none"]
    assert record["kinds"]["lines"]["seconds"] > 0
    assert sheet.width > 3 * 200
    colors = {color for _, color in sheet.getcolors(1 << 24) or []}
    assert {(40, 200, 80), (233, 64, 87), (90, 120, 60)} <= colors
    unfilled, _ = measure_photo(photo, "a.png", [FACE], find, None, ("discs",))
    assert "seconds" not in unfilled["kinds"]["discs"]


def test_a_photo_that_cannot_be_filled_is_told(photo: Path) -> None:
    def refuse(photo: Photo, hole: np.ndarray) -> Image.Image:
        raise UserError("no face")

    record, _ = measure_photo(photo, "a.png", [], find, refuse, ("lines",))
    assert record["kinds"]["lines"]["error"] == "no face"
    assert summarize_photos([record])["lines"]["errors_of_fill"] == 1


def test_frames_are_drawn_where_they_are() -> None:
    pixels = np.zeros((960, 960, 3), dtype=np.uint8)
    drawn = np.asarray(show_faces(pixels, [FaceFrame(480.0, 480.0, 480.0)], []))
    assert drawn.shape == (480, 480, 3)
    rows, columns = np.nonzero(drawn[..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx(
        (120, 360, 120, 360), abs=2
    )


def test_sums_by_kind() -> None:
    told = {"expected": 1, "found": 1, "false": 0, "errors": (0.1,), "find_seconds": 0.5,
            "by_kind": {"profile": (1, 1)}}  # fmt: skip
    records = [
        {"kinds": {"none": told, "lines": told | {"seconds": 2.0, "peak_mb": 5}}},
        {
            "kinds": {
                "none": told,
                "lines": told | {"found": 0, "errors": (), "seconds": 4.0, "peak_mb": 9},
            }
        },
    ]
    found = summarize_photos(records)
    assert (found["none"]["recall"], found["lines"]["recall"]) == (1.0, 0.5)
    assert found["lines"]["seconds"] == {"median": 3.0, "most": 4.0}
    assert found["lines"]["peak_mb"] == {"median": 7.0, "most": 9}
    assert "seconds" not in found["none"]
    assert found["none"]["by_kind"] == {"profile": {"faces": 2, "found": 2}}


def test_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "photos" / "some"
    folder.mkdir(parents=True)
    Image.open(example("portrait")).convert("RGB").resize((256, 256)).save(folder / "a.png")
    Image.effect_noise((80, 120), 30).convert("RGB").save(tmp_path / "photos" / "b.png")
    (tmp_path / "boxes.csv").write_text("photo,x,y,width,height\nsome/a.png,60,50,130,170\n")
    given = ["benchmark", "photos", str(tmp_path / "photos"), "--boxes", str(tmp_path / "boxes.csv")]
    given += ["--output", str(tmp_path / "out"), "--kinds", "none,lines", "--no-fill", "--device", "cpu"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [record["photo"] for record in report["photos"]] == ["b.png", "some/a.png"]
    assert report["kinds"]["none"]["photos"] == 2
    assert report["kinds"]["none"]["faces"] == 1
    assert done.output.startswith("none: 1 of 1 faces (100.0%)")
    assert (tmp_path / "out" / "some__a.png.sheet.png").is_file()


def test_boxes_of_other_photos_are_a_fault(tmp_path: Path, photo: Path) -> None:
    (tmp_path / "boxes.csv").write_text("photo,x,y,width,height\nother.png,1,2,50,50\n")
    given = ["benchmark", "photos", str(tmp_path), "--boxes", str(tmp_path / "boxes.csv"), "-o", "out"]
    with pytest.raises(UserError, match=r"1 of its photos are not in .*: other\.png"):
        CliRunner().invoke(app, given, catch_exceptions=False)
