"""Throughput of Ray with 1 and with 2 workers: `OMP_NUM_THREADS=1 python benchmarks/ray_scaling.py`.

One thread a worker. Counted is the time from the first results to the last, so that starting Ray and loading
the models, which long batches do not feel, are left out. Run it while the machine has nothing else to do.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from batch_thousand import make

from inlay.data.manifest import jobs_of_folder
from inlay.jobs.batch import Outcome, run_batch
from inlay.jobs.ray_engine import RayEngine
from inlay.jobs.worker import FillSettings


def rate(folder: Path, workers: int, settings: FillSettings) -> float:
    """Photos a second from the first result to the last."""
    jobs = jobs_of_folder(folder / "photos", folder / "holes", folder / f"out{workers}")
    times: list[float] = []

    def note(outcome: Outcome) -> None:
        assert outcome.state == "done", outcome.message
        times.append(time.perf_counter())

    run_batch(jobs, settings, engine=RayEngine(workers), progress=note)
    # Both workers of two must have begun: the first results of each are the start.
    start = sorted(times)[2 * workers - 1]
    return (len(times) - 2 * workers) / (max(times) - start)


def main() -> None:
    """Print the rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=640)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    model = None if options.model is None else str(options.model)
    settings = FillSettings(model=model, device="cpu", faces="whole")
    with tempfile.TemporaryDirectory(prefix="inlay-ray-") as name:
        make(Path(name), options.count, 0, options.side)
        rates = []
        for workers in options.workers:
            rates.append(rate(Path(name), workers, settings))
            print(
                f"{workers} workers: {rates[-1]:.2f} photos a second, {rates[-1] / rates[0]:.2f} times",
                flush=True,
            )
    assert np.isfinite(rates).all()


if __name__ == "__main__":
    main()
