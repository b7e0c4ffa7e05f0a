"""The endless, resumable stream of training samples and its batches."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from inlay.batch import Batch
from inlay.data.hole_kinds import HoleKind
from inlay.data.store import FaceStore, load_pair
from inlay.data.transforms import Augmentation, augment
from inlay.errors import UserError
from inlay.labels import LabelSet

__all__ = ["SampleStream", "Samples", "load_pair", "training_batches"]

Sample = tuple[np.ndarray, np.ndarray, np.ndarray, int]


@dataclass(frozen=True)
class Samples:
    """Training samples as bytes, which travel faster than floats, and which face each one shows."""

    images: UInt8[Tensor, "b h w 3"]
    labels: UInt8[Tensor, "b h w"]
    holes: UInt8[Tensor, "b h w"]
    faces: Int[Tensor, " b"]

    def batch(self, device: torch.device | str = "cpu") -> Batch:
        """The samples as a model takes them, on a device."""
        image = self.images.to(device, non_blocking=True).movedim(-1, -3).float() / 127.5 - 1
        label = self.labels.to(device, non_blocking=True).long()
        return Batch(image, label, self.holes.to(device, non_blocking=True)[:, None].float())

    def pin_memory(self) -> "Samples":
        """The same samples in memory that a GPU can read by itself."""
        return Samples(*(t.pin_memory() for t in (self.images, self.labels, self.holes, self.faces)))


class SampleStream(Dataset[Sample]):
    """Sample number `position` of an endless stream, a pure function of (seed, position).

    Each epoch visits every face once, in an order drawn from (seed, epoch).
    """

    def __init__(
        self,
        store: FaceStore,
        size: tuple[int, int],
        labels: LabelSet,
        *,
        holes: list[tuple[float, HoleKind]],
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

    def __getitem__(self, position: int) -> Sample:
        """Picture, layout and hole, uint8, and the face's number in the store."""
        face = self.face_at(position)
        rng = np.random.default_rng((self.seed, 1, position))
        image, label = augment(
            rng, self.store.images[face], self.store.labels[face], self.size, self.labels, self.augmentation
        )
        shares = np.array([share for share, _ in self.holes])
        draw_hole = self.holes[int(rng.choice(len(shares), p=shares / shares.sum()))][1]
        return image, label, draw_hole(rng, label), face


class _Steps(Sampler[list[int]]):
    """The positions of each step from `start` on; a process takes an equal part of a step's samples."""

    def __init__(self, start: int, stop: int, batch_size: int, process: int, processes: int) -> None:
        assert batch_size % processes == 0
        self.starts = range(start, stop, batch_size)
        self.part = range(process * batch_size // processes, (process + 1) * batch_size // processes)

    def __iter__(self) -> Iterator[list[int]]:
        return ([first + place for place in self.part] for first in self.starts)

    def __len__(self) -> int:
        return len(self.starts)


def training_batches(
    stream: Dataset[Sample],
    *,
    start: int,
    stop: int,
    batch_size: int,
    workers: int,
    process: int = 0,
    processes: int = 1,
    pin: bool = False,
) -> Iterator[Samples]:
    """Steps of `batch_size` samples from position `start` until `stop` is reached, the last one whole.

    The number of workers changes nothing but the speed; `processes` share each step's samples in order.
    """
    loader: DataLoader[Samples | UserError] = DataLoader(
        _Told(stream),  # type: ignore[arg-type]
        batch_sampler=_Steps(start, stop, batch_size, process, processes),
        num_workers=workers,
        collate_fn=_collate,
        prefetch_factor=4 if workers else None,
        pin_memory=pin,
        # Its own generator: starting a loader must not draw from the global one.
        generator=torch.Generator(),
        worker_init_fn=_leave_signals_to_the_run,
    )
    for samples in loader:
        if isinstance(samples, UserError):
            raise samples
        yield samples


class _Told(Dataset[Sample | UserError]):
    """The stream's samples; a fault comes back as it is told.

    An error that torch re-raises from a loader process is a traceback in one line, and keeps the loader
    alive, whose processes would be waited for at the program's end, for ever.
    """

    def __init__(self, stream: Dataset[Sample]) -> None:
        self.stream = stream

    def __getitem__(self, position: int) -> Sample | UserError:
        try:
            return self.stream[position]
        except UserError as error:
            return UserError(str(error))


def _leave_signals_to_the_run(worker: int) -> None:
    """Terminals and clusters signal all processes at once; only a second SIGTERM ends a worker by itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: signal.signal(signal.SIGTERM, signal.SIG_DFL))


def _collate(told: list[Sample | UserError]) -> Samples | UserError:
    samples = list[Sample]()
    for sample in told:
        if isinstance(sample, UserError):
            return sample
        samples.append(sample)
    images, labels, holes, faces = zip(*samples, strict=True)
    stacked = [torch.from_numpy(np.stack(part)) for part in (images, labels, holes)]
    return Samples(stacked[0], stacked[1], stacked[2], torch.tensor(faces))
