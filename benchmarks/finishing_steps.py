"""Measure what each step of the standard recipe is worth.

    python benchmarks/finishing_steps.py --data celebamask --lpips weights --processes 2 --json steps.json

Val faces under three kinds of holes are painted once. They are then finished by the standard recipe, and
again with each step left out. Measured are LPIPS (squeeze, v0.1) of the hole's box with 32 px around, PSNR in
the hole, and SSIM. Printed is a Markdown table: the full recipe's means, and what leaving a step out changes.

A step that is there for quality stays if it improves LPIPS or PSNR of its own case (the paired 95 %
interval excludes 0) and worsens the mean LPIPS and PSNR of no other case by more than 0.5 %. `join` keeps a
promise (no seam): it is measured and not judged.
"""

import argparse
import json
import multiprocessing
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from inlay.data.folder import Pair, list_pairs, read_stems
from inlay.data.holes import FreeForm, free_form_hole, scratch_hole
from inlay.data.parts import twin_hole
from inlay.data.transforms import resize_pair
from inlay.evaluation.intervals import Difference, mean_of, paired_difference
from inlay.evaluation.metrics.box import box_lpips
from inlay.evaluation.metrics.perceptual import FEATURES, HEADS, Lpips, load_distance
from inlay.evaluation.metrics.pixels import hole_psnr
from inlay.evaluation.metrics.structure import ssim
from inlay.evaluation.paint_once import paint_once
from inlay.evaluation.provenance import digest, versions
from inlay.files import sha256
from inlay.finish.recipe import STANDARD
from inlay.labels import CELEBAMASK_HQ
from inlay.painters.runtime import Runtime
from inlay.repair.inpainter import Inpainter

OWN_CASE = {"detail": "free-form", "twins": "hidden part", "rim": "scratches"}
"""The steps that are there for quality, and the case that each is meant for."""

STEPS = ("detail", "join", "twins", "rim")

FULL, ALL = "nothing", "all four"
LEFT_OUT: dict[str, tuple[str, ...]] = {FULL: (), **{step: (step,) for step in STEPS}, ALL: STEPS}

CASES: dict[str, Callable[[np.random.Generator, np.ndarray], np.ndarray]] = {
    "free-form": lambda rng, label: free_form_hole(rng, label.shape, FreeForm()),
    "hidden part": lambda rng, label: twin_hole(rng, label, CELEBAMASK_HQ),
    "scratches": lambda rng, label: scratch_hole(rng, label.shape),
}

METRICS = ("lpips", "psnr", "ssim")
SIGN = {"lpips": 1, "psnr": -1, "ssim": -1}  # 1: a larger figure is worse
TOLERANCE = 0.005


class Settings(NamedTuple):
    """What each process needs."""

    data: Path
    lpips: Path
    model: str | None
    precision: str
    size: int
    seed: int


class Measured(NamedTuple):
    """One face under one hole: its stem, the packed hole, and the figures by what was left out."""

    stem: str
    hole: np.ndarray
    figures: dict[str, dict[str, float]]


@cache
def open_tools(settings: Settings) -> tuple[Inpainter, Lpips, list[Pair]]:
    """Load model and metric once a process."""
    runtime = Runtime("auto", settings.precision, threads=1)
    inpainter = paint_once(Inpainter.load(settings.model, runtime))
    pairs = list_pairs(settings.data / "images", settings.data / "labels", val_stems(settings.data))
    return inpainter, Lpips(load_distance(settings.lpips)), pairs


def val_stems(data: Path) -> list[str]:
    """Read the stems of val."""
    return read_stems(data / "val.txt")


def measure(settings: Settings, case: str, number: int) -> Measured | None:
    """Fill one val face under one kind of hole by every recipe; None where the face has no such hole."""
    torch.set_num_threads(1)
    inpainter, distance, pairs = open_tools(settings)
    pair, size = pairs[number], (settings.size, settings.size)
    truth, label = resize_pair(Image.open(pair.image).convert("RGB"), Image.open(pair.label), size)
    hole = CASES[case](np.random.default_rng((settings.seed, number)), label)
    if not hole.any():
        return None
    figures = {}
    for name, steps in LEFT_OUT.items():
        result = inpainter.with_recipe(STANDARD.without(steps))(truth, hole > 0, faces="whole")
        filled = np.asarray(result.image)
        figures[name] = {
            "lpips": box_lpips(distance, truth, filled, hole),
            "psnr": hole_psnr(truth, filled, hole),
            "ssim": ssim(truth, filled),
        }
    return Measured(pair.stem, np.packbits(hole, axis=-1), figures)


def measure_all(settings: Settings, count: int, processes: int) -> dict[str, list[Measured]]:
    """Measure `count` faces a case, evenly spread over val, in so many processes."""
    total = len(val_stems(settings.data))
    numbers = np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist()
    # Set before the workers import NumPy and PyTorch.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    found: dict[tuple[str, int], Measured | None] = {}
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        tasks = {
            pool.submit(measure, settings, case, number): (case, number)
            for number in numbers
            for case in CASES
        }
        for done, future in enumerate(as_completed(tasks), start=1):
            found[tasks[future]] = future.result()
            if done % 10 == 0 or done == len(tasks):
                print(f"{done} of {len(tasks)}", file=sys.stderr, flush=True)
    return {case: [one for number in numbers if (one := found[case, number])] for case in CASES}


def make_report(settings: Settings, measured: dict[str, list[Measured]]) -> dict[str, Any]:
    """Gather figures a face and where they come from."""
    runtime = Runtime("auto", settings.precision)
    cases = {
        case: {
            "stems": [one.stem for one in faces],
            "holes_sha256": digest(np.stack([one.hole for one in faces])),
            "figures": {
                name: {metric: [one.figures[name][metric] for one in faces] for metric in METRICS}
                for name in LEFT_OUT
            },
        }
        for case, faces in measured.items()
        if faces
    }
    return {
        "command": shlex.join(["python", *sys.argv]),
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": settings.size,
        "seed": settings.seed,
        "device": str(runtime.torch_device()),
        "precision": str(runtime.dtype()).removeprefix("torch."),
        "sha256": {
            "model": Inpainter.load(settings.model, runtime).sha256,
            "recipe": STANDARD.sha256,
            **{name: sha256(settings.lpips / name) for name in (FEATURES, HEADS)},
        },
        "versions": versions(),
        "cases": cases,
    }


def commit() -> str:
    """Return the commit that is checked out, with a plus sign where tracked files differ from it."""
    root = Path(__file__).resolve().parents[1]
    try:
        run = [
            subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout
            for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return run[0].strip() + "+" * bool(run[1].strip())


def difference(report: dict[str, Any], case: str, name: str, metric: str) -> Difference | None:
    """Compare the figure without a step to that of the full recipe."""
    without, full = (np.array(report["cases"][case]["figures"][one][metric]) for one in (name, FULL))
    return paired_difference(without, full)


def judge(report: dict[str, Any], step: str) -> str:
    """Say whether a step stays, and why not."""
    if step not in OWN_CASE:
        return "not judged" if step in STEPS else "-"
    own = OWN_CASE[step]
    if own not in report["cases"]:
        return "not measured"
    gains = [
        metric
        for metric in ("lpips", "psnr")
        if (found := difference(report, own, step, metric))
        and (found.is_positive if SIGN[metric] > 0 else found.is_negative)
    ]
    harms = [
        f"{case} {metric.upper()} worse by {share:.1%}"
        for case in report["cases"]
        if case != own
        for metric in ("lpips", "psnr")
        if (share := worsened(report, case, step, metric)) > TOLERANCE
    ]
    reasons = [] if gains else [f"no gain in {own}"]
    return "; ".join(["goes", *reasons, *harms]) if reasons or harms else f"stays ({' and '.join(gains)})"


def worsened(report: dict[str, Any], case: str, step: str, metric: str) -> float:
    """Return by which share of the mean without it a step worsens a figure; below 0 where it betters it."""
    figures = report["cases"][case]["figures"]
    without, full = (mean_of(np.array(figures[one][metric])) or 0.0 for one in (step, FULL))
    return SIGN[metric] * (full - without) / without if without else 0.0


def table(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the Markdown table: means in the first row, then differences to it."""
    cases = report["cases"]
    yield f"| left out | {' | '.join(f'{case}: LPIPS, dB' for case in cases)} | verdict |"
    yield f"|---|{'---|' * (len(cases) + 1)}"
    for name in LEFT_OUT:
        cells = [
            ", ".join(cell(report, case, name, metric) for metric in ("lpips", "psnr")) for case in cases
        ]
        yield f"| {name} | {' | '.join(cells)} | {judge(report, name)} |"


def cell(report: dict[str, Any], case: str, name: str, metric: str) -> str:
    """Write the full recipe's mean, or a difference to it and half its paired 95 % interval."""
    digits = 2 if metric == "psnr" else 4
    if name == FULL:
        mean = mean_of(np.array(report["cases"][case]["figures"][name][metric]))
        return "-" if mean is None else f"{mean:.{digits}f}"
    apart = difference(report, case, name, metric)
    if apart is None:
        return "-"
    digits += 1
    return f"{apart.mean:+.{digits}f}±{(apart.high - apart.low) / 2:.{digits}f}"


def main() -> None:
    """Measure, and write report and table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with images, labels and val.txt")
    parser.add_argument("--lpips", type=Path, required=True, help="folder of the LPIPS weights")
    parser.add_argument("--model", help="model folder (default: the bundled models)")
    parser.add_argument("--count", type=int, default=100, help="faces a case")
    parser.add_argument("--size", type=int, default=512, help="of the portraits, in pixels")
    parser.add_argument("--seed", type=int, default=0, help="of the holes")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    parser.add_argument("--processes", type=int, default=1, help="each has one thread")
    parser.add_argument("--json", type=Path, help="write the report there")
    given = parser.parse_args()
    settings = Settings(given.data, given.lpips, given.model, given.precision, given.size, given.seed)
    report = make_report(settings, measure_all(settings, given.count, given.processes))
    print("\n".join(table(report)))
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
