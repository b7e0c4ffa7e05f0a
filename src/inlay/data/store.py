"""Faces decoded and resized once, kept in memory-mapped files whose folder is named by what is in them."""

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from inlay.data.folder import Pair
from inlay.data.parallel import in_order
from inlay.data.transforms import resize_pair
from inlay.errors import UserError
from inlay.images import read_picture
from inlay.labels import LabelSet
from inlay.layers import read_label

__all__ = ["FaceStore", "load_pair", "open_store"]

VERSION = 2
RAREST = 0.003
"""The least share that a class is said to have: about an eye's."""


def load_pair(pair: Pair, size: tuple[int, int], labels: LabelSet) -> tuple[np.ndarray, np.ndarray]:
    """Picture (h,w,3) and layout (h,w) of a pair at `size`, both uint8."""
    image, label = read_picture(pair.image), read_label(pair.label, labels)
    if image.size != (label.shape[1], label.shape[0]):
        raise UserError(
            f"{pair.label}: the layout is {label.shape[1]} x {label.shape[0]}, its image "
            f"{image.size[0]} x {image.size[1]}; they must have one size"
        )
    return resize_pair(image, Image.fromarray(label), size)


@dataclass(frozen=True)
class FaceStore:
    """Decoded faces, their stems, and what was left out: one line for each file that could not be used."""

    folder: Path
    images: UInt8[np.ndarray, "n h w 3"]
    labels: UInt8[np.ndarray, "n h w"]
    stems: tuple[str, ...]
    faults: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def class_shares(self, classes: int) -> Float[np.ndarray, " classes"]:
        """Each class's share of those layouts that show it, of up to 512 faces, evenly taken.

        `RAREST` at least, and for classes that none of them shows.
        """
        chosen = np.linspace(0, len(self) - 1, min(len(self), 512)).round().astype(int)
        counts = np.stack([np.bincount(self.labels[n].ravel(), minlength=classes) for n in chosen])
        shown = np.maximum((counts > 0).sum(axis=0), 1)
        return np.maximum(counts.sum(axis=0) / (shown * counts[0].sum()), RAREST)

    @staticmethod
    def open(folder: Path) -> "FaceStore":
        """Map a finished store into memory."""
        listing = json.loads((folder / "faces.json").read_text(encoding="utf-8"))
        # Faces that could not be used leave no gap: the used ones lie at the front of the arrays.
        images, labels = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("images", "labels"))
        count = len(listing["stems"])
        return FaceStore(
            folder, images[:count], labels[:count], tuple(listing["stems"]), tuple(listing["faults"])
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Loader processes map the same files instead of receiving a copy."""
        return FaceStore.open, (self.folder,)


def open_store(
    pairs: list[Pair],
    size: tuple[int, int],
    labels: LabelSet,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    bad_files: Literal["stop", "skip"] = "stop",
) -> FaceStore:
    """The faces at `size`, decoded once: the folder's name is a hash of the settings and the file list.

    With `bad_files` = "skip" a file that cannot be used is named in `faults` and left out, otherwise it is a
    `UserError`. `progress` is called with how many faces of how many are done.
    """
    listing = [[p.stem, *_state(p.image), *_state(p.label)] for p in pairs]
    key = hashlib.sha256(json.dumps([VERSION, size, labels.to_dict(), listing]).encode()).hexdigest()[:20]
    folder = cache / f"faces-{key}"
    if not folder.is_dir():
        try:
            _fill(folder, pairs, size, labels, progress, bad_files)
        except OSError as error:
            need = len(pairs) * size[0] * size[1] * 4 / 1e6
            raise UserError(
                f"{cache}: the decoded faces cannot be written ({error}); they need {need:.0f} MB: "
                "free some space or name another folder with --cache"
            ) from error
    store = FaceStore.open(folder)
    if bad_files == "stop" and store.faults:
        raise UserError(store.faults[0])
    return store


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file; a missing one is found and named when it is read."""
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)


def _fill(
    folder: Path,
    pairs: list[Pair],
    size: tuple[int, int],
    labels: LabelSet,
    progress: Callable[[int, int], None],
    bad_files: Literal["stop", "skip"],
) -> None:
    """Decode into a temporary folder, then rename it, so that a kill leaves nothing half written."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        shapes = {"images": (len(pairs), *size, 3), "labels": (len(pairs), *size)}
        images, ids = (
            np.lib.format.open_memmap(unfinished / f"{name}.npy", mode="w+", dtype=np.uint8, shape=shape)
            for name, shape in shapes.items()
        )
        stems, faults = list[str](), list[str]()
        loading = in_order(partial(_load_or_tell, size=size, labels=labels), pairs)
        for done, (pair, loaded) in enumerate(zip(pairs, loading, strict=True), start=1):
            if isinstance(loaded, UserError):
                if bad_files == "stop":
                    raise loaded
                faults.append(str(loaded))
            else:
                images[len(stems)], ids[len(stems)] = loaded
                stems.append(pair.stem)
            progress(done, len(pairs))
        if not stems:
            raise UserError(f"none of {len(pairs)} faces can be used; the first: {faults[0]}")
        images.flush()
        ids.flush()
        (unfinished / "faces.json").write_text(
            json.dumps({"stems": stems, "faults": faults}), encoding="utf-8"
        )
        unfinished.chmod(0o755)
        _settle(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _settle(unfinished: Path, folder: Path) -> None:
    """Give the store its name; another process may have made the same one meanwhile."""
    try:
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _sweep(cache: Path) -> None:
    """Remove what killed processes left: unfinished stores that nobody has written to for an hour."""
    for left in cache.glob("faces-*.part"):
        newest = max((f.stat().st_mtime for f in left.iterdir()), default=left.stat().st_mtime)
        if time.time() - newest > 3600:
            shutil.rmtree(left, ignore_errors=True)


def _load_or_tell(
    pair: Pair, size: tuple[int, int], labels: LabelSet
) -> tuple[np.ndarray, np.ndarray] | UserError:
    try:
        return load_pair(pair, size, labels)
    except UserError as error:
        return error
