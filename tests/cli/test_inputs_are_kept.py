"""No command writes over a file that it reads, by whatever name."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.command_line import Run, drawn_hole


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def link(target: str, name: str) -> Callable[[Path], object]:
    return lambda work: (work / name).symlink_to(target)


def nothing(work: Path) -> None:
    pass


FILL = ("fill", "photo.png", "--hole", "hole.png", "--overwrite")
CASES: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "another spelling": (nothing, (*FILL, "-o", "../work/photo.png")),
    "a link": (link("photo.png", "a.png"), (*FILL, "-o", "a.png")),
    "a linked folder": (link(".", "there"), (*FILL, "-o", "there/photo.png")),
    "a hard link": (lambda work: os.link(work / "photo.png", work / "a.png"), (*FILL, "-o", "a.png")),
    "a URL": (nothing, (*FILL, "-o", "local://{work}/photo.png")),
    "the photo through a link": (
        link("photo.png", "a.png"),
        ("fill", "a.png", "--hole", "hole.png", "--overwrite", "-o", "photo.png"),
    ),
    "a candidate": (
        lambda work: shutil.copy(work / "photo.png", work / "p-1.png"),
        ("fill", "p-1.png", "--hole", "hole.png", "--candidates", "2", "-o", "p.png", "--overwrite"),
    ),
    "the sheet": (nothing, (*FILL, "-o", "a.png", "--sheet", "./photo.png")),
    "the hole": (nothing, (*FILL, "-o", "../work/hole.png")),
    "the layout": (nothing, (*FILL, "--layout", "labels.png", "-o", "../work/labels.png")),
    "the style": (
        lambda work: shutil.copy(work / "photo.png", work / "style.png"),
        (*FILL, "--style-from", "style.png", "-o", "../work/style.png"),
    ),
    "layout": (nothing, ("layout", "photo.png", "--output", "../work/photo.png", "--overwrite")),
    "layout, hole": (
        nothing,
        ("layout", "photo.png", "--hole", "hole.png", "--output", "./../work/hole.png", "--overwrite"),
    ),
    "attend": (
        nothing,
        ("attend", "photo.png", "--hole", "hole.png", "-o", "../work/photo.png", "--overwrite"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_photo(run: Run, work: Path, tiny_model: Path, case: str) -> None:
    make, arguments = CASES[case]
    make(work)
    before = contents(work)
    done = run(*(part.format(work=work) for part in arguments), "--model", tiny_model)
    assert (done.status, done.out) == (2, "")
    assert "would overwrite a file that is read; name another --" in done.err
    assert done.err.count("\n") == 1
    assert contents(work) == before


@pytest.mark.parametrize("output", ["../work/photos", "there", "holes/../photos", "beside"])
def test_a_folder(run: Run, work: Path, tiny_model: Path, output: str) -> None:
    for name in ("photos", "holes"):
        (work / name).mkdir()
    for n in range(3):
        shutil.copy(work / "photo.png", work / "photos" / f"{n}.png")
        shutil.copy(work / "hole.png", work / "holes" / f"{n}.png")
    (work / "there").symlink_to("photos")
    (work / "beside").mkdir()
    os.link(work / "photos" / "1.png", work / "beside" / "1.png")
    before = contents(work)
    done = run("fill", "photos", "--hole", "holes", "-o", output, "--model", tiny_model, "--overwrite")
    assert done.status == 2
    assert "would overwrite a file that is read; name another --output (it is the photo, photos/" in done.err
    assert contents(work) == before


@pytest.mark.parametrize("report", ["photos/0.png", "holes/0.png", "list.csv", "other.png"])
def test_a_report(run: Run, work: Path, tiny_model: Path, report: str) -> None:
    for name in ("photos", "holes"):
        (work / name).mkdir()
    shutil.copy(work / "photo.png", work / "photos" / "0.png")
    shutil.copy(work / "photo.png", work / "other.png")
    shutil.copy(work / "hole.png", work / "holes" / "0.png")
    (work / "list.csv").write_text("image,hole,output\nphotos/0.png,holes/0.png,out/0.png\n")
    before = contents(work)
    done = run("fill", "--manifest", "list.csv", "--report", f"../work/{report}", "--model", tiny_model)
    assert done.status == 2
    assert ("would overwrite a file that is read" in done.err) or ("is the name of a picture" in done.err)
    assert contents(work) == before


def test_two_results_of_one_name(run: Run, work: Path, tiny_model: Path) -> None:
    done = run(*FILL, "-o", "a.png", "--sheet", "./a.png", "--model", tiny_model)
    assert done.status == 2
    assert "--output and --sheet would both be written there" in done.err


def test_results_that_are_there(run: Run, work: Path, tiny_model: Path) -> None:
    """Only names that inlay chooses itself are replaced unasked."""
    given = ("fill", "photo.png", "--hole", "hole.png", "--model", tiny_model)
    Image.new("RGB", (9, 9), "red").save(work / "mine.png")
    before = contents(work)
    for arguments in (("-o", "mine.png"), ("-o", "new.png", "--sheet", "mine.png")):
        done = run(*given, *arguments)
        assert done.status == 2
        assert "mine.png: is there already; name another, or replace it with --overwrite" in done.err
    done = run("layout", "photo.png", "--model", tiny_model, "-o", "mine.png")
    assert done.status == 2
    assert contents(work) == before
    assert run(*given, "-o", "mine.png", "--overwrite").status == 0
    assert (run(*given).status, run(*given).status) == (0, 0)


def test_a_folder_of_other_peoples_pictures(run: Run, work: Path, tiny_model: Path) -> None:
    """A batch replaces what a batch made, not what else is there."""
    for name in ("photos", "out"):
        (work / name).mkdir()
    for name in ("0.png", "1.png"):
        shutil.copy(work / "photo.png", work / "photos" / name)
    shutil.copy(work / "photo.png", work / "out" / "1.png")
    before = contents(work)
    given = ("fill", "photos", "--hole", "hole.png", "-o", "out", "--model", tiny_model)
    done = run(*given)
    assert done.status == 2
    assert "out/1.png: is there already" in done.err
    assert contents(work) == before
    assert run(*given, "--resume").status == 2
    (work / "out" / "1.png").unlink()
    assert run(*given).out.startswith("2 done")
    assert run(*given).out.startswith("2 done")
    shutil.copy(work / "photo.png", work / "photos" / "2.png")
    shutil.copy(work / "photo.png", work / "out" / "2.png")
    assert run(*given, "--resume").status == 2
    assert run(*given, "--resume", "--overwrite").out.startswith("1 done, 2 skipped")


DATA = {
    "gallery": ("--holes", "data/holes.npz", "-o", "data/images/0.png", "--data", "data", "--overwrite"),
    "evaluate": ("--holes", "data/holes.npz", "--data", "data", "--json", "data/val.txt"),
    "evaluate --csv": (
        "--holes", "data/holes.npz", "--data", "data", "--json", "a.json", "--csv", "data/holes.npz",
    ),
    "evaluate --results": (
        "--holes", "data/holes.npz", "--data", "data", "--json", "a.json", "--results", "there",
    ),
    "compare": ("data/val.txt", "data/holes.npz", "--json", "there/../val.txt"),
    "holes": ("--size", "32", "--kind", "part", "--data", "data", "-o", "data/images/0.npz"),
    "train": ("config.toml", "--data", "data", "--run", "./data"),
    "ablate": ("config.toml", "--data", "data", "--holes", "data/holes.npz", "--output", "there"),
    "results": (
        "config.toml", "--data", "data", "--holes", "data/holes.npz", "--work", "w",
        "-o", "../work/config.toml",
    ),
    "prepare celebamask-hq": ("data", "there/.."),
    "export": ("model/weights.safetensors.onnx", "--model", "model"),
    "benchmark model": ("--json", "model/../model/snapshot.json", "--model", "model"),
    "convert": ("data/val.txt", "-o", "./data/val.txt"),
    "mean-codes": ("model", "--data", "data", "-o", "there/"),
    "report": ("data", "--output", "../work/data/images/0.png"),
}  # fmt: skip


@pytest.mark.parametrize("command", DATA)
def test_other_commands(run: Run, work: Path, tiny_model: Path, command: str) -> None:
    data = work / "data"
    (data / "images").mkdir(parents=True)
    (data / "labels").mkdir()
    shutil.copy(work / "photo.png", data / "images" / "0.png")
    shutil.copy(work / "labels.png", data / "labels" / "0.png")
    (data / "images" / "0.npz").write_bytes(b"mine")
    (data / "val.txt").write_text("0\n")
    (work / "config.toml").write_text("")
    np.savez(data / "holes.npz", holes=drawn_hole())
    shutil.copytree(tiny_model, work / "model")
    (work / "model" / "weights.safetensors.onnx").symlink_to("weights.safetensors")
    (work / "there").symlink_to("data/images")
    before = contents(work)
    done = run(*command.split(" --", maxsplit=1)[0].split(), *DATA[command])
    assert done.status == 2
    assert "would overwrite a file that is read" in done.err
    assert done.err.count("\n") == 1
    assert contents(work) == before


def test_a_model_folder_keeps_other_files(tmp_path: Path, tiny_model: Path) -> None:
    from inlay.checkpoint import load_snapshot, save_snapshot

    shutil.copytree(tiny_model, tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine")
    trained = load_snapshot(tiny_model)
    parts = {"model": trained.model, "layout": trained.layout}
    save_snapshot(tmp_path / "model", **parts, config=trained.config, labels=trained.labels)
    assert (tmp_path / "model" / "notes.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
