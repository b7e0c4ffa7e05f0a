"""Memory of a process over many fills: it must not grow.

    python benchmarks/fill_memory.py --fills 10000 --json fill_memory.json

Fills the example portrait at the model's size again and again with new free-form holes, and notes the memory
that the process holds every hundredth time. The growth is that after the first tenth, when caches are warm.
"""

import argparse
import json
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import torch
from PIL import Image

from inlay.data.holes import FreeForm, free_form_hole
from inlay.examples import example
from inlay.painters.runtime import Runtime
from inlay.repair.inpainter import Inpainter


def main() -> None:
    """Fill and print the growth."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fills", type=int, default=10_000)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    inpainter = Inpainter.load(device=Runtime(threads=given.threads))
    photo = Image.open(example("portrait")).convert("RGB").resize((128, 128), Image.Resampling.LANCZOS)
    rng, process, held = np.random.default_rng(0), psutil.Process(), []
    for number in range(given.fills):
        inpainter(photo, free_form_hole(rng, (128, 128), FreeForm()), faces="whole")
        if number % 100 == 99:
            held.append(process.memory_info().rss / 1e6)
    tenth = max(1, len(held) // 10)
    growth = median(held[-tenth:]) - median(held[tenth : 2 * tenth])
    found = {"fills": given.fills, "held_mb": held, "growth_mb": growth, "torch": torch.__version__}
    print(f"{given.fills} fills: {held[0]:.0f} MB held after 100, growth {growth:+.1f} MB from a tenth on")
    if given.json is not None:
        given.json.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
