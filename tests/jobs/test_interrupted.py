"""Batches that are killed, resumed, or meet a full disk, a foreign journal or too little memory."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inlay.data.manifest import Job, jobs_of_folder
from inlay.errors import UserError
from inlay.jobs.batch import run_batch, write_report
from inlay.jobs.journal import JOURNAL
from inlay.jobs.processes import Processes
from inlay.jobs.worker import FillSettings, Worker

psutil = pytest.importorskip("psutil", reason="psutil is not installed")


def photos(folder: Path, count: int) -> Path:
    rng = np.random.default_rng(0)
    hole = np.zeros((40, 48), dtype=np.uint8)
    hole[10:20, 12:24] = 255
    for name in ("photos", "holes"):
        (folder / name).mkdir(parents=True)
    for n in range(count):
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(
            folder / "photos" / f"{n}.png"
        )
        Image.fromarray(hole).save(folder / "holes" / f"{n}.png")
    return folder


def jobs_of(folder: Path) -> list[Job]:
    return jobs_of_folder(folder / "photos", folder / "holes", folder / "out")


def states(jobs: list[Job], settings: FillSettings, **options: Any) -> list[str]:
    return [outcome.state for outcome in run_batch(jobs, settings, **options)]


@pytest.fixture
def plain(tiny_model: Path) -> FillSettings:
    return FillSettings(model=str(tiny_model), device="cpu", faces="whole")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent(tmp_path: Path, tiny_model: Path, number: int) -> None:
    """Nobody is left who holds the parent's output."""
    folder = photos(tmp_path, 200)
    process = subprocess.Popen(
        [
            sys.executable, "-c", "from inlay.cli.main import main; main()", "fill", folder / "photos",
            "--hole", folder / "holes", "-o", folder / "out", "--workers", "2", "--model", tiny_model,
            "--face", "whole",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    while process.poll() is None and not list((folder / "out").glob("*.png")):
        time.sleep(0.02)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    process.send_signal(number)
    process.communicate(timeout=20)  # ends when the last process that holds the pipe has ended
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


def test_a_cut_result_is_made_again_and_an_edited_one_kept(tmp_path: Path, plain: FillSettings) -> None:
    folder = photos(tmp_path, 3)
    jobs, out = jobs_of(folder), folder / "out"
    run_batch(jobs, plain)
    whole = (out / "0.png").read_bytes()
    (out / "0.png").write_bytes(whole[:100])
    Image.new("L", (48, 40), 9).save(out / "1.png")
    edited = (out / "1.png").read_bytes()
    outcomes = run_batch(jobs, plain, resume=True)
    assert [outcome.state for outcome in outcomes] == ["done", "skipped", "skipped"]
    assert outcomes[1].message.endswith("1.png: was changed since it was made, and is kept")
    assert (out / "0.png").read_bytes() == whole
    assert (out / "1.png").read_bytes() == edited


def test_resume_knows_files_by_content(
    tmp_path: Path, plain: FillSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another spelling, a link, a copy elsewhere: the same files. Other pixels: another one."""
    folder = photos(tmp_path / "a", 2)
    run_batch(jobs_of(folder), plain)
    monkeypatch.chdir(folder / "photos")
    assert states(jobs_of(Path("../../a")), plain, resume=True) == ["skipped"] * 2
    (tmp_path / "link").symlink_to(folder)
    assert states(jobs_of(tmp_path / "link"), plain, resume=True) == ["skipped"] * 2
    shutil.copytree(folder, tmp_path / "b")
    os.utime(tmp_path / "b" / "photos" / "0.png", (1, 1))
    other = np.asarray(Image.open(folder / "photos" / "1.png"))[::-1]
    Image.fromarray(np.ascontiguousarray(other)).save(tmp_path / "b" / "photos" / "1.png")
    assert states(jobs_of(tmp_path / "b"), plain, resume=True) == ["skipped", "done"]


def full(*arguments: Any, **options: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_stops_the_batch_and_keeps_the_report(
    tmp_path: Path, plain: FillSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, save, saved = jobs_of(photos(tmp_path, 5)), Image.Image.save, list[str]()

    def fills_up(picture: Image.Image, path: Path, **options: Any) -> None:
        saved.append(str(path))
        save(picture, path, **options) if len(saved) < 3 else full()

    monkeypatch.setattr(Image.Image, "save", fills_up)
    outcomes = run_batch(jobs, plain)
    assert [outcome.state for outcome in outcomes] == ["done", "done", "failed", "left", "left"]
    assert "2.png: cannot be written (No space left on device)" in outcomes[4].message
    assert len(saved) == 3
    summary = write_report(tmp_path / "report.json", outcomes, 1.0)
    assert (summary["count"], summary["done"], summary["failed"], summary["left"]) == (5, 2, 1, 2)
    monkeypatch.undo()
    assert states(jobs, plain, resume=True) == ["skipped"] * 2 + ["done"] * 3
    assert not list((tmp_path / "out").glob(".*.part"))


def test_a_journal_that_meets_a_full_disk(
    tmp_path: Path, plain: FillSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, opened = jobs_of(photos(tmp_path, 4)), Path.open

    def fills_up(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == JOURNAL and (tmp_path / "out" / "1.png").exists():
            full()
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", fills_up)
    outcomes = run_batch(jobs, plain)
    assert [outcome.state for outcome in outcomes] == ["done", "done", "left", "left"]
    assert (
        f"{JOURNAL}: the journal of the batch cannot be read or written (No space left" in outcomes[3].message
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_a_journal_of_another_user(
    tmp_path: Path, plain: FillSettings, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write everywhere, so the refusal is simulated; it comes before any work."""
    jobs, opened = jobs_of(photos(tmp_path, 2)), Path.open

    def refused(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == JOURNAL:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(
        UserError, match=r"journal of the batch cannot be read or written \(Permission denied\)"
    ):
        run_batch(jobs, plain, engine=Processes(workers))
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_journal_that_is_no_text(tmp_path: Path, plain: FillSettings) -> None:
    jobs = jobs_of(photos(tmp_path, 2))
    run_batch(jobs, plain)
    with (tmp_path / "out" / JOURNAL).open("ab") as journal:
        journal.write(b'\xff\xfe\x00[]\n"text"\n{"output": 3}\n{"planned": 4}\n')
    assert states(jobs, plain, resume=True) == ["skipped"] * 2


def test_faulty_settings_leave_no_journal(tmp_path: Path, plain: FillSettings) -> None:
    jobs = jobs_of(photos(tmp_path, 2))
    with pytest.raises(UserError, match="no such model folder"):
        run_batch(jobs, replace(plain, model="nowhere"))
    assert not (tmp_path / "out").exists()


MEMORY = {
    "Python": lambda: MemoryError(),
    "PyTorch": lambda: RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    "OpenCV": lambda: Exception("(-4:Insufficient memory) Failed to allocate 900 bytes in function"),
}


@pytest.mark.parametrize("library", MEMORY)
def test_too_little_memory_for_one_photo(
    tmp_path: Path, plain: FillSettings, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, fill = jobs_of(photos(tmp_path, 3)), Worker.fill

    def hungry(worker: Worker, job: Job, *arguments: Any) -> Any:
        if job.image.stem == "1":
            raise MEMORY[library]()
        return fill(worker, job, *arguments)

    monkeypatch.setattr(Worker, "fill", hungry)
    outcomes = run_batch(jobs, plain)
    assert [outcome.state for outcome in outcomes] == ["done", "failed", "done"]
    assert "1.png: not enough memory; close other programs" in outcomes[1].message


def test_too_little_memory_blames_neither_weights_nor_picture(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inlay import checkpoint
    from inlay.errors import is_out_of_memory
    from inlay.images import open_picture

    def hungry(*arguments: Any) -> None:
        raise MEMORY["PyTorch"]()

    monkeypatch.setattr(checkpoint, "load_file", hungry)
    with pytest.raises(UserError, match="not enough memory to load the model"):
        checkpoint.load_snapshot(tiny_model)
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image.Image, "getexif", lambda picture: MEMORY["Python"]())
    monkeypatch.setattr("inlay.images.upright", hungry)
    with pytest.raises(RuntimeError) as error:
        open_picture(tmp_path / "a.png")
    assert is_out_of_memory(error.value)


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOSPC, "No space left on device", "x.npz")])
def test_the_command_tells_it_in_one_line(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from inlay.cli import main as program

    def failing(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(program, "app", failing)
    with pytest.raises(SystemExit) as stop:
        program.main(["fill"])
    told = capsys.readouterr().err
    assert stop.value.code == 2
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert "not enough memory" in told or "x.npz: No space left on device" in told


def test_long_names(tmp_path: Path, plain: FillSettings) -> None:
    folder = photos(tmp_path, 1)
    for name in ("photos", "holes"):
        (folder / name / "0.png").rename(folder / name / f"{'ü' * 125}.png")
    assert states(jobs_of(folder), plain) == ["done"]
    long = replace(jobs_of(folder)[0], output=tmp_path / "out" / f"{'a' * 260}.png")
    (outcome,) = run_batch([long], plain)
    assert (outcome.state, "File name too long" in outcome.message) == ("failed", True)


def test_temporary_files_of_killed_runs_are_removed(tmp_path: Path, plain: FillSettings) -> None:
    from inlay.files import unfinished_name

    jobs = jobs_of(photos(tmp_path, 1))
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    own = unfinished_name(tmp_path / "out" / "0.png")
    dead = own.with_name(own.name.replace(f"-{os.getpid()}.", f"-{int(done.stdout)}."))
    elsewhere = own.with_name(own.name.replace(own.name.split("-")[2], "0" * 6))
    (tmp_path / "out").mkdir()
    for path in (own, dead, elsewhere):
        path.touch()
    run_batch(jobs, plain)
    assert not dead.exists()
    assert elsewhere.exists()
    assert json.loads((tmp_path / "out" / JOURNAL).read_text().splitlines()[0]) == {"planned": ["0.png"]}
