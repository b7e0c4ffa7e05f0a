"""The speed of a model: layout, styles, attention, picture, composite."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from inlay.batch import Batch
from inlay.benchmark.measure import added_memory, in_new_process, matmul_rate, time_calls
from inlay.checkpoint import Snapshot, load_snapshot
from inlay.data.holes import FreeForm, free_form_hole
from inlay.errors import UserError
from inlay.painters.runtime import Runtime

__all__ = ["Row", "benchmark_model", "made_up_batch", "table_rows", "write_table"]

GIGA = 1e9


@dataclass(frozen=True)
class Row:
    """One precision and batch size; `share` is of the machine's matmul rate in that precision."""

    precision: str
    batch: int
    faces_per_second: float
    median_ms: float
    p95_ms: float
    memory_mb: float | None
    gflop_per_second: float
    share: float
    psnr: float
    """How near the composites are to fp32's, in dB."""


def benchmark_model(
    folder: Path | str | None,
    runtime: Runtime,
    *,
    batches: Sequence[int] = (1, 8),
    precisions: Sequence[str] = ("fp32", "bf16"),
    seconds: float = 3.0,
) -> dict[str, Any]:
    """Rows for each precision and batch size, the size of the model, and the machine."""
    device, rows, rates = runtime.torch_device(), [], {}
    snapshot = load_snapshot(folder)
    size = snapshot.config.data.size
    plain = {count: _run(snapshot, made_up_batch(count, size)) for count in batches}
    with FlopCounterMode(display=False) as counter:
        _run(snapshot, made_up_batch(1, size))
    flop = counter.get_total_flops()
    parameters = sum(p.numel() for part in _networks(snapshot) for p in part.parameters())
    for precision in precisions:
        chosen = replace(runtime, precision=precision)
        placed = _placed(folder, chosen)
        rates[precision] = matmul_rate(chosen.dtype(), device)
        for count in batches:
            batch = made_up_batch(count, size).to(device)
            memory = in_new_process(_memory, folder, chosen, count)
            timing = time_calls(partial(_run, placed, batch), seconds=seconds)
            speed = count / timing.median
            error = _run(placed, batch).cpu() - plain[count]
            rows.append(
                Row(
                    precision, count, speed, 1000 * timing.median, 1000 * timing.p95,
                    None if memory is None else memory / 1e6,
                    speed * flop / GIGA, speed * flop / rates[precision],
                    float(10 * torch.log10(4 / error.square().mean().clamp(min=1e-12))),
                )
            )  # fmt: skip
    return {
        "model": str(folder or "bundled"),
        "size": size,
        "parameters": parameters,
        "gflop_per_face": flop / GIGA,
        "rows": [asdict(row) for row in rows],
        "matmul_gflop_per_second": {name: rate / GIGA for name, rate in rates.items()},
        "machine": machine(device),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def machine(device: torch.device) -> dict[str, Any]:
    """What the figures were measured on, and how busy it was."""
    tell = getattr(torch.cpu, "get_capabilities", None)  # since PyTorch 2.10
    units: dict[str, Any] = {} if tell is None else tell()
    known = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "processor": str(units.get("cpu_name") or platform.processor() or platform.machine()),
        "units": [unit for unit in known if units.get(unit)],
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "torch": torch.__version__,
    }


def made_up_batch(count: int, size: int) -> Batch:
    """Smooth pictures with noise, under an empty layout, with free-form holes of 5 to 15 %."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size
    phase = rng.uniform(0, 6, (count, 3, 1, 1))
    image = np.sin(5 * x + phase) * np.cos(4 * y - phase) * 0.7 + rng.normal(0, 0.05, (count, 3, size, size))
    holes = np.stack([free_form_hole(rng, (size, size), FreeForm(0.05, 0.15)) for _ in range(count)])
    return Batch(
        torch.from_numpy(image.clip(-1, 1)).float(),
        torch.zeros(count, size, size, dtype=torch.int64),
        torch.from_numpy(holes)[:, None].float(),
    )


@torch.inference_mode()
def _run(snapshot: Snapshot, batch: Batch) -> torch.Tensor:
    if snapshot.layout is not None:
        batch = snapshot.layout.complete(batch)
    return snapshot.model.compose(batch, snapshot.model(batch))


def _placed(folder: Path | str | None, runtime: Runtime) -> Snapshot:
    snapshot = load_snapshot(folder)
    for network in _networks(snapshot):
        runtime.place(network)
    return snapshot


def _memory(folder: Path | str | None, runtime: Runtime, count: int) -> int | None:
    """The memory that one call adds, in a process that has made none before."""
    snapshot, device = _placed(folder, runtime), runtime.torch_device()
    size = snapshot.config.data.size
    batch = made_up_batch(count, size).to(device)
    return added_memory(partial(_run, snapshot, batch), device)


def _networks(snapshot: Snapshot) -> list[torch.nn.Module]:
    return [network for network in (snapshot.model, snapshot.layout) if network is not None]


def write_table(found: dict[str, Any]) -> str:
    """The report as Markdown."""
    m, rates = found["machine"], found["matmul_gflop_per_second"]
    if not found["rows"]:
        raise UserError("no rows: name at least one batch size and one precision")
    lines = [
        f"{found['model']}, {found['size']} x {found['size']}: {found['parameters'] / 1e6:.1f} million "
        f"parameters, {found['gflop_per_face']:.1f} GFLOP a face",
        f"{m['processor']} ({', '.join(m['units'])}), {m['threads']} threads of {m['cores']} cores, "
        f"PyTorch {m['torch']}, {found['time']}, load {m['load'] or 0:.1f}",
        "matrix products: " + ", ".join(f"{rate:.0f} GFLOP/s in {name}" for name, rate in rates.items()),
        "",
        *table_rows(found),
    ]
    return "\n".join(lines)


def table_rows(found: dict[str, Any]) -> list[str]:
    """Return the lines of the report's Markdown table."""
    lines = [
        "| precision | batch | faces/s | median | 95 % under | added memory "
        "| GFLOP/s | of matmul | to fp32 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in found["rows"]:
        memory = "" if row["memory_mb"] is None else f"{row['memory_mb']:.0f} MB"
        near = "equal" if row["psnr"] > 100 else f"{row['psnr']:.0f} dB"
        lines.append(
            f"| {row['precision']} | {row['batch']} | {row['faces_per_second']:.1f} "
            f"| {row['median_ms']:.0f} ms | {row['p95_ms']:.0f} ms | {memory} "
            f"| {row['gflop_per_second']:.0f} | {row['share']:.0%} | {near} |"
        )
    return lines
