"""Which model for which portrait? `python benchmarks/model_sizes.py --data DIR --holes NPZ --lpips DIR A B`.

Val faces, resized to each of several sizes, under the frozen holes resized with them, are filled by each of
the model folders as `inlay fill --face whole` does, layouts predicted. Measured are means over faces at the
photo's size: PSNR inside the hole, SSIM, LPIPS, and seconds a photo (all models in turns, in one run).
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from inlay.data.folder import list_pairs, read_stems
from inlay.evaluation.hole_sets import read_holes
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.evaluation.metrics.pixels import hole_psnr
from inlay.evaluation.metrics.structure import ssim
from inlay.repair.inpainter import Inpainter

SIDE = 128
"""Of the frozen holes."""

FIGURES = ("hole_psnr", "ssim", "lpips", "seconds")


def main() -> None:
    """Measure, print a table, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="model folders, or the names of bundled ones")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--holes", type=Path, required=True)
    parser.add_argument("--lpips", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 160, 192, 256, 512])
    parser.add_argument("--json", type=Path, help="write the means there")
    given = parser.parse_args()
    pairs = list_pairs(given.data / "images", given.data / "labels", read_stems(given.data / "val.txt"))
    # Evenly taken, so that they are not the faces that training watches alone.
    chosen = np.linspace(0, len(pairs) - 1, min(given.count, len(pairs))).round().astype(int)
    holes = read_holes(given.holes, stems=[pair.stem for pair in pairs], size=(SIDE, SIDE))
    inpainters = {name: Inpainter.load(name, "cpu") for name in given.models}
    distance = Lpips(load_distance(given.lpips))
    report: dict[str, Any] = {"count": len(chosen), "stems": [pairs[n].stem for n in chosen], "sizes": {}}
    report["sha256"] = {name: inpainter.sha256 for name, inpainter in inpainters.items()}
    for size in given.sizes:
        told: dict[str, list[tuple[float, ...]]] = {name: [] for name in inpainters}
        for n in chosen:
            picture = Image.open(pairs[n].image).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
            drawn = Image.fromarray(holes[n]).resize((size, size), Image.Resampling.NEAREST)
            truth, hole = np.asarray(picture), np.asarray(drawn)
            for name, inpainter in inpainters.items():
                started = time.perf_counter()
                filled = np.asarray(inpainter(picture, hole > 0, faces="whole").image)
                seconds = time.perf_counter() - started
                told[name].append(
                    (hole_psnr(truth, filled, hole), ssim(truth, filled), distance(truth, filled), seconds)
                )
        for name, each in told.items():
            means = dict(zip(FIGURES, np.mean(each, axis=0).tolist(), strict=True))
            report["sizes"].setdefault(str(size), {})[Path(name).name] = means
            print(f"{size} px, {name}: {', '.join(f'{k} {v:.4f}' for k, v in means.items())}", flush=True)
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
