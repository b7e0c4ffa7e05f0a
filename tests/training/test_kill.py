"""kill -9 at random moments: the run always resumes, and ends with the weights of one that was left alone."""

import os
import random
import time
from pathlib import Path

from training_runs import FORKS, assert_same, changed, start

from inlay.config import Config

KILLS = int(os.environ.get("INLAY_KILLS", "4"))
"""`scripts/kill_test` does twenty."""

pytestmark = FORKS


def test_killed_runs_resume(tiny: Config, disks: Path, tmp_path: Path) -> None:
    config = changed(tiny, schedule={"faces": 24 * KILLS}, training={"workers": 1, "save_faces": 4})
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    started = time.monotonic()
    whole = start(config, disks, tmp_path / "whole")
    whole.join()
    assert whole.exitcode == 0
    seconds = time.monotonic() - started

    dice, kills = random.Random(0), 0
    while True:
        child = start(config, disks, tmp_path / "cut")
        child.join(timeout=dice.uniform(0, 2 * seconds / KILLS) if kills < KILLS else None)
        if child.exitcode is not None:
            break
        child.kill()
        child.join()
        kills += 1
        kept = sorted(p.name for p in (tmp_path / "cut" / "run").glob("checkpoints/[0-9]*"))
        print(f"kill {kills}: checkpoints left {kept}")
    assert child.exitcode == 0, (tmp_path / "cut" / "output.txt").read_text()
    assert kills >= KILLS / 2, "the run was over before it was killed often"
    assert_same(tmp_path / "whole" / "run", tmp_path / "cut" / "run")
