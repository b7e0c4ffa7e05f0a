import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.command_line import Run, drawn_hole
from inlay.checkpoint import SETTINGS, WEIGHTS
from inlay.examples import example

WHOLE = ("--face", "whole")
"""The tests' photos show no face."""


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_result_lies_beside_the_photo(run: Run, work: Path, tiny_model: Path) -> None:
    done = run("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, *WHOLE)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("hole 12.5% of the photo, layout predicted, ")
    assert done.out.endswith(" s: photo.filled.png\n")
    hole = drawn_hole()
    filled, photo = pixels(work / "photo.filled.png"), pixels(work / "photo.png")
    assert np.array_equal(filled[~hole], photo[~hole])
    assert not np.array_equal(filled[hole], photo[hole])


def test_with_everything(run: Run, work: Path, tiny_model: Path) -> None:
    before = names(work)
    done = run(
        "fill", "photo.png", "--hole", "hole.png", "--layout", "labels.png", "--model", tiny_model,
        "--output", "out.tif", "--sheet", "sheet.png", "--seed", 3, "--device", "cpu",
    )  # fmt: skip
    assert done.status == 0
    assert "layout given" in done.out
    assert "sheet: sheet.png" in done.out
    assert names(work) - before == {"out.tif", "sheet.png"}
    assert pixels(work / "sheet.png").shape[1] > 3 * pixels(work / "sheet.png").shape[0] / 2


@pytest.mark.parametrize("form", ["rgba.png", "cmyk.jpg", "grey.png", "palette.png", "turned.jpg"])
def test_photos_are_read_without_a_word(run: Run, work: Path, tiny_model: Path, form: str) -> None:
    photo = Image.open(work / "photo.png")
    modes = {"rgba.png": "RGBA", "cmyk.jpg": "CMYK", "grey.png": "L", "palette.png": "P", "turned.jpg": "RGB"}
    exif = Image.Exif()
    if form == "turned.jpg":
        photo = photo.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6
    photo.convert(modes[form]).save(work / form, exif=exif)
    done = run("fill", form, "--hole", "hole.png", "--model", tiny_model, *WHOLE)
    assert (done.status, done.err) == (0, "")
    assert pixels(work / f"{form[:-4]}.filled.png").shape[:2] == (48, 40)


@pytest.mark.parametrize("form", ["grey", "soft", "alpha", "palette", "color", "deep"])
def test_holes_of_each_kind(run: Run, work: Path, tiny_model: Path, form: str) -> None:
    hole = drawn_hole()
    grey = Image.fromarray(np.where(hole, np.uint8(200), np.uint8(90)))
    forms = {
        "grey": grey,
        "soft": Image.fromarray(hole),
        "alpha": Image.fromarray(
            np.dstack([np.full_like(hole, 255, dtype=np.uint8)] * 3 + [hole * np.uint8(255)])
        ),
        "palette": grey.convert("P"),
        "color": grey.convert("RGB"),
        "deep": Image.fromarray(hole.astype(np.uint16) * 65535),
    }
    forms[form].save(work / "other.png")
    run("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, *WHOLE, "--output", "a.png")
    done = run("fill", "photo.png", "--hole", "other.png", "--model", tiny_model, *WHOLE, "--output", "b.png")
    said = "the hole is read as paint on transparency\n" if form == "alpha" else ""
    assert (done.status, done.err) == (0, said)
    assert np.array_equal(pixels(work / "a.png"), pixels(work / "b.png"))


def test_a_photo_of_16_bits_is_filled_in_16_bits(run: Run, work: Path, tiny_model: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    values = np.random.default_rng(1).integers(0, 65536, (48, 40, 3)).astype(np.uint16)
    cv2.imwrite(str(work / "deep.png"), values)
    for face in ("auto", "whole", "20,24,12,14"):
        for target in ("out.png", "out.tif"):
            done = run(
                "fill", "deep.png", "--hole", "hole.png", "--model", tiny_model, "-o", target, "--face", face,
                "--overwrite",
            )  # fmt: skip
            assert (done.status, done.out.startswith("hole 12.5%")) == (0, True)
            filled, hole = cv2.imread(str(work / target), cv2.IMREAD_UNCHANGED), drawn_hole()
            assert filled.dtype == np.uint16
            assert np.array_equal(filled[~hole], values[~hole])
            assert (filled[hole] != values[hole]).mean() > 0.9
    done = run("fill", "deep.png", "--hole", "hole.png", "--model", tiny_model, *WHOLE, "-o", "out.jpg")
    assert done.status == 2
    assert "JPEG cannot hold 16 bits a channel; name a .png or a .tif" in done.err


def test_a_result_is_stored_as_its_photo_was(run: Run, work: Path, tiny_model: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.open(work / "photo.png").save(work / "photo.jpg", quality=61, exif=exif)
    options = ("--hole", "hole.png", "--model", tiny_model, *WHOLE)
    assert run("fill", "photo.jpg", *options, "--format", "same").status == 0
    assert (
        run("fill", "photo.jpg", *options, "-o", "bare.jpg", "--metadata", "strip", "--quality", 90).status
        == 0
    )
    with Image.open(work / "photo.jpg") as photo, Image.open(work / "photo.filled.jpg") as same:
        assert same.quantization == photo.quantization
        assert same.getexif()[0x010F] == "Maker"
    with Image.open(work / "bare.jpg") as bare, Image.open(work / "photo.jpg") as photo:
        assert bare.quantization != photo.quantization
        assert not bare.getexif()
    done = run("fill", "photo.jpg", *options, "--quality", 90)
    assert done.status == 2
    assert "PNG loses nothing and has no quality" in done.err


def test_what_is_handled_is_said(run: Run, work: Path, tiny_model: Path) -> None:
    Image.fromarray(drawn_hole()[::2, ::2]).save(work / "small.png")
    done = run("fill", "photo.png", "--hole", "small.png", "--model", tiny_model, *WHOLE, "--output", "a.png")
    assert done.status == 0
    assert "the hole is 20 x 24 pixels, the photo 40 x 48 pixels: scaled by nearest neighbour" in done.err

    Image.new("L", (40, 48)).save(work / "black.png")
    done = run("fill", "photo.png", "--hole", "black.png", "--model", tiny_model, *WHOLE, "--output", "b.png")
    assert done.status == 2
    assert "there is no hole: nothing is marked" in done.err
    assert not (work / "b.png").exists()

    Image.fromarray(~drawn_hole()).save(work / "inverted.png")
    done = run(
        "fill", "photo.png", "--hole", "inverted.png", "--model", tiny_model, *WHOLE, "--output", "c.png"
    )
    assert done.status == 0
    assert "warning: 88% of the photo is hole" in done.err

    done = run("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, *WHOLE, "--output", "d.jpg")
    assert done.status == 0
    assert "a .png keeps known pixels exactly" in done.err


def spoil(work: Path, model: Path) -> None:
    """Files and folders with faults, beside good ones."""
    (work / "empty.png").touch()
    (work / "text.png").write_text("a letter")
    buffer = io.BytesIO()
    Image.open(work / "photo.png").save(buffer, format="JPEG")
    (work / "cut.jpg").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    (work / "cut.png").write_bytes((work / "photo.png").read_bytes()[:2000])
    Image.new("L", (40, 48), 255).save(work / "white.png")
    Image.new("L", (40, 48), 77).save(work / "unknown.png")
    Image.new("L", (20, 30)).save(work / "small.png")
    for name in ("empty", "damaged", "future", "bare", "foreign", "unfit"):
        (work / name).mkdir()
    for name in ("damaged", "future", "bare", "unfit"):
        for part in (SETTINGS, WEIGHTS):
            (work / name / part).write_bytes((model / part).read_bytes())
    (work / "damaged" / WEIGHTS).write_bytes((model / WEIGHTS).read_bytes()[:-100])
    future = re.sub('"version": [0-9]+', '"version": 9', (model / SETTINGS).read_text())
    (work / "future" / SETTINGS).write_text(future)
    (work / "bare" / WEIGHTS).unlink()
    (work / "foreign" / SETTINGS).write_text('{"name": "something"}')
    unfit = (model / SETTINGS).read_text().replace('"style_dim": 8', '"style_dim": 12')
    (work / "unfit" / SETTINGS).write_text(unfit)


FAULTS = {
    "none.png": ("image", "none.png: no such file; expected a picture"),
    "empty.png": ("image", "empty.png: the file is empty; expected a picture"),
    "text.png": ("image", "text.png: not a picture; expected one of PNG"),
    "cut.jpg": ("image", "cut.jpg: the picture is cut or damaged"),
    "cut.png": ("hole", "cut.png: the picture is cut or damaged"),
    ".": ("hole", ".: is a folder; expected a picture"),
    "white.png": ("hole", "the hole covers the whole photo"),
    "unknown.png": ("layout", "unknown.png: layout ids 77 are unknown; 'celebamask-hq' has ids 0 to 18"),
    "small.png": ("layout", "the layout is 20 x 30 pixels, the photo 40 x 48 pixels: their aspects differ"),
    "photo.png": ("layout", "photo.png: the colour #"),
    "nowhere": ("model", "nowhere: no such model folder; expected a model folder with snapshot.json"),
    "hole.png": ("model", "hole.png: is a file; expected a model folder"),
    "empty": ("model", "empty: the model folder is empty; expected snapshot.json"),
    "damaged": ("model", "damaged, its SHA-256 is not the one in snapshot.json; copy the model folder again"),
    "future": ("model", "a model of version 9, this program reads 1 to 3"),
    "bare": ("model", "bare: the model folder has no weights.safetensors"),
    "foreign": ("model", "no settings of an inlay model"),
    "unfit": ("model", "the weights do not fit the network of snapshot.json"),
    "tpu": ("device", "unknown device 'tpu'; expected one of auto, cpu, cuda"),
    "no/out.png": ("output", "no/out.png: the output folder no is not there; make it, or name another"),
    "out.gif": ("output", "out.gif: '.gif' is no format that is written here; expected one of"),
    "no/sheet.png": ("sheet", "no/sheet.png: the output folder no is not there"),
}


@pytest.mark.parametrize("value", FAULTS)
def test_faults_are_one_line_and_leave_nothing(run: Run, work: Path, tiny_model: Path, value: str) -> None:
    place, message = FAULTS[value]
    spoil(work, tiny_model)
    before = names(work)
    given = {"hole": "hole.png", "model": str(tiny_model)} | ({} if place == "image" else {place: value})
    image = value if place == "image" else "photo.png"
    done = run("fill", image, *(part for option, given in given.items() for part in (f"--{option}", given)))
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert names(work) == before


IDLE = {
    ("--report", "r.json"): "one photo", ("--resume",): "one photo", ("--workers", "2"): "one photo",
    ("--engine", "ray"): "one photo", ("--address", "auto"): "one photo",
    ("--classes", "hair=0.5"): "--style-from PORTRAIT",
    ("--output", "photo.png"): "would overwrite", ("--output", "hole.png"): "would overwrite",
    ("--layout", "labels.png", "--output", "labels.png"): "would overwrite",
    ("--dilate", "60", "--face", "whole"): "the hole, grown, covers the whole photo",
    ("--face", "0.3,0.3,0.4,0.4"): "not as shares",
    ("--without", "twins,hues"): "--without hues: no such step; expected ",
}  # fmt: skip


@pytest.mark.parametrize("options", IDLE, ids=" ".join)
def test_what_would_do_nothing_or_harm_is_refused(
    run: Run, work: Path, tiny_model: Path, options: tuple[str, ...]
) -> None:
    before = {name: (work / name).read_bytes() for name in names(work) if (work / name).is_file()}
    done = run("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, *options)
    assert done.status == 2
    assert IDLE[options] in done.err
    assert done.err.count("\n") == 1
    assert before == {name: (work / name).read_bytes() for name in names(work) if (work / name).is_file()}


@pytest.mark.parametrize("options", [("--candidates", "2"), ("--sheet", "sheet.png")], ids=" ".join)
def test_what_goes_with_one_photo_alone(
    run: Run, work: Path, tiny_model: Path, options: tuple[str, ...]
) -> None:
    (work / "photos").mkdir()
    shutil.copy(work / "photo.png", work / "photos")
    done = run("fill", "photos", "--hole", "hole.png", "-o", "out", "--model", tiny_model, *WHOLE, *options)
    assert done.status == 2
    assert f"{options[0]}: goes with one photo" in done.err
    assert not (work / "out").exists()


@pytest.mark.parametrize("form", ["erased", "copy", "strokes", "jpeg"])
def test_what_people_paint_is_a_hole(run: Run, work: Path, tiny_model: Path, form: str) -> None:
    """The photo is a smooth one, so that a copy of it survives JPEG."""
    hole, (y, x) = drawn_hole(), np.mgrid[:48, :40].astype(np.uint8)
    photo = np.dstack([4 * x, 4 * y, np.full_like(x, 90)])
    Image.fromarray(photo).save(work / "smooth.png")
    red = np.where(hole[..., None], np.uint8([255, 0, 0]), photo).astype(np.uint8)
    forms = {
        "erased": (np.dstack([photo, np.where(hole, 0, 255)]), "the transparent part"),
        "copy": (red, "what differs from the photo"),
        "strokes": (np.dstack([np.zeros_like(photo), hole * 255]), "paint on transparency"),
        "jpeg": (red, "what differs from the photo"),
    }
    values, way = forms[form]
    name = "painted.jpg" if form == "jpeg" else "painted.png"
    Image.fromarray(values.astype(np.uint8)).save(work / name)
    done = run("fill", "smooth.png", "--hole", name, "--model", tiny_model, *WHOLE, "-o", "out.png")
    assert (done.status, done.err) == (0, f"the hole is read as {way}\n")
    off = (pixels(work / "out.png") != photo).any(axis=2) & ~hole
    assert off.mean() < (0.1 if form == "jpeg" else 1e-9)


def test_a_hole_as_stored_turns_with_its_photo(run: Run, work: Path, tiny_model: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("photo", "hole"):
        stored = Image.open(work / f"{name}.png").transpose(Image.Transpose.ROTATE_90)
        stored.save(work / f"{name}.stored.png", **({"exif": exif} if name == "photo" else {}))
    options = ("--model", tiny_model, *WHOLE, "-o", "out.png")
    done = run("fill", "photo.stored.png", "--hole", "hole.stored.png", *options)
    assert done.status == 0
    assert "the hole is turned with it" in done.err
    known = ~drawn_hole()
    assert np.array_equal(pixels(work / "out.png")[known], pixels(work / "photo.png")[known])
    assert not np.array_equal(pixels(work / "out.png"), pixels(work / "photo.png"))
    done = run("layout", "photo.stored.png", "--hole", "hole.stored.png", *options[:2], "-o", "l.png")
    assert (done.status, "the hole is turned with it" in done.err) == (0, True)
    done = run("attend", "photo.stored.png", "--hole", "hole.stored.png", *options[:2], "-o", "a.png")
    assert "the hole is turned with it" in done.err


@pytest.mark.parametrize("command", ["fill", "layout", "attend"])
def test_a_hole_of_another_aspect_is_refused(run: Run, work: Path, tiny_model: Path, command: str) -> None:
    Image.open(work / "hole.png").resize((40, 24)).save(work / "flat.png")
    given = (command, "photo.png", "--hole", "flat.png", "--model", tiny_model, "-o", "out.png")
    done = run(*given)
    assert done.status == 2
    assert "their aspects differ; draw it on this photo, or stretch it with --fit-hole" in done.err
    assert "scaled by nearest neighbour" in run(*given, "--fit-hole").err


def test_files_as_urls_and_large_seeds(run: Run, work: Path, tiny_model: Path) -> None:
    urls = [f"file://{work}/{name}" for name in ("photo.png", "hole.png", "out.png")]
    done = run(
        "fill", urls[0], "--hole", urls[1], "-o", urls[2], "--model", tiny_model, *WHOLE, "--seed", 2**63 - 1
    )
    assert (done.status, done.err) == (0, "")
    assert (work / "out.png").is_file()
    assert run("fill", "photo.png", "--hole", "hole.png", "--seed", 2**63).status == 2


def test_a_file_url_is_decoded(run: Run, work: Path, tiny_model: Path) -> None:
    shutil.copy(work / "photo.png", work / "my photo.png")
    url = f"file://{work}/my%20photo.png"
    assert run("fill", url, "--hole", "hole.png", "-o", "out.png", "--model", tiny_model, *WHOLE).status == 0


def test_a_mask_is_called_a_hole(run: Run) -> None:
    done = run("fill", "photo.png", "--mask", "hole.png")
    assert done.status == 2
    assert "is given with --hole" in done.err


def test_as_a_module(work: Path) -> None:
    """`python -m inlay` is the command."""
    done = subprocess.run(
        [sys.executable, "-m", "inlay", "--version"], cwd=work, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "inlay")


def test_as_a_program(work: Path, tiny_model: Path) -> None:
    """A process of its own: the status and both streams are what a shell sees."""
    program = [sys.executable, "-c", "from inlay.cli.main import main; main()", "fill", "photo.png"]
    good = subprocess.run(
        [*program, "--hole", "hole.png", "--model", str(tiny_model), *WHOLE],
        cwd=work, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (good.returncode, good.stderr) == (0, "")
    bad = subprocess.run(
        [*program, "--hole", "none.png"], cwd=work, capture_output=True, text=True, check=False
    )
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "error: none.png: no such file; expected a picture\n"


def test_refined(run: Run, work: Path, tiny_model: Path) -> None:
    given = ("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, *WHOLE)
    assert run(*given, "--output", "plain.png").status == 0
    done = run(*given, "--refine", 3, "--output", "refined.png")
    assert done.status == 0
    assert re.match(r"refined: (step \d of 3 is kept|none of 3 steps was better)", done.err)
    hole = drawn_hole()
    assert np.array_equal(pixels(work / "refined.png")[~hole], pixels(work / "photo.png")[~hole])
    options = ("--refine", 3, "--face", "whole", "--output", "bundled.png")
    whole = run("fill", example("portrait"), "--hole", example("hole-scratch"), *options)
    assert whole.status == 0
    assert "nothing to learn from them" in whole.err
    zero = run(*given, "--refine", 0, "--output", "zero.png")
    assert zero.err == ""
    assert np.array_equal(pixels(work / "zero.png"), pixels(work / "plain.png"))


def test_what_a_refinement_goes_without(run: Run, work: Path, tiny_model: Path) -> None:
    given = ("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, *WHOLE, "--refine", 2)
    before = names(work)
    done = run(*given, "--refine-preset", "paper")
    assert (done.status, names(work)) == (2, before)
    assert "--vgg" in done.err
    done = run(*given, "--style-from", "photo.png")
    assert (done.status, names(work)) == (2, before)
    assert "no style of another portrait" in done.err


def test_options_of_finishing(run: Run, work: Path, tiny_model: Path) -> None:
    """A grown hole is filled and counted as hole; a step that is left out changes the fill."""
    given = ("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, "--face", "whole")
    assert run(*given, "--dilate", 2, "-o", "grown.png").out.startswith("hole 19.4% of the photo")
    changed = (pixels(work / "grown.png") != pixels(work / "photo.png")).any(axis=2)
    assert changed[8:10, 4:24].any()
    assert not changed[:8].any()
    plain, bare = (
        run(*given, *options, "-o", name)
        for options, name in (((), "plain.png"), (("--without", "join, detail"), "bare.png"))
    )
    assert (plain.status, bare.status) == (0, 0)
    hole = drawn_hole()
    one, other = pixels(work / "plain.png"), pixels(work / "bare.png")
    assert np.array_equal(one[~hole], other[~hole])
    assert not np.array_equal(one, other)


def test_candidates(run: Run, work: Path, tiny_model: Path) -> None:
    given = ("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model, *WHOLE, "--seed", 4)
    done = run(*given, "--candidates", 2)
    assert done.status == 0
    assert done.out.endswith(": photo.filled-1.png, photo.filled-2.png\n")
    run(*given, "-o", "alone.png")
    assert np.array_equal(pixels(work / "photo.filled-1.png"), pixels(work / "alone.png"))


def test_a_folder_with_files_of_other_kinds(run: Run, work: Path, tiny_model: Path) -> None:
    for name in ("photos", "photos/sub"):
        (work / name).mkdir()
    for name in ("a.png", "b.gif", "c.jfif", "sub/d.png"):
        Image.open(work / "photo.png").save(
            work / "photos" / name, format="JPEG" if name == "c.jfif" else None
        )
    (work / "photos" / "e.heic").write_bytes(b"ftypheic")
    given = ("fill", "photos", "--hole", "hole.png", "-o", "out", "--model", tiny_model, *WHOLE)
    done = run(*given, "--report", "report.json")
    assert done.status == 0
    assert "1 file not read: e.heic; 1 folder not entered: sub (--recursive)\n" in done.err
    assert done.out.startswith("3 done, 0 skipped, 0 failed, 1 not read, ")
    assert json.loads((work / "report.json").read_text())["not_read"] == ["e.heic"]
    done = run(*given, "--recursive", "--resume")
    assert done.out.startswith("1 done, 3 skipped, 0 failed, 1 not read, ")
    assert (work / "out" / "sub" / "d.png").is_file()
    done = run("fill", "photo.png", "--hole", "hole.png", "--recursive")
    assert "--recursive: goes with a folder" in done.err
