"""Our forms of the paper's network against the slow obvious ones, in one run: seconds, memory, equality.

    python benchmarks/against_slow.py --json against_slow.json

The slow forms (tests/reference) compute as the released program does. Both have the same made-up weights at
the paper's widths (267 million parameters) and see the public-domain example portrait under its predicted
layout. Forms take turns, call after call, and the least of each counts; memory is measured in processes of
their own. Run it on an idle machine: about six minutes on two cores.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from inlay.benchmark.measure import added_memory, alternate, in_new_process  # noqa: E402
from reference.programs import Calls, Paper, attention_with_loss  # noqa: E402

CASES: dict[str, tuple[str, Callable[[], Calls], int]] = {
    "forward-128": ("fill, batch 4 at 128", lambda: Paper(4, 128).forward(), 3),
    "forward-256": ("fill, batch 1 at 256", lambda: Paper(1, 256).forward(), 3),
    "training-128": ("generator forward and backward, batch 4 at 128", lambda: Paper(4, 128).training(), 2),
    "attention-4096": ("attention and its loss, 4,096 tokens", partial(attention_with_loss, 64), 5),
    "attention-16384": ("attention and its loss, 16,384 tokens", partial(attention_with_loss, 128), 2),
    "refinement-128": ("20 steps of test-time optimisation, 128", lambda: Paper(1, 128).refinement(20), 1),
}
"""Name: what it is, how it is made, how many rounds are measured."""
FORMS = ("slow", "fp32", "bf16")


def main() -> None:
    """Measure the cases and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", default=",".join(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    found = {}
    for name in given.cases.split(","):
        found[name] = in_new_process(measure, name, given.threads)
        print(line(found[name]), flush=True)
        if given.json is not None:
            given.json.write_text(json.dumps(found, indent=1) + "\n")


def table(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the Markdown table: seconds, times as fast, added memory and its share, nearness."""
    yield "| | slow, fp32 | ours, fp32 | ours, bf16 |"
    yield "|---|---|---|---|"
    for case in (found[name] for name in CASES if name in found):
        yield f"| {case['what']} | {' | '.join(cell(case, form) for form in FORMS)} |"


def cell(case: dict[str, Any], form: str) -> str:
    """Write one form of one case."""
    slow, ours = case["slow"], case[form]
    parts = [f"{ours['seconds']:.2f} s"]
    if form != "slow":
        parts.append(f"**{slow['seconds'] / ours['seconds']:.1f} x**")
    if ours.get("memory"):
        parts.append(f"{ours['memory'] / 1e6:.0f} MB")
        if form != "slow":
            parts.append(f"{ours['memory'] / slow['memory']:.0%}")
    if form != "slow" and "psnr" in ours:
        parts.append("equal" if ours["psnr"] > 100 else f"{ours['psnr']:.0f} dB")
    return ", ".join(parts)


def measure(name: str, threads: int) -> dict[str, Any]:
    """Seconds and memory of each form, and how near its answer is to the slow one's."""
    torch.set_num_threads(threads)
    what, make, rounds = CASES[name]
    calls = make()
    answers = {form: getattr(calls, form)() for form in FORMS} if not name.startswith("refinement") else {}
    timings = alternate({form: getattr(calls, form) for form in FORMS}, rounds=rounds)
    found: dict[str, Any] = {"what": what, "threads": threads}
    for form in FORMS:
        found[form] = {"seconds": timings[form].least}
        if not name.startswith(("refinement", "training")):
            found[form]["memory"] = in_new_process(memory, name, form, threads)
        if answers:
            error = (answers[form] - answers["slow"]).square().mean()
            peak = answers["slow"].abs().max()
            found[form]["psnr"] = float(10 * torch.log10((2 * peak) ** 2 / error.clamp(min=1e-24)))
    return found


def memory(name: str, form: str, threads: int) -> int | None:
    """The memory that one call adds."""
    torch.set_num_threads(threads)
    return added_memory(getattr(CASES[name][1](), form))


def line(case: dict[str, Any]) -> str:
    """A case in a line."""
    slow, parts = case["slow"], [f"{case['what']}: slow {case['slow']['seconds']:.2f} s"]
    if slow.get("memory"):
        parts[0] += f" {slow['memory'] / 1e6:.0f} MB"
    for form in FORMS[1:]:
        ours = case[form]
        text = f"{form} {ours['seconds']:.2f} s, {slow['seconds'] / ours['seconds']:.1f} times as fast"
        if ours.get("memory"):
            text += f", {ours['memory'] / 1e6:.0f} MB, {ours['memory'] / slow['memory']:.0%} of the memory"
        if "psnr" in ours:
            text += f", {ours['psnr']:.0f} dB"
        parts.append(text)
    return "; ".join(parts)


if __name__ == "__main__":
    main()
