"""Stored faces and the endless, resumable stream of training samples."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler

from inlay.batch import Batch
from inlay.data.folder import Pair
from inlay.data.holes import FreeForm, free_form_hole
from inlay.data.transforms import Augmentation, augment, resize_pair
from inlay.errors import UserError
from inlay.images import read_label, read_picture, to_tensor
from inlay.labels import LabelSet

__all__ = ["FaceStore", "SampleStream", "load_pair", "open_store", "training_batches"]


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
    """Decoded and resized faces in memory-mapped files."""

    images: UInt8[np.ndarray, "n h w 3"]
    labels: UInt8[np.ndarray, "n h w"]

    def __len__(self) -> int:
        return len(self.images)


def open_store(
    pairs: list[Pair],
    size: tuple[int, int],
    labels: LabelSet,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FaceStore:
    """The faces at `size`, decoded once: the folder's name is a hash of the settings and the file list."""
    listing = [[p.stem, *(x for f in (p.image, p.label) for x in (f.stat().st_size, f.stat().st_mtime_ns))] for p in pairs]
    key = hashlib.sha256(json.dumps([1, size, labels.to_dict(), listing]).encode()).hexdigest()[:20]
    folder = cache / f"faces-{key}"
    if not folder.is_dir():
        _fill_store(folder, pairs, size, labels, progress)
    return FaceStore(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("images", "labels")))


def _fill_store(
    folder: Path, pairs: list[Pair], size: tuple[int, int], labels: LabelSet, progress: Callable[[int, int], None]
) -> None:
    """Decode into a temporary folder, then rename it, so that a kill leaves nothing half written."""
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    unfinished.mkdir(parents=True, exist_ok=True)
    try:
        shapes = {"images": (len(pairs), *size, 3), "labels": (len(pairs), *size)}
        images, ids = (
            np.lib.format.open_memmap(unfinished / f"{name}.npy", mode="w+", dtype=np.uint8, shape=shape)
            for name, shape in shapes.items()
        )
        for n, pair in enumerate(pairs):
            images[n], ids[n] = load_pair(pair, size, labels)
            progress(n + 1, len(pairs))
        images.flush()
        ids.flush()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


class SampleStream(Dataset[tuple[np.ndarray, np.ndarray, np.ndarray]]):
    """Sample number `position` of an endless stream, a pure function of (seed, position).

    Each epoch visits every face once, in an order drawn from (seed, epoch).
    """

    def __init__(
        self,
        store: FaceStore,
        size: tuple[int, int],
        labels: LabelSet,
        *,
        holes: list[tuple[float, FreeForm | None]],
        augmentation: Augmentation,
        seed: int,
    ) -> None:
        self.store, self.size, self.labels = store, size, labels
        self.holes, self.augmentation, self.seed = holes, augmentation, seed
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, dtype=np.int64))

    def face_at(self, position: int) -> int:
        """Which face stands at a position of the stream."""
        epoch, place = divmod(position, len(self.store))
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng((self.seed, 0, epoch)).permutation(len(self.store)))
        return int(self._order[1][place])

    def __getitem__(self, position: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Picture, layout and hole, uint8."""
        face = self.face_at(position)
        rng = np.random.default_rng((self.seed, 1, position))
        image, label = augment(
            rng, self.store.images[face], self.store.labels[face], self.size, self.labels, self.augmentation
        )
        shares = np.array([share for share, _ in self.holes])
        form = self.holes[int(rng.choice(len(shares), p=shares / shares.sum()))][1]
        hole = free_form_hole(rng, self.size, form) if form else np.zeros(self.size, dtype=np.uint8)
        return image, label, hole


class _From(Sampler[int]):
    """Positions from `start` to `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop))

    def __len__(self) -> int:
        return self.stop - self.start


def training_batches(
    stream: SampleStream, *, start: int, stop: int, batch_size: int, workers: int
) -> DataLoader[Batch]:
    """Batches of the stream's samples `start` to `stop`; the number of workers changes nothing but the speed."""
    return DataLoader(
        stream, batch_size=batch_size, sampler=_From(start, stop), num_workers=workers, collate_fn=_collate,
        drop_last=True, prefetch_factor=4 if workers else None, persistent_workers=False,
    )  # fmt: skip


def _collate(samples: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Batch:
    images, labels, holes = (np.stack(part) for part in zip(*samples, strict=True))
    return Batch(
        to_tensor(images), torch.from_numpy(labels).long(), torch.from_numpy(holes)[:, None].float()
    )
