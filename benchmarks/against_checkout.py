"""Time fills of this checkout and of another one side by side.

`python benchmarks/against_checkout.py --other DIR [--sizes 512 3000]` starts a warm process of each checkout
and lets them fill the example portrait under the same scratches by turns, so that what disturbs one disturbs
both. It prints the least and the median seconds of each, and the ratios. Run it on idle cores.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]

CHILD = """
import json, sys, time
import numpy as np
from PIL import Image
sys.path.insert(0, sys.argv[1])
from golden import portrait, scratches
try:
    from inlay.repair.inpainter import Inpainter
    fill = Inpainter.load(device="cpu")
except ImportError:  # the checkout is from before the pipeline was one
    from inlay.inference.inpaint import Inpainter
    from inlay.inference.whole import PhotoFiller
    fill = PhotoFiller(Inpainter.load(device="cpu"))
made = {}
for line in sys.stdin:
    size = int(line)
    if size not in made:
        made[size] = portrait(size), np.asarray(scratches(size, size)) > 127
        fill(*made[size])
    started = time.perf_counter()
    fill(*made[size])
    print(json.dumps(time.perf_counter() - started), flush=True)
"""


def start(checkout: Path) -> subprocess.Popen[str]:
    """A process that fills with a checkout's code."""
    environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
    program = [sys.executable, "-c", CHILD, str(HERE / "benchmarks")]
    return subprocess.Popen(
        program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask(child: subprocess.Popen[str], size: int) -> float:
    """The seconds of one fill."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{size}\n")
    child.stdin.flush()
    return float(json.loads(child.stdout.readline()))


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", type=Path, required=True, help="another checkout of the repository")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 3000])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    children = [start(checkout.resolve()) for checkout in (HERE, given.other)]
    for size in given.sizes:
        rounds = [[ask(child, size) for child in children] for _ in range(given.rounds)]
        ours, theirs = zip(*rounds, strict=True)
        least, median = min(ours) / min(theirs), statistics.median(ours) / statistics.median(theirs)
        print(
            f"{size} px: here {min(ours):.2f} s (median {statistics.median(ours):.2f}), there "
            f"{min(theirs):.2f} s ({statistics.median(theirs):.2f}): {least:.2f} ({median:.2f}) of its time"
        )
    for child in children:
        child.terminate()


if __name__ == "__main__":
    main()
