"""Seconds, memory and the machine's own speed."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from typing import TypeVar

import torch

from inlay.benchmark.memory import held, reset_peak

__all__ = ["Timing", "added_memory", "alternate", "in_new_process", "matmul_rate", "time_calls"]

Call = Callable[[], object]
Clock = Callable[[], float]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Timing:
    """Seconds of each of several equal calls, in the order in which they were made."""

    seconds: tuple[float, ...]

    @property
    def least(self) -> float:
        """The quickest call: the one that other programs disturbed least."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """Half of the calls were quicker."""
        return sorted(self.seconds)[len(self.seconds) // 2]

    @property
    def p95(self) -> float:
        """19 of 20 calls were quicker."""
        if len(self.seconds) < 2:
            return self.seconds[0]
        return quantiles(self.seconds, n=20, method="inclusive")[-1]


def time_calls(
    call: Call, *, seconds: float = 3.0, least: int = 5, clock: Clock = time.perf_counter
) -> Timing:
    """Call again and again for so many seconds, and at least so often; the first call is not counted."""
    call()
    found: list[float] = []
    end = time.perf_counter() + seconds
    while len(found) < least or time.perf_counter() < end:
        found.append(_clocked(call, clock))
    return Timing(tuple(found))


def alternate(
    calls: dict[str, Call], *, rounds: int = 3, clock: Clock = time.perf_counter
) -> dict[str, Timing]:
    """Call one after the other, round after round, so that what disturbs one disturbs all of them.

    The first round is not counted.
    """
    found: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            seconds = _clocked(call, clock)
            if number > 0:
                found[name].append(seconds)
    return {name: Timing(tuple(seconds)) for name, seconds in found.items()}


def _clocked(call: Call, clock: Clock) -> float:
    started = clock()
    call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - started


def added_memory(call: Call, device: torch.device | None = None) -> int | None:
    """The bytes by which a call raises what this process holds at most; None where that cannot be told.

    On CUDA the device's memory, else the process's. Memory that an earlier call left to the allocator is
    counted to that call: measure one call a process.
    """
    if device is not None and device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        return torch.cuda.max_memory_allocated(device) - before
    try:
        reset_peak()
        before = held("VmRSS")
        call()
        return max(0, held("VmHWM") - before)
    except OSError:
        return None


def in_new_process(call: Callable[..., Answer], *arguments: object) -> Answer:
    """What a call answers in a process of its own, whose memory nothing has touched."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *arguments).result()


def matmul_rate(
    dtype: torch.dtype,
    device: torch.device,
    *,
    side: int = 2048,
    seconds: float = 1.0,
    clock: Clock = time.perf_counter,
) -> float:
    """The machine's speed at its best: floating-point operations a second of a large matrix product.

    Sides double up to `side` while a product takes less than `seconds`: in bf16 that a machine only
    imitates, the largest would take minutes.
    """
    tried = 256
    while True:
        product = _product(tried, dtype, device)
        if tried >= side or 8 * time_calls(product, seconds=0.0, least=1, clock=clock).least > seconds:
            return 2 * tried**3 / time_calls(product, seconds=seconds, clock=clock).least
        tried *= 2


def _product(side: int, dtype: torch.dtype, device: torch.device) -> Call:
    one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    return lambda: one @ other
