"""Another program's results as a filler: pictures by stem, scored by the same protocol."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inlay.errors import UserError
from inlay.evaluation.by_stem import find_by_stem
from inlay.evaluation.cases import Cases
from inlay.evaluation.fillers import Filled
from inlay.images import read_picture

__all__ = ["Predictions"]


@dataclass(frozen=True)
class Predictions:
    """Finished pictures of the evaluated size; what they hold outside the hole does not count (eq. 9)."""

    folder: Path
    layout: str = "unknown"

    def __call__(self, cases: Cases) -> Filled:
        """Read the results of the cases' stems."""
        results = []
        for path in find_by_stem(self.folder, cases.stems, what="result"):
            picture = np.asarray(read_picture(path))
            if picture.shape != cases.images.shape[1:]:
                (h, w), (ours, wide) = picture.shape[:2], cases.images.shape[1:3]
                raise UserError(
                    f"{path}: {h} x {w} (height x width), the evaluation runs at {ours} x {wide}; "
                    "a result is never resized, for that would change its figures"
                )
            results.append(picture)
        return Filled(np.stack(results))
