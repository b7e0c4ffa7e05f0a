"""What an evaluation runs on: portraits, their layouts and frozen holes, the n-th hole with the n-th stem."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from inlay.data.folder import Pair, Picture, list_pairs, list_pictures, read_stems
from inlay.data.store import load_pair
from inlay.errors import UserError
from inlay.images import read_picture
from inlay.labels import LabelSet

__all__ = ["Cases", "find_pairs", "find_pictures", "load_cases"]


@dataclass(frozen=True)
class Cases:
    """Portraits (RGB), layouts (class ids) and holes (1 = to be filled) of one size, in the stems' order.

    `labels` is None for pictures whose layouts are not known.
    """

    stems: list[str]
    images: UInt8[np.ndarray, "n h w 3"]
    labels: UInt8[np.ndarray, "n h w"] | None
    holes: UInt8[np.ndarray, "n h w"]

    def __len__(self) -> int:
        return len(self.stems)

    def part(self, start: int, stop: int) -> "Cases":
        """The cases `start` to `stop`."""
        cut = slice(start, stop)
        labels = None if self.labels is None else self.labels[cut]
        return Cases(self.stems[cut], self.images[cut], labels, self.holes[cut])

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


def find_pictures(
    *,
    data: Path | None = None,
    images: Path | None = None,
    labels: Path | None = None,
    stems: Path | None = None,
) -> Sequence[Picture]:
    """Find what `find_pairs` does, or pictures without layouts where `images` comes without `labels`."""
    if data is None and images is not None and labels is None:
        return list_pictures(images, read_stems(stems) if stems else None)
    return find_pairs(data=data, images=images, labels=labels, stems=stems)


def load_cases(
    pairs: Sequence[Picture],
    holes: UInt8[np.ndarray, "n h w"],
    labels: LabelSet,
    progress: Callable[[int], None] = lambda done: None,
) -> Cases:
    """Read the pairs at the holes' size: Lanczos for pictures, nearest neighbour for layouts (protocol A).

    Pictures without layouts make cases without layouts.
    """
    assert len(pairs) == len(holes)
    size = (holes.shape[1], holes.shape[2])
    images, layouts = [], []
    for done, pair in enumerate(pairs, start=1):
        if isinstance(pair, Pair):
            image, layout = load_pair(pair, size, labels)
            layouts.append(layout)
        else:
            image = _at_size(read_picture(pair.image), size)
        images.append(image)
        progress(done)
    return Cases(
        [pair.stem for pair in pairs], np.stack(images), np.stack(layouts) if layouts else None, holes
    )


def _at_size(picture: Image.Image, size: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    wh = (size[1], size[0])
    same = picture.size == wh
    return np.asarray(picture if same else picture.resize(wh, Image.Resampling.LANCZOS), dtype=np.uint8)
