"""What an evaluation runs on: portraits, their layouts and frozen holes, the n-th hole with the n-th stem."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from inlay.data.folder import Pair, list_pairs, read_stems
from inlay.data.store import load_pair
from inlay.errors import UserError
from inlay.labels import LabelSet

__all__ = ["Cases", "find_pairs", "load_cases"]


@dataclass(frozen=True)
class Cases:
    """Portraits (RGB), layouts (class ids) and holes (1 = to be filled) of one size, in the stems' order."""

    stems: list[str]
    images: UInt8[np.ndarray, "n h w 3"]
    labels: UInt8[np.ndarray, "n h w"]
    holes: UInt8[np.ndarray, "n h w"]

    def __len__(self) -> int:
        return len(self.stems)

    def part(self, start: int, stop: int) -> "Cases":
        """The cases `start` to `stop`."""
        cut = slice(start, stop)
        return Cases(self.stems[cut], self.images[cut], self.labels[cut], self.holes[cut])

    def holed(self) -> "Cases":
        """The same cases with black holes: what a filler gets, so that nothing of the truth can leak."""
        return Cases(self.stems, self.images * (1 - self.holes)[..., None], self.labels, self.holes)


def find_pairs(
    *,
    data: Path | None = None,
    images: Path | None = None,
    labels: Path | None = None,
    stems: Path | None = None,
) -> list[Pair]:
    """The pairs of a data folder (`images/` and `labels/`) or of two folders.

    Their order is the stems file's; by default that is the data folder's `val.txt`, else all by sorted name.
    """
    if (data is None) == (images is None) or (images is None) != (labels is None):
        raise UserError(
            "expected either --data DIR (with images/ and labels/ in it) or --images DIR and --labels DIR"
        )
    if data is not None:
        if not data.is_dir():
            raise UserError(f"{data}: no such folder; expected a data folder with images/ and labels/")
        images, labels = data / "images", data / "labels"
        if stems is None and (data / "val.txt").is_file():
            stems = data / "val.txt"
    assert images is not None
    assert labels is not None
    return list_pairs(images, labels, read_stems(stems) if stems else None)


def load_cases(
    pairs: list[Pair],
    holes: UInt8[np.ndarray, "n h w"],
    labels: LabelSet,
    progress: Callable[[int], None] = lambda done: None,
) -> Cases:
    """Read the pairs at the holes' size: Lanczos for pictures, nearest neighbour for layouts (protocol A)."""
    assert len(pairs) == len(holes)
    size = (holes.shape[1], holes.shape[2])
    images, layouts = [], []
    for done, pair in enumerate(pairs, start=1):
        image, layout = load_pair(pair, size, labels)
        images.append(image)
        layouts.append(layout)
        progress(done)
    return Cases([pair.stem for pair in pairs], np.stack(images), np.stack(layouts), holes)
