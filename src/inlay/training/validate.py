"""The run's own figures: fixed val faces under frozen holes, filled by the moving-average weights."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image

from inlay.batch import Batch
from inlay.data.holes import FreeForm, frozen_holes
from inlay.data.store import FaceStore
from inlay.data.transforms import resize_pair
from inlay.evaluation.metrics.pixels import hole_psnr, psnr
from inlay.tensors import from_tensor, to_tensor
from inlay.training.grid import Shown, look_from_hole
from inlay.training.machine import Machine
from inlay.training.trainees import Generator

__all__ = ["Measured", "Metric", "ValFaces", "chunks", "fixed_faces", "val_faces", "validate"]

Metric = Callable[[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w 3"]], float]
"""Truth and result in, a figure out."""

MIN_HOLE, MAX_HOLE, CHUNK, GRID_FACES = 0.01, 0.2, 16, 16

SEED = 31_415_926
"""Of the watched holes, by which the best weights are chosen: not what `inlay holes` draws by itself."""


@dataclass(frozen=True)
class ValFaces:
    """The fixed faces, and which further metrics are taken of them by name."""

    batch: Batch
    metrics: dict[str, Metric]


@dataclass(frozen=True)
class Measured:
    """Figures by name, the score of these weights (more is better), and the faces of a sheet, if any."""

    figures: dict[str, float]
    score: float
    shown: Shown | None = None


def val_faces(store: FaceStore, size: int, count: int, metrics: dict[str, Metric]) -> ValFaces:
    """The first val faces under frozen holes of their own."""
    return ValFaces(fixed_faces(store, size, count), metrics)


def fixed_faces(store: FaceStore, size: int, count: int) -> Batch:
    """The first faces of a store at `size`, under frozen holes that depend on nothing else."""
    count = min(count, len(store))
    holes = frozen_holes(SEED, count, (size, size), FreeForm(MIN_HOLE, MAX_HOLE))
    images, labels = zip(
        *(
            resize_pair(Image.fromarray(store.images[n]), Image.fromarray(store.labels[n]), (size, size))
            for n in range(count)
        ),
        strict=True,
    )
    return Batch(
        to_tensor(np.stack(images)),
        torch.from_numpy(np.stack(labels).astype(np.int64)),
        torch.from_numpy(holes)[:, None].float(),
    )


@torch.no_grad()
def validate(generator: Generator, val: ValFaces, machine: Machine) -> Measured:
    """Figures of the composites under the true layout and the predicted one, and what a grid shows.

    `val_psnr_*` is the mean over pictures in dB, `val_layout_*` the share of pixels of the right class. The
    score is the PSNR as people will get it: under the predicted layout, where there is one.
    """
    batch, figures = val.batch, dict[str, float]()
    layouts = {"true": chunks(batch, machine.device)}
    if generator.layout is not None:
        with machine.autocast():
            layouts["predicted"] = [generator.layout.complete(part) for part in layouts["true"]]
        right = (torch.cat([part.label.cpu() for part in layouts["predicted"]]) == batch.label).float()
        hole = batch.hole[:, 0] > 0
        figures = {
            "val_layout_hole": float(right[hole].mean()),
            "val_layout_known": float(right[~hole].mean()),
        }
    for name, parts in layouts.items():
        shown = [_fill(generator, part, machine) for part in parts]
        truth, filled = from_tensor(batch.image), np.concatenate([part.composite for part in shown])
        figures |= _figures(truth, filled, batch.hole[:, 0].numpy().astype(np.uint8), name, val.metrics)
    return Measured(figures, figures.get("val_psnr_predicted", figures["val_psnr_true"]), shown[0])


def _fill(generator: Generator, part: Batch, machine: Machine) -> Shown:
    with machine.autocast():
        output = generator.model(part)
    return Shown(
        image=from_tensor(part.image),
        label=part.label.cpu().numpy(),
        hole=(part.hole[:, 0] > 0).cpu().numpy(),
        attention=look_from_hole(output.attention, part),
        raw=from_tensor(output.image),
        composite=from_tensor(generator.model.compose(part, output)),
    )


def _figures(
    truth: UInt8[np.ndarray, "n h w 3"],
    filled: UInt8[np.ndarray, "n h w 3"],
    hole: UInt8[np.ndarray, "n h w"],
    name: str,
    metrics: dict[str, Metric],
) -> dict[str, float]:
    values = {
        f"val_psnr_{name}": [psnr(t, f) for t, f in zip(truth, filled, strict=True)],
        f"val_hole_psnr_{name}": [hole_psnr(t, f, h) for t, f, h in zip(truth, filled, hole, strict=True)],
    }
    for metric, measure in metrics.items():
        values[f"val_{metric}_{name}"] = [measure(t, f) for t, f in zip(truth, filled, strict=True)]
    # A picture that came back without an error has no finite PSNR; 64 dB stands for it.
    return {key: float(np.mean(np.clip(each, None, 64.0))) for key, each in values.items()}


def chunks(batch: Batch, device: torch.device) -> list[Batch]:
    """Parts of a few faces each, on a device."""
    return [
        Batch(*(t[n : n + CHUNK].to(device) for t in (batch.image, batch.label, batch.hole)))
        for n in range(0, len(batch), CHUNK)
    ]
