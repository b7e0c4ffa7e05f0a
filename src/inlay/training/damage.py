"""Training of the damage detector, as one task."""

import json
from pathlib import Path
from typing import Any

import torch

from inlay.batch import Batch
from inlay.config import DamageConfig, PicturesConfig
from inlay.damage.detector import DETECTOR, read_detector, save_detector
from inlay.data.damage.pieces import Pieces, read_pieces
from inlay.data.damage.stream import DamageStream, Pictures
from inlay.data.damage.synthesise import FAINT, LINE
from inlay.data.folder import read_stems
from inlay.data.loader import training_batches
from inlay.errors import UserError
from inlay.losses.damage import damage_loss
from inlay.networks.damage import DamageDetector
from inlay.training.ema import MovingAverage
from inlay.training.machine import Machine
from inlay.training.objective import Terms
from inlay.training.schedule import learning_rate
from inlay.training.steps import apply_gradient
from inlay.training.validate import CHUNK, Measured

__all__ = ["DamageTask"]

VAL_SEED = 99


class DamageTask:
    """A `Task` (see `inlay.training.watch`): damage is drawn on pictures and found again.

    A batch's `hole` is the damage, its `label` the kind of damage.
    """

    def __init__(self, config: DamageConfig, data: Path, machine: Machine) -> None:
        self.config, self.machine = config, machine
        if config.schedule.batch_size % machine.processes:
            raise UserError(
                f"schedule.batch_size = {config.schedule.batch_size} cannot be shared by "
                f"{machine.processes} processes; expected a multiple"
            )
        self.stream = self._stream(data, config.data.train, "train", config.training.seed)
        self.val = self._stream(data, config.data.val, "val", VAL_SEED)
        self.names = self.stream.names
        torch.manual_seed(config.training.seed)
        network = DamageDetector(widths=config.detector.widths).to(machine.device)
        if config.training.channels_last:
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network
        self.average = MovingAverage(network, config.training.ema)
        self.run = machine.prepare_network(network, compiled=config.training.compile)
        schedule = config.schedule
        self.optimizer = machine.prepare_optimizer(
            torch.optim.AdamW(
                network.parameters(),
                lr=schedule.learning_rate,
                betas=schedule.betas,
                weight_decay=schedule.weight_decay,
            )
        )

    def _stream(self, data: Path, sources: list[PicturesConfig], split: str, seed: int) -> DamageStream:
        settings = self.config.data
        if not sources:
            raise UserError(f"data.{split}: no pictures are named; give [[data.{split}]] tables with a path")
        opened = [
            (
                source.share,
                Pictures.open(
                    data / source.path,
                    read_stems(data / source.stems) if source.stems else None,
                    speckled=source.speckled,
                ),
            )
            for source in sources
        ]
        pieces: Pieces | None = None
        if settings.pieces:
            pieces = read_pieces(data / settings.pieces, held_out=split == "val")
        return DamageStream(opened, settings.size, pieces, damaged=settings.damaged, seed=seed)

    def start_from(self, snapshot: str) -> None:
        """Take over the weights of a file, or of a run's snapshot folder."""
        path = Path(snapshot)
        state = read_detector(path / DETECTOR if path.is_dir() else path)
        for network in (self.network, self.average.network):
            network.load_state_dict(state)

    def set_rates(self, faces: int) -> float:
        """Set the learning rate of a step."""
        rate = learning_rate(self.config.schedule, faces, self.config.schedule.learning_rate)
        self.optimizer.param_groups[0]["lr"] = rate
        return rate

    def step(self, batch: Batch, faces: int) -> tuple[bool, Terms]:
        """Improve the detector, and follow it by its average."""
        schedule = self.config.schedule
        logits = self.run(batch.image.contiguous(memory_format=torch.channels_last)).float()
        counted = (batch.label != FAINT)[:, None].float()
        total = damage_loss(logits, batch.hole, counted, clean_weight=self.config.loss.clean_weight)
        self.machine.backward(total)
        finite, norm = apply_gradient(self.machine, self.network, self.optimizer, total, schedule.clip)
        if finite:
            self.average.update(self.network, faces // schedule.batch_size)
        return finite, {"damage": total.detach(), "grad_norm": norm}

    @torch.no_grad()
    def measure(self) -> Measured:
        """Shares of val pixels at a logit of 0; the score is F1.

        `val_clean_found` is the share of pixels found in crops without any damage.
        """
        count = self.config.training.val_count
        found = dict.fromkeys(("right", "wrong", "missed", "line", "lines", "clean", "cleans"), 0.0)
        batches = training_batches(self.val, start=0, stop=count, batch_size=min(count, CHUNK), workers=0)
        for samples in batches:
            batch = samples.batch(self.machine.device)
            with self.machine.autocast():
                told = self.average.network(batch.image)[:, 0] > 0
            damaged, counted, lines = batch.hole[:, 0] > 0, batch.label != FAINT, batch.label == LINE
            clean = ~(batch.label > 0).flatten(1).any(dim=1)
            for name, part in {
                "right": told & damaged, "wrong": told & ~damaged & counted, "missed": ~told & damaged,
                "line": told & lines, "lines": lines, "clean": told[clean],
                "cleans": torch.ones_like(told[clean]),
            }.items():  # fmt: skip
                found[name] += float(part.sum())
        right, wrong, missed = (found[name] for name in ("right", "wrong", "missed"))
        f1 = 2 * right / max(1.0, 2 * right + wrong + missed)
        figures = {
            "val_f1": f1,
            "val_precision": right / max(1.0, right + wrong),
            "val_recall": right / max(1.0, right + missed),
            "val_line_recall": found["line"] / max(1.0, found["lines"]),
            "val_clean_found": found["clean"] / max(1.0, found["cleans"]),
        }
        return Measured(figures, f1)

    def sheet(self, measured: Measured) -> None:
        """None is drawn."""

    def write(self, folder: Path, info: dict[str, Any]) -> None:
        """Write the weights, with the settings and the figures as their metadata."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {"config": self.config.model_dump_json(), "info": json.dumps(info)}
        save_detector(self.average.network, folder / DETECTOR, told)

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimiser, and the gradient scaler, if any."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        parts = {
            "detector": self.network, "average": self.average.network, "optimizer": self.optimizer,
            "scaler": self.machine.scaler,
        }  # fmt: skip
        return {name: part for name, part in parts.items() if part is not None}
