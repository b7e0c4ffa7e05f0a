"""The learning rate over a run, and when things are due."""

import math

from inlay.config import Schedule

__all__ = ["crossed", "learning_rate", "run_length"]


def learning_rate(schedule: Schedule, faces: int, peak: float) -> float:
    """Linear warm-up, constant at `peak`, then a fall to 0 over the last `decay_share` of the run.

    `decay` = "linear" without warm-up and a share of 0.5 is the released program's rule (as many epochs
    constant as falling); "cosine" with a share of 1 is the usual cosine with warm-up.
    """
    warm = min(1.0, (faces + schedule.batch_size) / max(1, schedule.warmup_faces))
    left = (schedule.faces - faces) / max(1.0, schedule.decay_share * schedule.faces)
    left = min(1.0, max(0.0, left))
    return peak * warm * (left if schedule.decay == "linear" else 0.5 - 0.5 * math.cos(math.pi * left))


def run_length(schedule: Schedule, stop_at: int | None = None) -> int:
    """Faces at which a run ends: its length, or `stop_at` if that is less, rounded up to a whole step."""
    wanted = min(schedule.faces, schedule.faces if stop_at is None else stop_at)
    return -(-wanted // schedule.batch_size) * schedule.batch_size


def crossed(before: int, after: int, every: int) -> bool:
    """Whether something that is due every so many faces fell due between two counts."""
    return before // every != after // every
