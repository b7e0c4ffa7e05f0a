"""From settings and a data folder to what a run is fed with."""

import importlib.util
from functools import partial
from pathlib import Path

from inlay.config import Config, HoleConfig
from inlay.data import hole_kinds
from inlay.data.folder import find_pairs, read_stems
from inlay.data.hole_kinds import HoleKind
from inlay.data.holes import FreeForm
from inlay.data.loader import SampleStream
from inlay.data.store import FaceStore, open_store
from inlay.data.transforms import Augmentation
from inlay.errors import UserError
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.evaluation.metrics.structure import ssim
from inlay.labels import CELEBAMASK_HQ, LabelSet
from inlay.training.logger import RunLog
from inlay.training.machine import Machine
from inlay.training.validate import Metric

__all__ = ["check_division", "hole_kind", "label_set", "open_stores", "training_stream", "val_metrics"]


def label_set(config: Config) -> LabelSet:
    """The vocabulary that the config names."""
    name = config.data.labels
    return CELEBAMASK_HQ if name == "celebamask-hq" else LabelSet.from_toml(Path(name))


def check_division(config: Config, machine: Machine) -> None:
    """A step's faces are shared by all processes and parts alike."""
    shares, batch_size = machine.processes * config.training.accumulate, config.schedule.batch_size
    if batch_size % shares:
        raise UserError(
            f"schedule.batch_size = {batch_size} faces cannot be shared by {machine.processes} processes x "
            f"{config.training.accumulate} parts (training.accumulate); expected a multiple of {shares}"
        )


def open_stores(
    config: Config, data: Path, labels: LabelSet, cache: Path, log: RunLog
) -> tuple[FaceStore, FaceStore]:
    """The decoded faces for training, at the stored size, and for val, at the model's."""
    sizes = {"train": config.data.stored_size, "val": config.data.size}
    stores = []
    for split, size in sizes.items():
        listed = data / f"{split}.txt"
        if not listed.is_file():
            raise UserError(
                f"{listed}: no such stems file; expected train.txt and val.txt beside images/ and labels/ "
                "(`inlay prepare check` looks through a data folder)"
            )
        skip = config.training.bad_files == "skip"
        pairs, missing = find_pairs(data / "images", data / "labels", read_stems(listed))
        if missing and not (skip and pairs):
            raise UserError(missing[0])
        with log.counting(f"decoding {split} faces") as progress:
            store = open_store(
                pairs, (size, size), labels, cache, progress, bad_files=config.training.bad_files
            )
        for fault in (*missing, *store.faults):
            log.write({"event": f"left out: {fault}"})
        stores.append(store)
    return stores[0], stores[1]


def training_stream(config: Config, store: FaceStore, labels: LabelSet) -> SampleStream:
    """The endless stream of samples that the config describes."""
    size = (config.data.size, config.data.size)
    none = Augmentation(flip=0.0, warp=0.0, jitter=0.0)
    augmentation = Augmentation(part_tint=config.data.part_tint) if config.data.augment else none
    return SampleStream(
        store, size, labels,
        holes=[(kind.share, hole_kind(kind, labels)) for kind in config.data.holes],
        augmentation=augmentation, seed=config.training.seed,
    )  # fmt: skip


def hole_kind(config: HoleConfig, labels: LabelSet) -> HoleKind:
    """What draws the holes of a kind."""
    low, high = config.low, config.high
    kinds: dict[str, HoleKind] = {
        "scaled": partial(hole_kinds.free_form, form=FreeForm(low, high)),
        "released": partial(hole_kinds.free_form, form=FreeForm.released(low, high)),
        "box": partial(hole_kinds.box, low=low, high=high),
        "part": partial(hole_kinds.part, labels=labels, parts=tuple(config.parts), reach=config.reach),
        "none": hole_kinds.no_hole,
    }
    return kinds[config.kind]


def val_metrics(config: Config) -> dict[str, Metric]:
    """SSIM where scikit-image is installed, LPIPS where the config names the folder of its weights."""
    metrics: dict[str, Metric] = {}
    if importlib.util.find_spec("skimage") is not None:
        metrics["ssim"] = ssim
    if config.training.lpips:
        metrics["lpips"] = Lpips(load_distance(Path(config.training.lpips)))
    return metrics
