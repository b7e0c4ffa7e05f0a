"""kill -9 at random moments: the run always resumes, and ends with the weights of one that was left alone."""

import os
import random
import signal
import time
from pathlib import Path

from training_runs import FORKS, assert_same, changed, start

from inlay.config import Config
from inlay.training.loop import train

KILLS = int(os.environ.get("INLAY_KILLS", "4"))
"""`scripts/kill_test` does twenty."""

pytestmark = FORKS


def test_killed_runs_resume(tiny: Config, disks: Path, tmp_path: Path) -> None:
    often = {"workers": 1, "save_faces": 4, "log_faces": 4}
    config = changed(tiny, schedule={"faces": 20 * KILLS}, training=often)
    train(config, data=disks, run=tmp_path / "whole", cache=tmp_path)
    dice, kills = random.Random(0), 0
    while True:
        child = start(config, disks, tmp_path)
        if kills < KILLS:
            wait_a_while(tmp_path / "output.txt", dice)
            child.kill()
            kills += 1
        child.join()
        if child.exitcode != -signal.SIGKILL:
            break
        kept = [int(p.stem) for p in (tmp_path / "run").glob("checkpoints/[0-9]*")]
        print(f"kill {kills}: resumes at {max(kept, default=0)} of {config.schedule.faces} faces")
    assert child.exitcode == 0, (tmp_path / "output.txt").read_text()
    assert kills == KILLS
    assert_same(tmp_path / "whole", tmp_path / "run")


def wait_a_while(output: Path, dice: random.Random) -> None:
    """A fraction of a second, sometimes from the start of the process, else from one of its next steps."""
    before, steps = said(output), dice.choice([0, 1, 1, 2])
    while said(output) < before + steps:
        time.sleep(0.002)
    time.sleep(dice.uniform(0, 0.3))


def said(output: Path) -> int:
    return output.read_text().count("faces_per_second") if output.is_file() else 0
