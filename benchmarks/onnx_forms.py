"""The forms of an exported model: `python benchmarks/onnx_forms.py --data DIR --holes FILE.npz`.

Exports the bundled model as it is and in 8 bits, and runs both and PyTorch in turns, each in a process of its
own, so that their threads do not wait for one another, on portraits whose truth is known: speed, size,
nearness to PyTorch in fp32, and PSNR (protocol A, predicted layout).
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inlay.batch import Batch
from inlay.benchmark.measure import in_new_process, time_calls
from inlay.checkpoint import load_snapshot
from inlay.data.folder import list_pairs, read_stems
from inlay.evaluation.cases import load_cases
from inlay.evaluation.hole_sets import read_holes
from inlay.evaluation.metrics.pixels import psnr
from inlay.export.write import EightBit, export
from inlay.painters.onnx import OnnxPainter, run_session
from inlay.painters.runtime import Runtime
from inlay.tensors import from_tensor, to_tensor

FORMS = {"onnx": None, "onnx, int8": EightBit()}
EXACT = "PyTorch, fp32"
BATCH, ROUNDS = 8, 2

Run = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Pictures and holes in, composites out."""
Maker = Callable[[], Run]


def main() -> None:
    """Measure, print, and write the figures where a path is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and val.txt")
    parser.add_argument("--holes", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(given.data, given.holes, given.count, Path(folder))
    text = json.dumps(found, indent=1)
    print(text)
    if given.json is not None:
        given.json.write_text(text + "\n")


def table(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the Markdown table."""
    yield "| form | file | one face | faces/s in batches of 8 | times fp32 | nearness to fp32 | PSNR |"
    yield "|---|---|---|---|---|---|---|"
    for name, form in found["forms"].items():
        size = f"{form['megabytes']:.0f} MB" if form["megabytes"] else ""
        near = f"{form['apart']:.0f} dB" if form["apart"] else "equal"
        times = found["forms"][EXACT]["seconds_8"] / form["seconds_8"]
        yield (
            f"| {name} | {size} | {form['seconds_1'] * 1000:.0f} ms | {8 / form['seconds_8']:.1f} "
            f"| {times:.1f} | {near} | {form['psnr']:.2f} |"
        )


def measure(data: Path, holes: Path, count: int, folder: Path) -> dict[str, Any]:
    """The figures of each form."""
    snapshot = load_snapshot(None)
    size, stems = snapshot.config.data.size, read_stems(data / "val.txt")
    pairs = list_pairs(data / "images", data / "labels", stems)[:count]
    cases = load_cases(pairs, read_holes(holes, stems=stems, size=(size, size))[:count], snapshot.labels)
    truth, hole = cases.images, cases.holes > 0
    makers: dict[str, Maker] = {f"PyTorch, {p}": partial(torch_run, p) for p in ("fp32", "bf16")}
    sizes = dict[str, float]()
    for number, (name, form) in enumerate(FORMS.items()):
        path = folder / f"{number}.onnx"
        export(snapshot, path, form)
        sizes[name] = path.stat().st_size / 1e6
        makers[name] = partial(onnx_run, path)
    drawn = {name: in_batches(make(), truth, hole) for name, make in makers.items()}
    figures: dict[str, dict[str, Any]] = {}
    exact = drawn[EXACT].reshape(-1, size, 3)
    for name in makers:
        figures[name] = {
            "megabytes": sizes.get(name),
            "psnr": float(np.mean([psnr(t, d) for t, d in zip(truth, drawn[name], strict=True)])),
            "apart": None if name == EXACT else psnr(exact, drawn[name].reshape(-1, size, 3)),
        }
    for batch in (1, BATCH):
        rounds = [
            {
                name: in_new_process(seconds, make, truth[:batch], hole[:batch])
                for name, make in makers.items()
            }
            for _ in range(ROUNDS)
        ]
        for name in makers:
            figures[name][f"seconds_{batch}"] = min(times[name] for times in rounds)
    return {
        "forms": figures, "count": count, "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "torch": torch.__version__,
    }  # fmt: skip


def seconds(make: Maker, image: np.ndarray, hole: np.ndarray) -> float:
    """The median of some calls, in a process in which nothing else runs."""
    run = make()
    return time_calls(partial(run, image, hole), seconds=4.0).median


def onnx_run(path: Path) -> Run:
    """Layout and picture by ONNX Runtime."""
    session = OnnxPainter.load(path, torch.get_num_threads()).session
    return lambda image, hole: run_session(session, image, hole)[0]


def torch_run(precision: str) -> Run:
    """Layout and picture by PyTorch in a precision, bytes in and bytes out."""
    snapshot, runtime = load_snapshot(None), Runtime("cpu", precision)
    assert snapshot.layout is not None
    for network in (snapshot.model, snapshot.layout):
        runtime.place(network)

    def run(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
        empty = torch.zeros(hole.shape, dtype=torch.int64)
        batch = Batch(to_tensor(image), empty, torch.from_numpy(hole)[:, None].float())
        with torch.inference_mode():
            completed = snapshot.layout.complete(batch)
            return from_tensor(snapshot.model.compose(completed, snapshot.model(completed)))

    return run


def in_batches(run: Run, truth: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """What a form draws of all portraits."""
    return np.concatenate(
        [run(truth[n : n + BATCH], hole[n : n + BATCH]) for n in range(0, len(truth), BATCH)]
    )


if __name__ == "__main__":
    main()
