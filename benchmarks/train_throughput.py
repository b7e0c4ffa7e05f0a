"""Training speed of a config in bf16 and in fp32 on this machine, and how long each waited for the loader.

    python benchmarks/train_throughput.py --data ../shared/data/celebamask

Both are real runs of the training loop in temporary folders; the first steps are left out of the figures.
Run it on an idle machine: the last line says how busy it was.
"""

import argparse
import os
import tempfile
from pathlib import Path

import torch

from inlay.config import Config, load_config
from inlay.training.loop import train
from inlay.training.records import read_records

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "release-128.toml")
    parser.add_argument("--data", type=Path, required=True, help="data folder")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "inlay-throughput")
    parser.add_argument("--steps", type=int, default=20, help="steps that are measured, after 5 that are not")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    capability = torch.backends.cpu.get_cpu_capability()
    amx = "amx_bf16" in Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else False
    cores = f"{torch.get_num_threads()} threads, {capability}, AMX {'yes' if amx else 'no'}"
    print(f"{cores}, torch {torch.__version__}")
    speeds: dict[str, float] = {}
    for precision in ("fp32", "bf16"):
        config = load_config(given.config, [f"training.precision={precision}", *quiet(given.config)])
        speeds[precision], wait = measure(config, given.data, given.cache, given.steps)
        print(f"{precision}: {speeds[precision]:.2f} faces/s, {wait:.1%} of the time waiting for the loader")
    print(f"bf16 is {speeds['bf16'] / speeds['fp32']:.2f} times as fast as fp32")
    print(f"load average over the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def quiet(path: Path) -> list[str]:
    """Changes that leave nothing but steps: no pictures, no checkpoints, two log lines."""
    size = load_config(path).schedule.batch_size
    never = 10**9
    return [
        f"schedule.faces={never}", f"training.log_faces={5 * size}", f"training.save_faces={never}",
        f"training.grid_faces={never}", "training.val_count=1", "training.predicted_layout_from=0",
    ]  # fmt: skip


def measure(config: Config, data: Path, cache: Path, steps: int) -> tuple[float, float]:
    """Faces a second and the share of the time spent waiting, after the first five steps."""
    size = config.schedule.batch_size
    with tempfile.TemporaryDirectory() as folder:
        train(config, data=data, run=Path(folder), cache=cache, stop_at=(5 + steps) * size)
        records = read_records(Path(folder)).steps
    measured = [r for r in records if r["faces"] > 5 * size]
    seconds, before = [], 5 * size
    for record in measured:
        seconds.append((record["faces"] - before) / record["faces_per_second"])
        before = record["faces"]
    waited = sum(record["loader_wait"] * s for record, s in zip(measured, seconds, strict=True))
    return (before - 5 * size) / sum(seconds), waited / sum(seconds)


if __name__ == "__main__":
    main()
