"""A batch on a local Ray of two workers, of which one is killed, and a photo that kills each worker."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.manifest import Job, jobs_of_folder
from inlay.errors import UserError
from inlay.jobs import ray_engine
from inlay.jobs.batch import run_batch
from inlay.jobs.journal import JOURNAL
from inlay.jobs.worker import FillSettings

pytest.importorskip("ray", reason="Ray is not installed: pip install 'inlay[ray]'")
psutil = pytest.importorskip("psutil", reason="psutil is not installed")

SCRIPT = """
import json, os, sys
from pathlib import Path
import psutil
from inlay.jobs.batch import run_batch
from inlay.jobs.worker import FillSettings
from inlay.jobs.ray_engine import RayEngine, RayWorker
from inlay.data.manifest import jobs_of_folder
from inlay.places import place_of

folder, model = Path(sys.argv[1]), sys.argv[2]

def fatal():
    class Fatal(RayWorker):
        def work(self, job, known):
            if job.image.stem == "007":
                os._exit(1)
            return super().work(job, known)
    return Fatal

told, killed = [], []

def is_worker(process):
    try:
        return "MapWorker" in "".join(process.cmdline())
    except psutil.Error:
        return False

def progress(outcome):
    told.append(outcome.job.image.stem)
    if len(told) >= 3 and not killed:
        # One of them may lie dead of 007 just now, and others of Ray's processes may be ending.
        workers = [p for p in psutil.Process().children(recursive=True) if is_worker(p)]
        for worker in workers[:1]:
            worker.kill()
            killed.append(worker.pid)

# The photos' folder as a URL, which goes through fsspec.
jobs = jobs_of_folder(place_of(f"local://{folder}/photos"), folder / "holes", folder / "ray")
settings = FillSettings(model=model, device="cpu", faces="whole")
outcomes = run_batch(jobs, settings, engine=RayEngine(2, worker=fatal()), progress=progress)
print(json.dumps({"told": told, "killed": killed, "states": {o.job.image.stem: o.state for o in outcomes},
                  "messages": {o.job.image.stem: o.message for o in outcomes}}))
"""


def make(folder: Path, count: int) -> Path:
    rng = np.random.default_rng(0)
    for name in ("photos", "holes"):
        (folder / name).mkdir(parents=True)
    for number in range(count):
        hole = np.zeros((40, 48), dtype=np.uint8)
        hole[10:20, 12 + number % 9 : 24] = 255
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(
            folder / "photos" / f"{number:03d}.png"
        )
        Image.fromarray(hole).save(folder / "holes" / f"{number:03d}.png")
    return folder


def test_a_killed_worker_loses_nothing_and_doubles_nothing(tmp_path: Path, tiny_model: Path) -> None:
    folder, count = make(tmp_path, 12), 12
    (folder / "photos" / "004.png").write_text("no picture")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(tiny_model)],
        capture_output=True, text=True, check=False, timeout=280, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told["killed"]) == 1
    assert sorted(told["told"]) == sorted(told["states"]) == [f"{n:03d}" for n in range(count)]
    failed = {stem: told["messages"][stem] for stem, state in told["states"].items() if state == "failed"}
    assert sorted(failed) == ["004", "007"]
    assert failed["004"].startswith(f"local://{folder}/photos/004.png: not a picture")
    assert failed["007"].endswith("007.png: the worker process died on it")
    lines = (folder / "ray" / JOURNAL).read_text().splitlines()
    entries = [json.loads(line) for line in lines if line]
    noted = [entry["output"] for entry in entries if "output" in entry]
    assert sorted(noted) == sorted(p.name for p in (folder / "ray").glob("*.png"))
    assert len(noted) == len(set(noted)) == count - 2
    # The same files as one process makes, byte for byte.
    settings = FillSettings(model=str(tiny_model), device="cpu", faces="whole")
    run_batch(jobs_of_folder(folder / "photos", folder / "holes", folder / "one"), settings)
    for name in noted:
        assert (folder / "ray" / name).read_bytes() == (folder / "one" / name).read_bytes()


def test_an_address_goes_with_ray() -> None:
    from inlay.cli.fill_many import EngineName
    from inlay.jobs.ray_engine import RayEngine

    assert EngineName.RAY.build(2, "auto") == RayEngine(2, "auto")
    with pytest.raises(UserError, match="--address auto: goes with --engine ray"):
        EngineName.PROCESSES.build(2, "auto")


def test_a_job_goes_to_an_actor_and_comes_back(tmp_path: Path) -> None:
    photo, hole, layout = (tmp_path / f"{name}.png" for name in ("photo", "hole", "layout"))
    for job in (Job(photo, hole, tmp_path / "out.png", layout), Job(photo, None, tmp_path / "out.png")):
        assert ray_engine._job(ray_engine._row(3, job, None)) == job
