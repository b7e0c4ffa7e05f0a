"""Seconds a photo takes stage by stage: `OMP_NUM_THREADS=1 python benchmarks/batch_stages.py`.

One process, one thread; CPU seconds, which other programs on the machine disturb little. The
example portrait is placed on canvases of several sizes. `docs/scale.md` has these figures and `costs`.
"""

import argparse
import io
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from inlay.data.manifest import Job
from inlay.examples import example
from inlay.faces.find import FaceSearch
from inlay.finish.recipe import STANDARD, STEPS
from inlay.jobs.outcomes import Outcome
from inlay.jobs.worker import FillSettings, Worker
from inlay.layers import hole_of
from inlay.painters.network import NetworkPainter
from inlay.repair.photo import Photo

NETWORKS = "of these in networks"
STAGES = ("decode", "locate", "fill", "encode JPEG", "encode PNG", NETWORKS, "JPEG bytes", "PNG bytes")


def scene(side: int, share: float) -> tuple[bytes, bytes]:
    """A JPEG file of side x 3/4 side with the portrait at a share of its height, and a PNG file of a hole."""
    width, height = side, side * 3 // 4
    face = round(share * height)
    left, top = (width - face) // 3, (height - face) // 2
    # Grain makes the file as large, and as slow to decode, as a camera's; no second face lies beneath.
    grain = np.random.default_rng(0).normal(0, 5, (height, width, 1))
    blurred = Image.open(example("portrait")).convert("RGB").resize((6, 8)).resize((width, height))
    back = np.asarray(blurred) + grain
    photo = Image.fromarray(np.clip(back, 0, 255).astype(np.uint8))
    photo.paste(Image.open(example("portrait")).convert("RGB").resize((face, face)), (left, top))
    hole = Image.new("L", (width, height))
    hole.paste(Image.open(example("hole-stain")).convert("L").resize((face, face)), (left, top))
    buffer = io.BytesIO()
    photo.save(buffer, format="JPEG", quality=92)
    drawn = io.BytesIO()
    hole.save(drawn, format="PNG")
    return buffer.getvalue(), drawn.getvalue()


def timed(work: Callable[[], Any], seconds: list[float]) -> Any:
    """The work's answer; its CPU seconds are appended."""
    started = time.process_time()
    answer = work()
    seconds.append(time.process_time() - started)
    return answer


def watch(worker: Worker) -> list[float]:
    """From now on the CPU seconds of each pass through a network are appended to the answer.

    A network within another one, as the smaller of two models that fill together, counts with that one.
    """
    seconds: list[float] = []
    running: list[float] = []

    def begin(*_: Any) -> None:
        running.append(time.process_time())

    def end(*_: Any) -> None:
        started = running.pop()
        if not running:
            seconds.append(time.process_time() - started)

    def measured(work: Callable[..., Any]) -> Callable[..., Any]:
        def answer(*given: Any, **named: Any) -> Any:
            begin()
            try:
                return work(*given, **named)
            finally:
                end()

        return answer

    painters, layouts = worker.inpainter.tools.painters, list[Any]()
    for size in painters.sizes:
        painter = painters.of_size(size)
        assert isinstance(painter, NetworkPainter)
        layouts.append(painter.predictor)
        drawing = painter.network
        for name in ("encode", "prepare", "decode"):
            setattr(drawing, name, measured(getattr(type(drawing), name).__get__(drawing)))
    for network in layouts:
        network._forward_pre_hooks.clear()
        network._forward_hooks.clear()
        network.register_forward_pre_hook(begin)
        network.register_forward_hook(end)
    return seconds


def search_of(worker: Worker) -> FaceSearch:
    """What finds the worker's faces."""
    search = worker.inpainter.tools.search
    assert isinstance(search, FaceSearch)
    return search


def stages(worker: Worker, data: bytes, drawn: bytes, found: dict[str, list[float]]) -> None:
    """Do one photo and note the seconds of each stage."""
    inside = watch(worker)
    files = (io.BytesIO(data), io.BytesIO(drawn))
    read = timed(lambda: (Photo.of(Image.open(files[0])), hole_of(Image.open(files[1]))), found["decode"])
    photo, hole = read
    search, inpainter = search_of(worker), worker.inpainter
    faces = timed(lambda: search(photo.pixels, hole), found["locate"])
    result = timed(lambda: inpainter(photo, hole, faces=faces.visible), found["fill"])
    found[NETWORKS].append(sum(inside))
    for form, options in (("JPEG", {"quality": 92}), ("PNG", {"compress_level": 3})):
        file = io.BytesIO()
        timed(
            lambda f=form, o=options, to=file: result.image.save(to, format=f, **o), found[f"encode {form}"]
        )
        found[f"{form} bytes"].append(len(file.getvalue()))


def record_bytes(count: int = 20_000) -> float:
    """How many bytes the process that hands out a batch keeps for a photo."""
    tracemalloc.start()
    jobs = [
        Job(*(Path(f"/data/{kind}/{n:07d}.png") for kind in ("photos", "holes", "out"))) for n in range(count)
    ]
    kept = {job: (Outcome(job, "done", "1 face found", 1.0), str(job.output)) for job in jobs}
    size = tracemalloc.get_traced_memory()[0] / len(kept)
    tracemalloc.stop()
    return size


def costs(report: dict[str, Any]) -> Iterator[str]:
    """Yield the table of what a million photos cost, computed from the seconds of each stage."""
    yield (
        "| photo | JPEG s each | core-hours a million | PNG s each | core-hours a million "
        "| networks' share of JPEG | a GPU gains at most |"
    )
    yield "|---|---|---|---|---|---|---|"
    for side, row in ((int(key), row) for key, row in report.items() if key.isdigit()):
        before = row["decode"] + row["locate"] + row["fill"]
        jpeg, png = before + row["encode JPEG"], before + row["encode PNG"]
        share = row[NETWORKS] / jpeg
        yield (
            f"| {side} x {side * 3 // 4} | {jpeg:.2f} | {jpeg / 3.6e-3:.0f} | {png:.2f} "
            f"| {png / 3.6e-3:.0f} | {share:.0%} | {1 / (1 - share):.1f} x |"
        )


def main() -> None:
    """Print a table, and JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, nargs="*", default=[512, 1024, 2048, 4096])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--without", nargs="*", choices=sorted(STEPS), default=[], help="steps to leave out")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{record_bytes():.0f} bytes a photo where the batch is handed out")
    recipe = STANDARD.without(options.without)
    settings = FillSettings(model="bundled", device="cpu", recipe=recipe)
    worker = Worker(settings)
    table = {}
    for side in options.side:
        data, drawn = scene(side, 0.5)
        found: dict[str, list[float]] = {stage: [] for stage in STAGES}
        for _ in range(options.repeat + 1):
            stages(worker, data, drawn, found)
        row = {
            stage: float(np.median(values[1:])) for stage, values in found.items()
        }  # the first one warms up
        table[side] = {"megapixels": side * side * 0.75 / 1e6, "bytes": len(data), **row}
        cells = ", ".join(f"{stage} {value:.3f} s" for stage, value in row.items() if "bytes" not in stage)
        print(f"{side} x {side * 3 // 4} ({len(data) / 1e3:.0f} kB): {cells}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
