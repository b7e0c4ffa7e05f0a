"""How long a fill takes beside fills without a network, on the same photo and hole, in one run.

Each method runs in a process of its own, which imports what it needs and nothing else; PyTorch is in inlay's
alone. They take turns, so that what disturbs one disturbs all.
"""

import importlib
import importlib.util
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from inlay.benchmark.memory import peak_memory
from inlay.examples import example

__all__ = ["METHODS", "YARDSTICK", "benchmark_speed", "speed_lines", "time_cold", "time_fill", "time_warm"]

YARDSTICK, COLD_YARDSTICK = "biharmonic", "import torch"
PATIENCE = 10.0
"""Seconds: a method whose first fill takes longer is timed once."""

Fill = Callable[[UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]], object]


def _inlay(threads: int | None) -> Fill:
    from inlay.repair.inpainter import Inpainter

    return Inpainter.load(threads=threads)


def _biharmonic(threads: int | None) -> Fill:
    from skimage.restoration import inpaint_biharmonic

    return lambda pixels, hole: inpaint_biharmonic(pixels / 255, hole, channel_axis=-1)


def _telea(threads: int | None) -> Fill:
    import cv2

    if threads is not None:
        cv2.setNumThreads(threads)
    return lambda pixels, hole: cv2.inpaint(pixels, hole.astype(np.uint8), 3.0, cv2.INPAINT_TELEA)


def _patchmatch(threads: int | None) -> Fill:
    library = importlib.import_module("patchmatch_cython")
    return lambda pixels, hole: library.inpaint_pyramid(pixels, hole, seed=0)


METHODS: dict[str, tuple[str, Callable[[int | None], Fill]]] = {
    "inlay": ("inlay", _inlay),
    "biharmonic": ("skimage", _biharmonic),
    "telea": ("cv2", _telea),
    "patchmatch": ("patchmatch_cython", _patchmatch),
}
"""By name: the module that has to be installed, and how the fill is opened."""


def benchmark_speed(
    sizes: Sequence[int], *, rounds: int = 3, threads: int | None = None, cold: bool = True
) -> dict[str, Any]:
    """Time warm fills of the example portrait at each size, and cold starts; with where figures come from."""
    from inlay.benchmark.model import machine
    from inlay.checkpoint import BOTH
    from inlay.evaluation.provenance import versions
    from inlay.painters.load import open_models
    from inlay.painters.runtime import Runtime

    runtime = Runtime(threads=threads)
    report: dict[str, Any] = {
        "photo": "the example portrait",
        "hole": "scratch",
        "rounds": rounds,
        "sizes": {str(size): found for size, found in time_warm(sizes, rounds, threads).items()},
        "cold": time_cold(_cold_commands(), rounds=rounds + 2) if cold else {},
        "sha256": {"model": open_models(BOTH, runtime).painters.sha256},
        "machine": machine(runtime.torch_device()) | {"threads": threads or "all"},
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return report


def time_warm(
    sizes: Sequence[int],
    rounds: int,
    threads: int | None,
    methods: Sequence[str] = tuple(METHODS),
) -> dict[int, dict[str, dict[str, Any]]]:
    """Time the methods that are installed, by turns; by size and method seconds, ratio and peak megabytes.

    Seconds are the median after a first fill that is not counted. The ratio is to `YARDSTICK`.
    """
    there = [name for name in methods if importlib.util.find_spec(METHODS[name][0])]
    context = multiprocessing.get_context("spawn")
    pools = {name: ProcessPoolExecutor(1, context) for name in there}
    found: dict[int, dict[str, dict[str, Any]]] = {}
    try:
        for size in sizes:
            told: dict[str, list[tuple[float, int | None]]] = {name: [] for name in there}
            for number in range(rounds + 1):
                for name, pool in pools.items():
                    if number < 2 or told[name][0][0] < PATIENCE:
                        told[name].append(pool.submit(time_fill, name, size, threads).result())
            found[size] = {name: _row(every) for name, every in told.items()}
            _add_ratios(found[size], YARDSTICK)
    finally:
        for pool in pools.values():
            pool.shutdown()
    return found


def time_fill(method: str, size: int, threads: int | None) -> tuple[float, int | None]:
    """Fill the example portrait once: seconds, and the most bytes that this process held."""
    fill, (pixels, hole) = _opened(method, threads), _example(size)
    started = time.perf_counter()
    _, peak = peak_memory(lambda: fill(pixels, hole))
    return time.perf_counter() - started, peak


@cache
def _opened(method: str, threads: int | None) -> Fill:
    return METHODS[method][1](threads)


@cache
def _example(size: int) -> tuple[UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
    photo = Image.open(example("portrait")).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    hole = Image.open(example("hole-scratch")).convert("L").resize((size, size), Image.Resampling.NEAREST)
    return np.array(photo), np.asarray(hole) > 127


def _row(every: Sequence[tuple[float, int | None]]) -> dict[str, Any]:
    seconds = [one for one, _ in every[1:]]
    peaks = [peak for _, peak in every if peak is not None]
    return {"seconds": median(seconds), "each": seconds, "peak_mb": max(peaks) / 1e6 if peaks else None}


def _add_ratios(rows: dict[str, dict[str, Any]], yardstick: str) -> None:
    for row in rows.values():
        row["ratio"] = row["seconds"] / rows[yardstick]["seconds"] if yardstick in rows else None


def _cold_commands() -> dict[str, list[str]]:
    run = [sys.executable, "-m", "inlay"]
    files = [str(example("portrait")), "--hole", str(example("hole-scratch"))]
    return {
        COLD_YARDSTICK: [sys.executable, "-c", "import torch"],
        "inlay --help": [*run, "--help"],
        "inlay fill": [*run, "fill", *files, "--output", "filled.png", "--overwrite"],
    }


def time_cold(commands: dict[str, list[str]], *, rounds: int) -> dict[str, dict[str, Any]]:
    """Time commands in fresh processes, by turns: median seconds after a first round that does not count."""
    told: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds + 1):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, cwd=Path(folder), check=True, capture_output=True)
                told[name].append(time.perf_counter() - started)
    found = {name: {"seconds": median(every[1:]), "each": every[1:]} for name, every in told.items()}
    _add_ratios(found, COLD_YARDSTICK)
    return found


def speed_lines(report: dict[str, Any]) -> list[str]:
    """Return the lines of the report's Markdown tables."""
    lines = [f"| photo | method | seconds | times {YARDSTICK} | most memory |", "|---|---|---|---|---|"]
    for size, rows in report["sizes"].items():
        for name, row in rows.items():
            ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
            memory = "" if row["peak_mb"] is None else f"{row['peak_mb']:.0f} MB"
            lines.append(f"| {size} x {size} | {name} | {row['seconds']:.3f} | {ratio} | {memory} |")
    if report["cold"]:
        lines += ["", f"| fresh process | seconds | times `{COLD_YARDSTICK}` |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {row['seconds']:.2f} | {row['ratio']:.2f} |"
            for name, row in report["cold"].items()
        ]
    return lines
