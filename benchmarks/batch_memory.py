"""How much memory a photo of 100 megapixels takes: `python benchmarks/batch_memory.py [--case CASE ...]`.

The example portrait is pasted at a quarter of the photo's height, or is the whole photo, and filled by
`inlay fill` in a process of its own; printed is the most memory that this process held (resident set).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inlay.examples import example

CASES = {
    "pasted": ("photo.jpg", "a face in a large photo"),
    "close": ("photo.jpg", "a face that fills the height of a wide photo"),
    "portrait": ("photo.jpg", "a portrait, square"),
    "whole": ("photo.jpg", "a portrait, square, --face whole"),
    "alpha": ("photo.png", "a face in a large photo with transparency"),
    "deep": ("photo.png", "a face in a large photo of 16 bits a channel"),
}


def make(case: str, width: int, height: int, folder: Path) -> None:
    """Write photo and hole of a case."""
    filled = case in ("portrait", "whole")
    part = 1.0 if filled else 0.95 if case == "close" else 0.25
    small = (round(part * height), round(part * height))
    corner = (
        (0, 0) if filled else (width // 40, height // 40) if case == "close" else (width // 3, height // 3)
    )
    hole = Image.new("L", (width, height))
    drawn = Image.open(example("hole-stain")).convert("L")
    hole.paste(drawn.resize(small, Image.Resampling.NEAREST), corner)
    hole.save(folder / "hole.png", compress_level=1)
    photo = Image.new("RGBA" if case == "alpha" else "RGB", (width, height), (90, 110, 120))
    portrait = Image.open(example("portrait")).convert("RGB")
    photo.paste(portrait.resize(small, Image.Resampling.BICUBIC), corner)
    if case == "deep":
        import cv2

        cv2.imwrite(str(folder / "photo.png"), np.asarray(photo)[..., ::-1].astype(np.uint16) * 257)
    else:
        photo.save(folder / CASES[case][0])


def measure(case: str, width: int, height: int, folder: Path) -> dict[str, Any]:
    """Make the case in one process, fill it in another; tell peak memory, seconds, status and output."""
    size = ["--width", str(width), "--height", str(height)]
    subprocess.run([sys.executable, __file__, "--case", case, *size, "--make", str(folder)], check=True)
    program = [sys.executable, "-c", "from inlay.cli.main import main; main()", "fill"]
    program += [
        str(folder / CASES[case][0]),
        "--hole",
        str(folder / "hole.png"),
        "-o",
        str(folder / "out.png"),
    ]
    program += ["--face", "whole"] if case == "whole" else []
    started = time.perf_counter()
    with open(folder / "said", "w+") as said:
        process = subprocess.Popen(program, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)  # of this child alone
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = "; ".join(line.strip() for line in said)
    return {
        "what": f"{CASES[case][1]}, {width} x {height}",
        "peak_gb": used.ru_maxrss * 1024 / 1e9,
        "seconds": time.perf_counter() - started,
        "status": process.returncode,
        "output": text.replace(str(folder), ""),
    }


def main() -> None:
    """Print a line a case, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=12_000)
    parser.add_argument("--height", type=int, default=8_400)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--keep", type=Path, help="folder for the pictures")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    report = {}
    for case in options.case or CASES:
        width, height = options.width, options.height
        if options.make is not None:
            make(case, width, height, options.make)
            continue
        if case in ("portrait", "whole"):
            width = height = round((width * height) ** 0.5)
        with tempfile.TemporaryDirectory() as name:
            report[case] = measure(case, width, height, options.keep or Path(name))
            print(f"{case}: {report[case]}", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
