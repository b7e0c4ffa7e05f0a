"""Our forms stay faster than the slow obvious ones: ratios of processor time, measured side by side.

The bounds are about half of what an idle machine gives; a lost saving falls far below them.
"""

import time

import pytest
import torch

from inlay.benchmark.measure import alternate
from reference.programs import Calls, Paper, attention_with_loss

SMALL = {"width": 16, "style_dim": 128, "encoder": 8, "hidden": 64}
CASES = {
    "forward": (lambda: Paper(2, 128, **SMALL).forward(), 1.8),
    "training": (lambda: Paper(2, 128, **SMALL).training(), 1.5),
    "attention": (lambda: attention_with_loss(64), 4.0),
}


def ratio(calls: Calls) -> float:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = alternate({"slow": calls.slow, "ours": calls.fp32}, rounds=3, clock=time.process_time)
    finally:
        torch.set_num_threads(threads)
    return found["slow"].least / found["ours"].least


@pytest.mark.parametrize("name", CASES)
def test_ratio(name: str) -> None:
    make, bound = CASES[name]
    calls = make()
    torch.testing.assert_close(calls.fp32(), calls.slow(), rtol=1e-3, atol=1e-4)
    assert max(ratio(calls) for _ in range(2)) > bound
