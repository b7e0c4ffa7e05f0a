import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.checkpoint import load_snapshot, save_snapshot
from inlay.data.manifest import Job, jobs_of_folder, read_manifest
from inlay.errors import UserError
from inlay.finish.recipe import STANDARD
from inlay.jobs import worker
from inlay.jobs.batch import run_batch, write_report
from inlay.jobs.processes import Processes
from inlay.jobs.worker import FillSettings, Worker, parse_face
from inlay.painters.refinement import RefineSettings
from inlay.painters.styles import parse_amounts
from inlay.repair import photo


def photos(folder: Path, count: int) -> Path:
    rng = np.random.default_rng(0)
    (folder / "photos").mkdir(parents=True)
    (folder / "holes").mkdir()
    for n in range(count):
        hole = np.zeros((40, 48), dtype=np.uint8)
        hole[10:20, 12 + n % 9 : 24] = 255
        pixels = rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{n:03d}.png")
        Image.fromarray(hole).save(folder / "holes" / f"{n:03d}.png")
    return folder


@pytest.fixture
def plain(tiny_model: Path) -> FillSettings:
    return FillSettings(model=str(tiny_model), device="cpu", faces="whole")


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.png"))}


def break_some(folder: Path) -> list[str]:
    """Broken files of many kinds; returns the stems of what must fail."""
    inside, holes = folder / "photos", folder / "holes"
    (inside / "000.png").write_bytes(b"")
    (inside / "001.png").write_bytes((inside / "002.png").read_bytes()[:300])
    (inside / "003.png").write_text("no picture")
    (holes / "004.png").unlink()
    Image.new("L", (48, 40), 255).save(holes / "005.png")
    (inside / "006.png").unlink()
    (inside / "006.png").mkdir()
    return ["000", "001", "003", "004", "005", "006"]


def test_bad_files_are_named_and_stop_nothing(tmp_path: Path, plain: FillSettings) -> None:
    folder, out = photos(tmp_path, 10), tmp_path / "out"
    broken = break_some(folder)
    outcomes = run_batch(jobs_of_folder(folder / "photos", folder / "holes", out), plain)
    failed = [o for o in outcomes if o.state == "failed"]
    assert [o.job.image.stem for o in failed] == broken
    assert all(len(o.message) > 10 and "Traceback" not in o.message for o in failed)
    assert sorted(contents(out)) == ["002.png", "007.png", "008.png", "009.png"]
    summary = write_report(tmp_path / "report.json", outcomes, 1.0)
    assert summary == {"count": 10, "done": 4, "skipped": 0, "failed": 6, "seconds": 1.0}
    assert len(json.loads((tmp_path / "report.json").read_text())["jobs"]) == 10


def test_resume_skips_what_is_there_and_equal(tmp_path: Path, plain: FillSettings) -> None:
    folder, out = photos(tmp_path, 3), tmp_path / "out"
    jobs = jobs_of_folder(folder / "photos", folder / "holes", out)
    run_batch(jobs, plain)
    first = contents(out)
    (out / "001.png").unlink()
    states = [o.state for o in run_batch(jobs, plain, resume=True)]
    assert states == ["skipped", "done", "skipped"]
    assert contents(out) == first


@pytest.mark.parametrize("changed", ["recipe", "version"])
def test_resume_does_again_what_would_come_out_otherwise(
    tmp_path: Path, plain: FillSettings, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path, 2)
    jobs = jobs_of_folder(folder / "photos", folder / "holes", tmp_path / "out")
    run_batch(jobs, plain)
    assert [o.state for o in run_batch(jobs, plain, resume=True)] == ["skipped"] * 2
    settings = plain
    if changed == "version":
        monkeypatch.setattr("inlay.jobs.outcomes.__version__", "1234.5")
    else:
        settings = replace(plain, recipe=STANDARD.without(["join"]))
    assert [o.state for o in run_batch(jobs, settings, resume=True)] == ["done"] * 2
    assert [o.state for o in run_batch(jobs, settings, resume=True)] == ["skipped"] * 2


def test_resume_does_again_what_another_model_did(tmp_path: Path, plain: FillSettings) -> None:
    folder, model = photos(tmp_path, 2), tmp_path / "model"
    jobs = jobs_of_folder(folder / "photos", folder / "holes", tmp_path / "out")
    shutil.copytree(str(plain.model), model)
    settings = replace(plain, model=str(model))
    run_batch(jobs, settings)
    assert [o.state for o in run_batch(jobs, settings, resume=True)] == ["skipped"] * 2
    trained = load_snapshot(model)
    with torch.no_grad():
        next(trained.model.parameters()).add_(1.0)
    parts = {"model": trained.model, "layout": trained.layout}
    save_snapshot(model, **parts, config=trained.config, labels=trained.labels)
    assert [o.state for o in run_batch(jobs, settings, resume=True)] == ["done"] * 2


def test_killed_and_resumed_equals_undisturbed(tmp_path: Path, plain: FillSettings) -> None:
    folder = photos(tmp_path, 6)
    jobs = jobs_of_folder(folder / "photos", folder / "holes", tmp_path / "a")
    run_batch(jobs, plain)
    script = (
        "from pathlib import Path\n"
        "from inlay.data.manifest import jobs_of_folder\n"
        "from inlay.jobs.batch import run_batch\n"
        "from inlay.jobs.worker import FillSettings\n"
        f"jobs = jobs_of_folder(Path({str(folder / 'photos')!r}), Path({str(folder / 'holes')!r}), "
        f"Path({str(tmp_path / 'b')!r}))\n"
        f"run_batch(jobs, FillSettings(model={plain.model!r}, device='cpu', faces='whole'))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "OMP_NUM_THREADS": "1"})
    while not (tmp_path / "b" / "000.png").exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    jobs = jobs_of_folder(folder / "photos", folder / "holes", tmp_path / "b")
    outcomes = run_batch(jobs, plain, resume=True)
    assert {o.state for o in outcomes} <= {"done", "skipped"}
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_two_workers_give_the_same_files(tmp_path: Path, plain: FillSettings) -> None:
    folder = photos(tmp_path, 4)
    results = []
    for workers in (1, 2):
        out = tmp_path / f"out{workers}"
        run_batch(jobs_of_folder(folder / "photos", folder / "holes", out), plain, engine=Processes(workers))
        results.append(contents(out))
    assert results[0] == results[1]
    assert len(results[0]) == 4


@pytest.mark.parametrize("workers", [1, 2])
def test_faulty_settings_are_told_once(tmp_path: Path, plain: FillSettings, workers: int) -> None:
    folder = photos(tmp_path, 2)
    jobs = jobs_of_folder(folder / "photos", folder / "holes", tmp_path / "out")
    for settings in (replace(plain, model="nowhere"), replace(plain, classes={"beak": 1.0})):
        with pytest.raises(UserError, match=r"nowhere: no such model folder|unknown class 'beak'"):
            run_batch(jobs, settings, engine=Processes(workers))


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_manifest_names_everything(tmp_path: Path, suffix: str) -> None:
    rows = [
        {"image": "a.png", "hole": "h.png", "output": "o/a.png"},
        {"image": "b.png", "hole": "h.png", "style_from": "s.png"},
    ]
    path = tmp_path / f"list.{suffix}"
    if suffix == "csv":
        columns = ["image", "hole", "style_from", "output"]
        lines = [",".join(columns)] + [",".join(row.get(c, "") for c in columns) for row in rows]
    else:
        lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    first, second = read_manifest(path, tmp_path / "out")
    assert first == Job(tmp_path / "a.png", tmp_path / "h.png", tmp_path / "o" / "a.png")
    assert second == Job(
        tmp_path / "b.png", tmp_path / "h.png", tmp_path / "out" / "b.png", None, tmp_path / "s.png"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("image,hole,colour\na,b,c\n", "colour"),
        ("image,hole\na,\n", "line 2"),
        ("image,hole\n", "no lines"),
        ("image,hole,output\na,b,o.png\nc,d,o.png\n", "both become"),
        ("image,hole\na,b\n", "--output"),
    ],
)
def test_faulty_manifests_are_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=named):
        read_manifest(path)


def test_photos_that_would_become_one_file_are_named(tmp_path: Path) -> None:
    folder = photos(tmp_path, 1)
    Image.new("RGB", (9, 9)).save(folder / "photos" / "000.jpg")
    with pytest.raises(UserError, match="both become"):
        jobs_of_folder(folder / "photos", folder / "holes", tmp_path / "out")


def test_results_that_would_overwrite_what_is_read(tmp_path: Path) -> None:
    folder = photos(tmp_path, 2)
    for hole, output in (("holes", "photos"), ("holes", "holes"), ("holes/001.png", "holes")):
        with pytest.raises(UserError, match="would overwrite a file that is read; name another --output"):
            jobs_of_folder(folder / "photos", folder / hole, folder / output)


@pytest.mark.parametrize("form", ["png", "jpg", "webp", "tiff", "same"])
def test_the_format_of_results(tmp_path: Path, form: str) -> None:
    folder = photos(tmp_path, 2)
    Image.new("RGB", (48, 40)).save(folder / "photos" / "001.JPEG")
    (folder / "photos" / "001.png").unlink()
    names = [
        job.output.name for job in jobs_of_folder(folder / "photos", folder / "holes", tmp_path, None, form)
    ]
    suffix = {"tiff": "tif"}.get(form, form)
    assert names == (["000.png", "001.JPEG"] if form == "same" else [f"000.{suffix}", f"001.{suffix}"])
    (tmp_path / "list.csv").write_text("image,hole\na.webp,h.png\nb.gif,h.png\n")
    names = [job.output.name for job in read_manifest(tmp_path / "list.csv", tmp_path / "out", form)]
    assert names == (["a.webp", "b.png"] if form == "same" else [f"a.{suffix}", f"b.{suffix}"])


def test_style_from_another_portrait_changes_the_fill(tmp_path: Path, plain: FillSettings) -> None:
    folder = photos(tmp_path, 2)
    job = Job(folder / "photos" / "000.png", folder / "holes" / "000.png", tmp_path / "o.png")
    styled = replace(job, style_from=folder / "photos" / "001.png")
    filling = Worker(plain)
    assert filling.styles(folder / "photos" / "001.png")
    assert filling.fill(styled).image.size == filling.fill(job).image.size
    refining = Worker(replace(plain, refine=RefineSettings(steps=1)))
    with pytest.raises(UserError, match="goes with no style of another portrait"):
        refining.fill(styled)
    with pytest.raises(UserError, match="unknown class 'beard'"):
        Worker(replace(plain, classes={"beard": 1.0}))


def test_classes_and_amounts() -> None:
    assert parse_amounts("hair=0.5, u_lip,skin = 0") == {"hair": 0.5, "u_lip": 1.0, "skin": 0.0}
    for wrong in ("hair=2", "hair=much", "hair=", "=1", "hair,,skin", "hair=nan"):
        with pytest.raises(UserError, match="NAME=AMOUNT"):
            parse_amounts(wrong)


def test_candidates_read_their_files_once(
    tmp_path: Path, plain: FillSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, opened = photos(tmp_path, 2), list[str]()
    job = Job(
        folder / "photos" / "000.png", folder / "holes" / "000.png", tmp_path / "o.png", None,
        folder / "photos" / "001.png",
    )  # fmt: skip

    def counted(function: Callable[[Path], Any]) -> Callable[[Path], Any]:
        def call(path: Path) -> Any:
            opened.append(path.name)
            return function(path)

        return call

    for module, name in ((photo, "open_photo"), (worker, "open_picture")):
        monkeypatch.setattr(module, name, counted(getattr(module, name)))
    assert len(list(Worker(plain).candidates(job, (0, 1, 2)))) == 3
    assert sorted(opened) == ["000.png", "000.png", "001.png"]


def test_face_boxes() -> None:
    assert parse_face("10,20,54,54") == (10, 20, 54, 54)
    assert parse_face("10,20,54,54,-12.5") == (10, 20, 54, 54, -12.5)
    for text in ("10,20", "1,2,30,40,5,6", "nan,1,50,50", "1,1,inf,50", "1e300,1,50,50", "a,b,c,d"):
        with pytest.raises(UserError, match="auto, whole"):
            parse_face(text)
    for text in ("0.3,0.3,0.4,0.4", "10,10,0,50", "10,10,50,-3"):
        with pytest.raises(UserError, match="in pixels, not as shares"):
            parse_face(text)
