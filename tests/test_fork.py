"""A fork after inference in several threads, as data loaders and web servers make it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import multiprocessing, sys
import numpy as np
from PIL import Image
from inlay import Inpainter

hole = np.zeros((200, 160), dtype=bool)
hole[90:110, 40:60] = True
inpainter = Inpainter.load(sys.argv[1], device="cpu", threads=2)

def fill():
    inpainter(Image.new("RGB", (160, 200), "tan"), hole, faces="whole")

fill()
child = multiprocessing.get_context("fork").Process(target=fill)
child.start()
child.join(60)
hangs = child.is_alive()
child.kill()
child.join()
sys.exit("the child hangs" if hangs else child.exitcode)
"""


def test_a_fork_after_inference_in_two_threads_fills_too(tiny_model: Path) -> None:
    environment = {"OMP_NUM_THREADS": "2", "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tiny_model)],
        env=environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
