"""`inlay evaluate` from end to end, and what it says of bad input."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.holes import unpack_holes


def report(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_model(inlay, faces: Path, untrained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--model", untrained)
    status, said, complaint = inlay(
        "evaluate", *given, "--layout", "true", "--json", out, "--bins", "--csv", tmp_path / "out.csv"
    )
    assert status == 0, complaint
    assert "layout true" in said
    found = report(out)
    assert {"psnr", "ssim", "hole_psnr", "count", "layout", "protocol"} <= found.keys()
    assert (found["count"], found["layout"], found["fill"]) == (4, "true", "model")
    assert len(found["bins"]) == 6
    assert found["skipped"] == {
        "lpips": "no weights given (--lpips DIR)",
        "fid": "no weights given (--fid FILE)",
    }
    assert set(found["predicted_layout"]) == {"hole", "known"}
    assert len(found["provenance"]["sha256"]["model"]) == 64
    stems = [line.split(",")[0] for line in (tmp_path / "out.csv").read_text().splitlines()]
    assert stems == ["stem", "f3", "f1", "f4", "f0"]


@pytest.mark.parametrize("layout", ["true", "predicted"])
def test_as_photos(inlay, faces: Path, untrained: Path, tmp_path: Path, layout: str) -> None:
    """At the model's own size it is the model itself; at another one the photo is brought there and back.

    That is the default at larger sizes.
    """
    alone, photos, default = "--no-as-photos", "--as-photos", "--bins"
    told = {}
    for size in (32, 64):
        holes = faces / "holes.npz"
        if size == 64:
            holes = tmp_path / "64.npz"
            inlay("holes", "--size", 64, "--count", 4, "--output", holes)
        for more in (alone, photos, default):
            out = tmp_path / f"{size}{more}.json"
            given = ("--data", faces, "--holes", holes, "--size", size, "--model", untrained)
            status, _, complaint = inlay("evaluate", *given, "--layout", layout, "--json", out, more)
            assert status == 0, complaint
            told[size, more] = report(out)
    assert told[32, photos]["psnr"] == pytest.approx(told[32, alone]["psnr"], abs=0.02)
    assert told[32, photos]["fill"] == "model, as photos"
    assert told[32, photos]["layout"] == layout
    assert told[64, photos]["psnr"] != pytest.approx(told[64, alone]["psnr"], abs=0.02)
    digest = told[64, photos]["provenance"]["sha256"]["model"]
    assert digest == told[64, alone]["provenance"]["sha256"]["model"]
    assert (told[32, default]["filled"], told[32, default]["each"]) == (
        "model alone",
        told[32, alone]["each"],
    )
    assert (told[64, default]["filled"], told[64, default]["each"]) == ("as photos", told[64, photos]["each"])


def test_steps_of_finishing_can_be_left_out(inlay, faces: Path, untrained: Path, tmp_path: Path) -> None:
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--model", untrained)
    out = tmp_path / "out.json"
    status, _, complaint = inlay("evaluate", *given, "--without", "twins", "--json", out)
    assert status == 2
    assert "--without goes with --as-photos" in complaint
    status, _, complaint = inlay("evaluate", *given, "--without", "hues", "--as-photos", "--json", out)
    assert status == 2
    assert "--without hues: no such step; expected " in complaint
    assert not out.exists()
    assert inlay("evaluate", *given, "--without", "twins,rim", "--as-photos", "--json", out)[0] == 0
    assert report(out)["provenance"]["sources"]["fill"].endswith(", without twins, without rim")


def test_results_scored_again_give_the_same_figures(inlay, faces: Path, tmp_path: Path) -> None:
    """The n-th hole goes with the n-th stem of val.txt; a folder of results is scored like its program."""
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32)
    assert (
        inlay(
            "evaluate", *given, "--baseline", "mean", "--results", tmp_path / "r", "--json", tmp_path / "a"
        )[0]
        == 0
    )
    assert inlay("evaluate", *given, "--pred", tmp_path / "r", "--json", tmp_path / "b")[0] == 0
    ours, again = report(tmp_path / "a"), report(tmp_path / "b")
    assert {k: ours[k] for k in ("psnr", "ssim", "hole_psnr")} == {
        k: again[k] for k in ("psnr", "ssim", "hole_psnr")
    }
    assert (again["layout"], again["known_l1"]) == ("unknown", 0)
    hole = unpack_holes(dict(np.load(faces / "holes.npz")))[0] > 0
    first = np.asarray(Image.open(tmp_path / "r" / "f3.png"))
    assert len(np.unique(first[hole], axis=0)) == 1


def test_two_folders_and_a_count(inlay, faces: Path, tmp_path: Path) -> None:
    given = ("--images", faces / "images", "--labels", faces / "labels", "--stems", faces / "val.txt")
    holes = ("--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean")
    assert inlay("evaluate", *given, *holes, "--count", 2, "--json", tmp_path / "a")[0] == 0
    assert report(tmp_path / "a")["count"] == 2


@pytest.mark.parametrize("steps", [2])
def test_refine(inlay, faces: Path, untrained: Path, tmp_path: Path, steps: int) -> None:
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--model", untrained)
    assert inlay("evaluate", *given, "--refine", steps, "--json", tmp_path / "a")[0] == 0
    assert report(tmp_path / "a")["refine"]["preset"] == "careful"
    status, _, complaint = inlay(
        "evaluate", *given, "--refine", steps, "--preset", "paper", "--json", tmp_path / "b"
    )
    assert status == 2
    assert "--vgg" in complaint


def test_lpips_of_the_hole_box(inlay, faces: Path, shared: Path, tmp_path: Path) -> None:
    """At 32 px the box with 32 px around is the whole picture."""
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean")
    weights = ("--lpips", shared / "weights", "--crop-lpips")
    assert inlay("evaluate", *given, *weights, "--json", tmp_path / "a")[0] == 0
    assert report(tmp_path / "a")["each"]["crop_lpips"] == report(tmp_path / "a")["each"]["lpips"]


def test_figures_a_picture_and_by_groups(inlay, faces: Path, tmp_path: Path) -> None:
    """Kinds of holes are reported from one picture on, groups of a table from 40 on."""
    (tmp_path / "groups.csv").write_text("stem,hat\nf0,1\nf1,\nf2,0\nf3,1\nf4,0\n", encoding="utf-8")
    parts = ("--kind", "part", "--part", "nose", "--part", "eyes", "--in-turn", "--data", faces)
    status, _, complaint = inlay("holes", "--size", 32, *parts, "--output", tmp_path / "parts.npz")
    assert (status, "2 portraits have no such part" in complaint) == (0, True)
    given = ("--data", faces, "--holes", tmp_path / "parts.npz", "--size", 32, "--baseline", "mean")
    more = ("--groups", tmp_path / "groups.csv", "--count", 3)
    status, _, complaint = inlay("evaluate", *given, *more, "--json", tmp_path / "a")
    assert status == 0, complaint
    found = report(tmp_path / "a")
    assert found["each"]["stem"] == ["f3", "f1", "f4"]
    assert found["members"] == {"kind": ["nose", "eyes", "nose"], "hat": ["1", "", "0"]}
    assert found["groups"]["hat"] == {"0": {"count": 1}, "1": {"count": 1}}
    nose = found["groups"]["kind"]["nose"]
    each = found["each"]["hole_mae"]
    assert nose["count"] == 2
    assert nose["hole_mae"] == pytest.approx((each[0] + each[2]) / 2, abs=1e-6)
    assert found["groups"]["kind"]["eyes"]["hole_mae"] is None


def test_pictures_without_layouts(inlay, faces: Path, untrained: Path, tmp_path: Path) -> None:
    """Figures are those with layouts, but for the ones that need them."""
    given = ("--holes", faces / "holes.npz", "--size", 32, "--model", untrained)
    alone = ("--images", faces / "images", "--stems", faces / "val.txt")
    assert inlay("evaluate", "--data", faces, *given, "--json", tmp_path / "a")[0] == 0
    status, _, complaint = inlay("evaluate", *alone, *given, "--json", tmp_path / "b")
    assert status == 0, complaint
    ours, bare = report(tmp_path / "a"), report(tmp_path / "b")
    assert bare["each"]["hole_psnr"] == ours["each"]["hole_psnr"]
    assert bare["class_color_error"] is None
    assert "predicted_layout" not in bare
    hashes = (one["provenance"]["sha256"] for one in (ours, bare))
    assert {key for key, _ in set.symmetric_difference(*(set(one.items()) for one in hashes))} == {"labels"}
    for more in ((), ("--as-photos",)):
        status, _, complaint = inlay(
            "evaluate", *alone, *given, *more, "--layout", "true", "--json", tmp_path / "c"
        )
        assert status == 2
        assert "these pictures come without layouts" in complaint


def test_lpips_from_a_folder(inlay, faces: Path, shared: Path, tmp_path: Path) -> None:
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean")
    assert inlay("evaluate", *given, "--lpips", shared / "weights", "--json", tmp_path / "a")[0] == 0
    found = report(tmp_path / "a")
    assert found["lpips"] > 0
    assert found["skipped"].keys() == {"fid"}
    assert "lpips_v0.1_squeeze.pth" in found["provenance"]["sha256"]


def spoil_labels(faces: Path) -> None:
    shutil.rmtree(faces / "labels")


def spoil_stems(faces: Path) -> None:
    (faces / "val.txt").write_text("f3\nf1\nf4\nnobody\n", encoding="utf-8")


def spoil_count(faces: Path) -> None:
    (faces / "val.txt").write_text("f3\nf1\n", encoding="utf-8")


def spoil_holes(faces: Path) -> None:
    (faces / "holes.npz").write_bytes(b"nothing of the kind")


def spoil_label_ids(faces: Path) -> None:
    Image.fromarray(np.full((64, 64), 77, dtype=np.uint8)).save(faces / "labels" / "f1.png")


def spoil_image(faces: Path) -> None:
    (faces / "images" / "f1.png").write_bytes((faces / "images" / "f1.png").read_bytes()[:200])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_labels, "labels: no such folder"),
        (spoil_stems, "no image there for 'nobody'"),
        (spoil_count, "4 holes for 2 stems"),
        (spoil_holes, "not a readable .npz"),
        (spoil_label_ids, "77"),
        (spoil_image, "f1.png"),
    ],
)
def test_bad_data(inlay, faces: Path, tmp_path: Path, spoil, said: str) -> None:
    spoil(faces)
    before = sorted(tmp_path.iterdir())
    status, _, complaint = inlay(
        "evaluate", "--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean",
        "--json", tmp_path / "out.json", "--csv", tmp_path / "out.csv",
    )  # fmt: skip
    assert status == 2
    assert said in complaint
    assert complaint.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_baseline_under_other_classes(inlay, faces: Path, tmp_path: Path) -> None:
    classes = "".join(f'[[classes]]\nname = "c{n}"\ncolor = [{n}, 1, 2]\n' for n in range(30))
    (tmp_path / "many.toml").write_text('name = "many"\n' + classes)
    label = next((faces / "labels").iterdir())
    Image.fromarray(np.full_like(np.asarray(Image.open(label)), 27)).save(label)
    given = ("evaluate", "--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean")
    status, _, complaint = inlay(*given, "--json", tmp_path / "no.json")
    assert (status, "27" in complaint) == (2, True)
    status, _, complaint = inlay(*given, "--label-set", tmp_path / "many.toml", "--json", tmp_path / "a.json")
    assert status == 0, complaint


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--size", 32, "--model", "bundled-both"), "bundled-both is two models"),
        (("--size", 32, "--as-photos", "--baseline", "mean"), "--as-photos"),
        (("--size", 32, "--as-photos", "--refine", 3), "--as-photos goes with no --refine"),
        ((), "holes of 32 x 32 (height x width), the evaluation runs at 128 x 128"),
        (("--size", 32, "--baseline", "mean", "--lpips", "."), "no squeezenet1_1_features.pth"),
        (("--size", 32, "--model", "nowhere"), "nowhere"),
        (("--size", 32, "--baseline", "mean", "--model", "x"), "give one of them"),
        (("--size", 32, "--baseline", "mean", "--refine", 3), "--refine"),
        (("--size", 32, "--baseline", "mean", "--images", "x"), "either --data"),
        (("--size", 32, "--baseline", "mean", "--bin-edges", "3"), "--bin-edges 3"),
        (("--size", 32, "--baseline", "mean", "--csv", "nowhere/a.csv"), "nowhere"),
        (("--size", 32, "--baseline", "mean", "--pred", "."), "give one of them"),
        (("--size", 32, "--pred", "."), "no result for 4 of 4 stems"),
        (("--size", 32, "--baseline", "magic"), "magic"),
        (("--size", 32, "--label-set", "birds.toml"), "a model knows its own classes"),
        (("--size", 32, "--device", "abacus"), "abacus"),
        (("--size", 32, "--baseline", "mean", "--crop-lpips"), "--crop-lpips: LPIPS needs its weights"),
        (("--size", 32, "--baseline", "mean", "--groups", "no.csv"), "no.csv: not readable as groups"),
        (("--size", 32, "--baseline", "mean", "--identity", "no.onnx"), "no.onnx: no such file"),
    ],
)
def test_bad_options(inlay, faces: Path, tmp_path: Path, monkeypatch, options: tuple, said: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    status, _, complaint = inlay(
        "evaluate", "--data", faces, "--holes", faces / "holes.npz", "--json", "out.json", *options
    )
    assert status == 2
    assert said in complaint
    assert complaint.count("\n") == 1
    assert not list(empty.iterdir())


def test_a_result_of_another_size(inlay, faces: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    for stem in ("f3", "f1", "f4", "f0"):
        Image.new("RGB", (64, 64)).save(tmp_path / "r" / f"{stem}.png")
    status, _, complaint = inlay(
        "evaluate", "--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--pred", tmp_path / "r",
        "--json", tmp_path / "a",
    )  # fmt: skip
    assert status == 2
    assert "64 x 64" in complaint


def test_gallery(inlay, faces: Path, untrained: Path, tmp_path: Path) -> None:
    given = ("--data", faces, "--holes", faces / "holes.npz", "--size", 32, "--model", untrained)
    status, said, complaint = inlay("gallery", *given, "--rows", 2, "--output", tmp_path / "sheet.png")
    assert status == 0, complaint
    best, worst, _ = said.splitlines()
    assert best.startswith("best: f")
    assert not {w.split()[0] for w in best[6:].split(", ")} & {w.split()[0] for w in worst[7:].split(", ")}
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > sheet.height
    status, _, complaint = inlay("gallery", *given, "--output", tmp_path / "no" / "sheet.png")
    assert (status, complaint.count("\n")) == (2, 1)


def test_part_holes_for_the_same_portraits(inlay, faces: Path, tmp_path: Path) -> None:
    """Labels 0 to 2 are background, skin and nose."""
    out = tmp_path / "parts.npz"
    status, said, _ = inlay("holes", "--kind", "part", "--size", 32, "--data", faces, "--output", out)
    assert status == 0
    assert said.startswith("4 holes, ")
    given = ("--data", faces, "--holes", out, "--size", 32, "--baseline", "mean")
    assert inlay("evaluate", *given, "--json", tmp_path / "a")[0] == 0
    status, said, complaint = inlay(
        "holes", "--kind", "part", "--part", "eye", "--size", 32, "--data", faces, "--output", out
    )
    assert status == 0
    assert "4 portraits have no such part" in complaint
    assert inlay("evaluate", *given, "--json", tmp_path / "b")[0] == 0
    assert report(tmp_path / "b")["identical"] == 4
    assert report(tmp_path / "b")["psnr"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "part"), "--data DIR"),
        (("--kind", "peers"), "--kind peers hides parts of given portraits"),
        (("--kind", "box", "--part", "eye", "--count", 1), "go with --kind part"),
        (("--kind", "peers", "--in-turn"), "--part, --in-turn and --reach go with --kind part, not with"),
        (("--kind", "box", "--reach", 0.1, "--count", 1), "--reach go with --kind part, not with box"),
        (("--kind", "box", "--data", ".", "--count", 1), "--data and --stems go with --kind part or peers"),
        (("--kind", "box"), "--count"),
        ((), "--count"),
        (("--kind", "box", "--count", 1, "--low", 0.5), "box ratio 0.5 to 0.2"),
    ],
)
def test_bad_hole_options(inlay, tmp_path: Path, options: tuple, said: str) -> None:
    status, _, complaint = inlay("holes", "--size", 32, "--output", tmp_path / "h.npz", *options)
    assert status == 2
    assert said in complaint
    assert not list(tmp_path.iterdir())


def test_attend(inlay, untrained: Path, tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)
    hole = np.zeros((40, 48), dtype=np.uint8)
    hole[10:30, 12:40] = 255
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(hole).save(tmp_path / "hole.png")
    given = ("attend", tmp_path / "photo.png", "--hole", tmp_path / "hole.png", "--model", untrained)
    status, said, complaint = inlay(
        *given, "--output", tmp_path / "sheet.png", "--at", "20,20", "--at", "12,39"
    )
    assert status == 0, complaint
    assert [line[-9:] for line in said.splitlines()[:2]] == ["at 20,20)", "at 12,39)"]
    assert inlay(*given, "--output", tmp_path / "sheet.png", "--points", 2, "--overwrite")[0] == 0
    for at, told in (("5,5", "known part"), ("20,48", "outside the photo"), ("x", "expected row and column")):
        status, _, complaint = inlay(*given, "--output", tmp_path / "other.png", "--at", at)
        assert status == 2
        assert told in complaint
    assert not (tmp_path / "other.png").exists()


@pytest.mark.parametrize("layout", ["true", "predicted"])
def test_a_picture_without_a_hole_stays_as_it_is(
    inlay, faces: Path, untrained: Path, tmp_path: Path, layout: str
) -> None:
    """Frozen holes of parts have an empty one where a face has no such part."""
    with np.load(faces / "holes.npz") as stored:
        arrays = dict(stored)
    arrays["holes"][1] = 0
    np.savez(tmp_path / "holes.npz", **arrays)
    given = ("--data", faces, "--holes", tmp_path / "holes.npz", "--size", 32, "--model", untrained)
    out = tmp_path / "out.json"
    status, _, complaint = inlay("evaluate", *given, "--as-photos", "--layout", layout, "--json", out)
    assert status == 0, complaint
    assert report(out)["identical"] == 1
    assert report(out)["count"] == 4
