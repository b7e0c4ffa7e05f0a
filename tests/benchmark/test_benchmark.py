"""`inlay benchmark model`: right figures from known seconds, and a table from a real run of a tiny model."""

import json
import time
from functools import partial
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from inlay.benchmark.measure import Timing, added_memory, alternate, in_new_process, matmul_rate, time_calls
from inlay.cli.main import app
from inlay.errors import UserError


def test_timing() -> None:
    timing = Timing(tuple(float(n) for n in range(101)))
    assert (timing.least, timing.median) == (0.0, 50.0)
    assert timing.p95 == pytest.approx(95.0)
    assert Timing((3.0,)).p95 == 3.0


def test_calls_are_timed() -> None:
    timing = time_calls(lambda: time.sleep(0.01), seconds=0.05)
    assert len(timing.seconds) >= 5
    assert 0.01 <= timing.least < 0.05


def test_calls_take_turns() -> None:
    order: list[str] = []
    found = alternate({"one": lambda: order.append("one"), "other": lambda: order.append("other")}, rounds=2)
    assert order == ["one", "other"] * 3
    assert [len(timing.seconds) for timing in found.values()] == [2, 2]


@pytest.mark.parametrize(("step", "side"), [(1e-6, 1024), (0.5, 256)])
def test_the_largest_product_that_takes_no_minutes_tells_the_rate(step: float, side: int) -> None:
    """Each call takes `step` of this clock's seconds."""
    calls: list[float] = []

    def clock() -> float:
        calls.append(calls[-1] + step if calls else 0.0)
        return calls[-1]

    rate = matmul_rate(torch.float32, torch.device("cpu"), side=1024, seconds=1.0, clock=clock)
    assert rate == pytest.approx(2 * side**3 / step, rel=1e-3)


def test_memory_of_a_call() -> None:
    found = in_new_process(added_memory, partial(torch.ones, 300, 1024, 1024, dtype=torch.uint8))
    if found is None:
        pytest.skip("this system does not tell a process's highest mark")
    assert 295e6 < found < 345e6


def test_a_table(tiny_model: Path, tmp_path: Path) -> None:
    options = [
        "--batches",
        "1,2",
        "--seconds",
        "0.1",
        "--threads",
        "1",
        "--json",
        str(tmp_path / "found.json"),
    ]
    done = CliRunner().invoke(
        app, ["benchmark", "model", "--model", str(tiny_model), "--device", "cpu", *options]
    )
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "found.json").read_text())
    assert [(row["precision"], row["batch"]) for row in found["rows"]] == [
        ("fp32", 1), ("fp32", 2), ("bf16", 1), ("bf16", 2)
    ]  # fmt: skip
    for row in found["rows"]:
        assert row["faces_per_second"] == pytest.approx(1000 * row["batch"] / row["median_ms"])
        rate = found["matmul_gflop_per_second"][row["precision"]]
        assert row["share"] == pytest.approx(row["faces_per_second"] * found["gflop_per_face"] / rate)
        assert row["psnr"] > (100 if row["precision"] == "fp32" else 40)
    assert done.output.count("\n| fp32 | ") == done.output.count("\n| bf16 | ") == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--batches", "1;2"], "--batches 1;2: expected whole numbers separated by commas"),
        (["--batches", "0"], "--batches 0: expected at least 1"),
        (["--precisions", "int8"], "--precisions int8: expected some of fp32, bf16"),
    ],
)
def test_faults(options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        CliRunner().invoke(app, ["benchmark", "model", *options], catch_exceptions=False)
