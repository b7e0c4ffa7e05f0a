"""A refinement measured after several numbers of steps, in one run."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from inlay.evaluation.cases import Cases
from inlay.evaluation.fillers import ModelFiller
from inlay.evaluation.intervals import bootstrap_interval, mean_of
from inlay.evaluation.metrics.pixels import hole_mae, hole_psnr, psnr
from inlay.evaluation.metrics.structure import ssim
from inlay.painters.refine import Refinement
from inlay.tensors import from_tensor

__all__ = ["FIGURES", "measure_course"]

FIGURES = ("psnr", "ssim", "hole_psnr", "known_l1")
BATCH = 4


def measure_course(
    cases: Cases,
    filler: ModelFiller,
    refinement: Refinement,
    steps: Sequence[int],
    progress: Callable[[int], None] = lambda done: None,
) -> list[dict[str, Any]]:
    """Means, intervals and figures a picture after each of the numbers of steps; no steps are the plain pass.

    `seconds_per_image` is the time of encoding and of all steps up to there, without the measuring.
    """
    each: dict[int, dict[str, list[float]]] = {step: {name: [] for name in FIGURES} for step in steps}
    seconds = dict.fromkeys(steps, 0.0)
    for start in range(0, len(cases), BATCH):
        part = cases.part(start, start + BATCH)
        batch, _ = filler.given(part.holed())
        spent, began = 0.0, time.perf_counter()
        for step, answer in enumerate(refinement.course(filler.model, batch)):
            spent += time.perf_counter() - began
            if step in each:
                seconds[step] += spent
                filled = from_tensor(answer.output.image)
                _measure(each[step], part, filled)
            began = time.perf_counter()
        progress(min(start + BATCH, len(cases)))
    return [_report(step, each[step], seconds[step] / len(cases)) for step in steps]


def _measure(figures: dict[str, list[float]], part: Cases, filled: UInt8[np.ndarray, "n h w 3"]) -> None:
    results = np.where(part.holes[..., None] > 0, filled, part.images)
    for truth, raw, hole in zip(part.images, filled, part.holes, strict=True):
        figures["known_l1"].append(255 * hole_mae(truth, raw, 1 - hole))
    for truth, result, hole in zip(part.images, results, part.holes, strict=True):
        figures["psnr"].append(psnr(truth, result))
        figures["ssim"].append(ssim(truth, result))
        figures["hole_psnr"].append(hole_psnr(truth, result, hole))


def _report(step: int, each: dict[str, list[float]], seconds: float) -> dict[str, Any]:
    report: dict[str, Any] = {"steps": step, "seconds_per_image": seconds}
    report |= {name: mean_of(np.array(values)) for name, values in each.items()}
    report["intervals"] = {name: bootstrap_interval(np.array(values)) for name, values in each.items()}
    report["each"] = {name: [v if np.isfinite(v) else None for v in values] for name, values in each.items()}
    return report
