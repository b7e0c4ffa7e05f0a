"""kill -9 at random moments: the run always resumes, and ends with the weights of one that was left alone."""

import os
import random
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from training_runs import assert_same, changed, finish, start

from inlay.config import Config
from inlay.training.loop import train

KILLS = int(os.environ.get("INLAY_KILLS", "4"))
"""`scripts/kill_test` does twenty."""


def test_killed_runs_resume(tiny: Config, disks: Path, tmp_path: Path) -> None:
    often = {"workers": 1, "save_faces": 4, "log_faces": 4}
    config = changed(tiny, schedule={"faces": 96}, training=often)
    train(config, data=disks, run=tmp_path / "whole", cache=tmp_path)
    dice, kills, runs = random.Random(0), 0, 0
    while kills < KILLS:
        runs += 1
        folder = tmp_path / f"cut{runs}"
        folder.mkdir()
        kills += run_with_kills(config, disks, folder, dice, KILLS - kills)
        assert_same(tmp_path / "whole", folder / "run")
    print(f"{kills} kills in {runs} runs: each ended with the weights of the one that was left alone")


def run_with_kills(config: Config, disks: Path, folder: Path, dice: random.Random, limit: int) -> int:
    """A run, killed at random moments but not more than `limit` times; returns how often."""
    kills, output = 0, folder / "output.txt"
    while True:
        child = start(config, disks, folder)
        if kills < limit:
            wait_a_while(child, output, dice)
            child.kill()
        status = finish(child, folder)
        if status != -signal.SIGKILL:
            assert status == 0, output.read_text()
            return kills
        kills += 1
        kept = [int(p.stem) for p in (folder / "run").glob("checkpoints/[0-9]*")]
        print(f"killed: {max(kept, default=0)} of {config.schedule.faces} faces are kept", flush=True)


def wait_a_while(child: BaseProcess, output: Path, dice: random.Random) -> None:
    """A fraction of a second, sometimes from the start of the process, else from one of its next steps."""
    before, steps = said(output), dice.choice([0, 1, 1, 2])
    while said(output) < before + steps and child.is_alive():
        time.sleep(0.002)
    time.sleep(dice.uniform(0, 0.2))


def said(output: Path) -> int:
    return output.read_text().count("faces_per_second") if output.is_file() else 0
