"""The training loop: set-up, then step after step until the run is long enough.

Everything random comes from (seed, position): a run that was interrupted and started again with the same command
ends with the same weights, bit for bit, as one that was left alone.
"""

import contextlib
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import nn

from inlay.batch import Batch
from inlay.checkpoint import load_state, save_snapshot, save_state
from inlay.config import Config, HoleConfig, ScheduleConfig
from inlay.data.folder import list_pairs, read_stems
from inlay.data.holes import FreeForm, frozen_holes
from inlay.data.loader import FaceStore, SampleStream, open_store, training_batches
from inlay.data.transforms import Augmentation
from inlay.errors import UserError
from inlay.images import from_tensor, to_tensor
from inlay.labels import CELEBAMASK_HQ, LabelSet
from inlay.model import InpaintingModel, build_layout_predictor, build_model
from inlay.networks.layout import LayoutPredictor
from inlay.training.ema import MovingAverage
from inlay.training.logger import RunLog, save_grid
from inlay.training.steps import objective

__all__ = ["learning_rate", "train"]

STATE, SNAPSHOT = "state.pt", "snapshot"
MIN_HOLE, MAX_HOLE = 0.01, 0.2


class Trainees(nn.Module):
    """The two networks that a run trains, under one roof."""

    def __init__(self, model: InpaintingModel, layout: LayoutPredictor) -> None:
        super().__init__()
        self.model = model
        self.layout = layout


def train(config: Config, *, data: Path, run: Path, cache: Path, stop_at: int | None = None) -> None:
    """Train into the run folder, or go on where it stopped; `stop_at` ends early, at so many faces."""
    schedule, settings, size = config.schedule, config.training, (config.data.size, config.data.size)
    labels = CELEBAMASK_HQ if config.data.labels == "celebamask-hq" else LabelSet.from_toml(Path(config.data.labels))
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text(json.dumps(config.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")
    log = RunLog(run, Console())

    stored = (config.data.stored_size, config.data.stored_size)
    store = _store(data, "train.txt", stored, labels, cache, log)
    val = val_batch(data, size, labels, cache, settings.val_count, log)
    stream = SampleStream(
        store, size, labels, holes=training_holes(config.data.holes),
        augmentation=Augmentation() if config.data.augment else Augmentation(flip=0, warp=0, jitter=0),
        seed=settings.seed,
    )  # fmt: skip

    torch.manual_seed(settings.seed)
    trainees = Trainees(build_model(config.model, labels), build_layout_predictor(config, labels))
    trainees.to(memory_format=torch.channels_last)
    average = MovingAverage(trainees, settings.ema)
    optimizer = torch.optim.Adam(trainees.parameters(), lr=schedule.learning_rate, betas=schedule.betas)
    faces = 0
    if (run / STATE).is_file():
        state = load_state(run / STATE)
        faces = state["faces"]
        trainees.load_state_dict(state["trainees"])
        average.network.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        log.write({"event": "resumed", "faces": faces})

    end = min(schedule.faces, stop_at or schedule.faces)
    batches = training_batches(
        stream, start=faces, stop=schedule.faces, batch_size=schedule.batch_size, workers=settings.workers
    )
    logged, started, sums = faces, time.perf_counter(), dict[str, float]()
    for batch in batches:
        if faces >= end:
            break
        before = faces
        optimizer.param_groups[0]["lr"] = learning_rate(schedule, faces)
        predicted_share = settings.predicted_layout_share if faces >= settings.predicted_layout_from else 0.0
        with autocast(settings.precision):
            total, terms = objective(
                trainees.model, trainees.layout, batch, config.loss, predicted_share=predicted_share,
                generator=torch.Generator().manual_seed(_step_seed(settings.seed, faces)),
            )  # fmt: skip
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        norm = nn.utils.clip_grad_norm_(trainees.parameters(), schedule.clip)
        if torch.isfinite(norm):
            optimizer.step()
            average.update(trainees, faces // schedule.batch_size)
        else:
            log.write({"event": "skipped a step: gradient not finite", "faces": faces})
        faces += schedule.batch_size

        for name, value in {**terms, "grad_norm": float(norm)}.items():
            sums[name] = sums.get(name, 0.0) + value * schedule.batch_size
        if _crossed(before, faces, settings.log_faces):
            seconds = time.perf_counter() - started
            means = {name: value / (faces - logged) for name, value in sums.items()}
            log.write({"faces": faces, **means, "faces_per_second": (faces - logged) / seconds})
            logged, started, sums = faces, time.perf_counter(), {}
        last = faces >= end
        if last or _crossed(before, faces, settings.grid_faces):
            log.write({"faces": faces, **_validate(average, val, labels, settings.precision, run, faces)})
        if last or _crossed(before, faces, settings.save_faces):
            save_state(run / STATE, _state(faces, trainees, average, optimizer))
            averaged = average.network
            save_snapshot(
                run / SNAPSHOT, model=averaged.model, layout=averaged.layout, config=config, labels=labels,
                info={"faces": faces},
            )  # fmt: skip


def learning_rate(schedule: ScheduleConfig, faces: int) -> float:
    """Linear warm-up, constant, and half a cosine down to 0 over the last part of the run."""
    warm = min(1.0, (faces + schedule.batch_size) / max(1, schedule.warmup_faces))
    left = (schedule.faces - faces) / max(1.0, schedule.decay_share * schedule.faces)
    return schedule.learning_rate * warm * (0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, left))))


def autocast(precision: str) -> contextlib.AbstractContextManager[Any]:
    """The forward pass's precision."""
    return torch.autocast("cpu", dtype=torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def training_holes(kinds: list[HoleConfig]) -> list[tuple[float, FreeForm | None]]:
    """Shares and forms of the training holes."""
    forms = {"scaled": FreeForm, "released": FreeForm.released}
    return [(k.share, None if k.kind == "none" else forms[k.kind](k.low, k.high)) for k in kinds]


def val_batch(data: Path, size: tuple[int, int], labels: LabelSet, cache: Path, count: int, log: RunLog) -> Batch:
    """The first val faces under frozen holes of their own."""
    faces = _store(data, "val.txt", size, labels, cache, log)
    count = min(count, len(faces))
    holes = frozen_holes(0, count, size, FreeForm(MIN_HOLE, MAX_HOLE))
    return Batch(
        to_tensor(faces.images[:count]),
        torch.from_numpy(faces.labels[:count].astype(np.int64)),
        torch.from_numpy(holes)[:, None].float(),
    )


@torch.no_grad()
def _validate(
    average: MovingAverage, val: Batch, labels: LabelSet, precision: str, run: Path, faces: int
) -> dict[str, float]:
    """PSNR of the composites under the true and the predicted layout, the layout's accuracy, and a grid."""
    networks, hole = average.network, val.hole[:, 0] > 0
    figures, truth = dict[str, float](), from_tensor(val.image).astype(np.float64)
    with autocast(precision):
        predicted = torch.cat([
            networks.layout.predict(val.image[i : i + 16], val.hole[i : i + 16]) for i in range(0, len(val), 16)
        ])  # fmt: skip
        for name, label in (("true", val.label), ("predicted", predicted)):
            given = val.with_label(label)
            parts = [_slice(given, i, i + 16) for i in range(0, len(val), 16)]
            filled = np.concatenate([from_tensor(networks.model.compose(p, networks.model(p))) for p in parts])
            error = ((filled - truth) ** 2).mean(axis=(1, 2, 3))
            figures[f"val_psnr_{name}"] = float(np.mean(10 * np.log10(255**2 / np.maximum(error, 1e-4))))
    right = (predicted == val.label).float()
    figures |= {"val_layout_hole": float(right[hole].mean()), "val_layout_known": float(right[~hole].mean())}
    shown = _slice(val, 0, 16)
    save_grid(run / f"grid-{faces:08d}.png", shown, predicted[:16].numpy(), filled[:16], labels)
    return figures


def _slice(batch: Batch, start: int, stop: int) -> Batch:
    return Batch(batch.image[start:stop], batch.label[start:stop], batch.hole[start:stop])


def _state(
    faces: int, trainees: nn.Module, average: MovingAverage, optimizer: torch.optim.Optimizer
) -> dict[str, Any]:
    return {
        "faces": faces,
        "trainees": trainees.state_dict(),
        "average": average.network.state_dict(),
        "optimizer": optimizer.state_dict(),
    }


def _store(data: Path, split: str, size: tuple[int, int], labels: LabelSet, cache: Path, log: RunLog) -> FaceStore:
    stems = read_stems(data / split) if (data / split).is_file() else None
    if stems is None and split != "train.txt":
        raise UserError(f"{data / split}: no such stems file; expected train.txt and val.txt beside images/ and labels/")
    pairs = list_pairs(data / "images", data / "labels", stems)
    return open_store(pairs, size, labels, cache)


def _crossed(before: int, after: int, every: int) -> bool:
    return before // every != after // every


def _step_seed(seed: int, faces: int) -> int:
    return int(np.random.SeedSequence((seed, 2, faces)).generate_state(1)[0])
