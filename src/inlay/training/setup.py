"""From settings and a data folder to what a run is fed with."""

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path

from inlay.config import (
    BoxHoleConfig,
    Config,
    HoleConfig,
    NoHoleConfig,
    PartHoleConfig,
    ReleasedHoleConfig,
    ScaledHoleConfig,
)
from inlay.data.folder import find_pairs, read_stems
from inlay.data.hole_kinds import HoleKind, box, free_form, no_hole
from inlay.data.holes import FreeForm
from inlay.data.loader import SampleStream
from inlay.data.parts import part_classes, part_hole
from inlay.data.store import FaceStore, open_store
from inlay.data.transforms import Augmentation
from inlay.errors import UserError
from inlay.evaluation.metrics.perceptual import Lpips, load_distance
from inlay.evaluation.metrics.structure import ssim
from inlay.labels import LabelSet
from inlay.training.logger import RunLog
from inlay.training.machine import Machine
from inlay.training.trainees import Generator, Trainees
from inlay.training.validate import Measured, Metric, fixed_faces, val_faces, validate
from inlay.training.validate_layout import validate_layout

__all__ = [
    "build_measure",
    "check_division",
    "hole_kind",
    "label_set",
    "open_stores",
    "training_stream",
    "val_metrics",
]


def label_set(config: Config) -> LabelSet:
    """The vocabulary that the config names."""
    return LabelSet.named(config.data.labels)


def check_division(config: Config, machine: Machine) -> None:
    """A step's faces are shared by all processes and parts alike; what cannot be shared is refused."""
    if machine.processes > 1 and config.schedule.discriminator_replays:
        raise UserError(
            "schedule.discriminator_replays: each process would remember other pictures, and one alone is "
            "saved; train in one process, or set it to 0"
        )
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
    if sizes["train"] < sizes["val"]:
        raise UserError(
            f"data.stored_size = {sizes['train']} is below data.size = {sizes['val']}: faces would be "
            f"enlarged and blurred; give data.stored_size={sizes['val']} or more"
        )
    stores, splits = [], dict[str, str]()
    for split, size in sizes.items():
        listed = data / f"{split}.txt"
        if not listed.is_file():
            raise UserError(
                f"{listed}: no such stems file; expected train.txt and val.txt beside images/ and labels/ "
                "(`inlay prepare check` looks through a data folder)"
            )
        skip = config.training.bad_files == "skip"
        stems = read_stems(listed)
        if shared := [stem for stem in stems if splits.setdefault(stem, split) != split]:
            event = f"{len(shared)} val faces are trained on too, as {shared[0]}: no fair figures"
            log.write({"event": event})
        pairs, missing = find_pairs(data / "images", data / "labels", stems)
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
    """Build the endless stream of samples that the config describes."""
    return SampleStream(
        store,
        (config.data.size, config.data.size),
        labels,
        holes=[(kind.share, hole_kind(kind, labels)) for kind in config.data.holes],
        augmentation=Augmentation(**config.augmentation.model_dump()),
        seed=config.training.seed,
    )


def hole_kind(config: HoleConfig, labels: LabelSet) -> HoleKind:
    """Build what draws the holes of a kind; a part that the labels lack is a `UserError`."""
    match config:
        case ScaledHoleConfig():
            return partial(free_form, form=FreeForm(config.low, config.high))
        case ReleasedHoleConfig():
            return partial(free_form, form=FreeForm.released(config.low, config.high))
        case BoxHoleConfig():
            return partial(box, low=config.low, high=config.high)
        case PartHoleConfig():
            parts = [part_classes(labels, part) for part in config.parts]
            return partial(part_hole, parts=parts, reach=config.reach)
        case NoHoleConfig():
            return no_hole


def build_measure(
    trainees: Trainees, store: FaceStore, val_store: FaceStore
) -> Callable[[Generator], Measured]:
    """Build what measures a run's weights: by filling val faces, or by layouts if they alone are learnt."""
    config, machine = trainees.config, trainees.machine
    size, count = config.data.size, config.training.val_count
    if trainees.layout_alone:
        faces = {"val": fixed_faces(val_store, size, count), "train": fixed_faces(store, size, count)}
        return partial(validate_layout, faces=faces, machine=machine)
    return partial(validate, val=val_faces(val_store, size, count, val_metrics(config)), machine=machine)


def val_metrics(config: Config) -> dict[str, Metric]:
    """SSIM where scikit-image is installed, LPIPS where the config names the folder of its weights."""
    metrics: dict[str, Metric] = {}
    if importlib.util.find_spec("skimage") is not None:
        metrics["ssim"] = ssim
    if config.training.lpips:
        metrics["lpips"] = Lpips(load_distance(Path(config.training.lpips)))
    return metrics
