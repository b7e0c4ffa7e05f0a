"""Looking through a data folder before it is trained on: what is wrong with which file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inlay.data.folder import Pair, find_pairs, read_stems
from inlay.data.parallel import in_order
from inlay.errors import UserError
from inlay.images import read_picture
from inlay.labels import LabelSet
from inlay.layers import read_label

__all__ = ["Checked", "check_folder"]

SPLITS = ("train", "val", "test")


@dataclass
class Checked:
    """What was found: faces that are fine, their sizes, pixels by class, and a line for each fault."""

    fine: int = 0
    sizes: dict[tuple[int, int], int] = field(default_factory=dict)
    pixels: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def check_folder(
    data: Path, labels: LabelSet, progress: Callable[[int, int], None] = lambda done, total: None
) -> Checked:
    """Open every picture and layout of a data folder: pairs, sizes, ids, unreadable files, stems files."""
    pairs, missing = find_pairs(data / "images", data / "labels")
    found = Checked(faults=missing)
    counts = np.zeros(len(labels), dtype=np.int64)

    def look(pair: Pair) -> tuple[tuple[int, int], np.ndarray] | str:
        try:
            image, label = read_picture(pair.image), read_label(pair.label, labels)
        except UserError as error:
            return str(error)
        h, w = label.shape
        if image.size != (w, h):
            return f"{pair.label}: the layout is {w} x {h}, its image {image.size[0]} x {image.size[1]}"
        return (h, w), np.bincount(label.ravel(), minlength=len(labels))

    for done, seen in enumerate(in_order(look, pairs), start=1):
        if isinstance(seen, str):
            found.faults.append(seen)
        else:
            found.fine += 1
            found.sizes[seen[0]] = found.sizes.get(seen[0], 0) + 1
            counts += seen[1]
        progress(done, len(pairs))
    found.pixels = {name: int(count) for name, count in zip(labels.names, counts, strict=True)}
    _check_splits(data, {pair.stem for pair in pairs}, found)
    return found


def _check_splits(data: Path, stems: set[str], found: Checked) -> None:
    """The stems files: there, not empty, without strangers, and no face in two of them."""
    seen: dict[str, str] = {}
    for split in SPLITS:
        path = data / f"{split}.txt"
        if not path.is_file():
            if split != "test":
                found.faults.append(f"{path}: no such stems file; training needs train.txt and val.txt")
            continue
        try:
            listed = read_stems(path)
        except UserError as error:
            found.faults.append(str(error))
            continue
        found.splits[split] = len(listed)
        for stem in listed:
            if stem not in stems:
                found.faults.append(f"{path}: '{stem}' has no pair of image and layout")
            if stem in seen:
                found.faults.append(f"{path}: '{stem}' stands in {seen[stem]}.txt too; val must be unseen")
            seen[stem] = split
