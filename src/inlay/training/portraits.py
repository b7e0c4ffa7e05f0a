"""Training of the inpainting model, its layout predictor and its discriminator, as one task."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from inlay.batch import Batch
from inlay.checkpoint import save_snapshot
from inlay.config import Config
from inlay.training.grid import draw_grid
from inlay.training.logger import RunLog
from inlay.training.machine import Machine
from inlay.training.objective import Terms, build_objective
from inlay.training.setup import build_measure, check_division, label_set, open_stores, training_stream
from inlay.training.steps import discriminator_step, draw, generator_step
from inlay.training.trainees import Trainees
from inlay.training.validate import Measured

__all__ = ["PortraitTask"]


class PortraitTask:
    """A `Task` (see `inlay.training.watch`): holes are filled, under true and predicted layouts."""

    def __init__(self, config: Config, data: Path, cache: Path, machine: Machine, log: RunLog) -> None:
        check_division(config, machine)
        self.config, self.machine, self.labels = config, machine, label_set(config)
        with machine.first_one_first():
            store, val_store = open_stores(config, data, self.labels, cache, log)
        self.names = store.stems
        self.stream = training_stream(config, store, self.labels)
        shares = store.class_shares(len(self.labels))
        self.objective = build_objective(config.loss, self.labels, shares, machine.device)
        self.trainees = Trainees(config, self.labels, machine)
        self._measure = build_measure(self.trainees, store, val_store)
        self.start_from, self.set_rates = self.trainees.start_from, self.trainees.set_rates
        self.state_dict, self.load_state_dict = self.trainees.state_dict, self.trainees.load_state_dict

    def step(self, batch: Batch, faces: int) -> tuple[bool, Terms]:
        """Improve the generator, follow it by its average, improve the discriminator."""
        settings, adversarial, trainees = self.config.training, self.config.loss.adversarial, self.trainees
        batch_size = self.config.schedule.batch_size
        share = settings.predicted_layout_share if faces >= settings.predicted_layout_from else 0.0
        draws = draw(settings.seed, faces, batch_size, share, self.machine)
        finite, terms, drawn = generator_step(trainees, self.objective, batch, draws)
        if finite:
            trainees.average.update(trainees.generator, faces // batch_size)
        else:
            trainees.average.give_back_buffers(trainees.generator)
        if trainees.discriminator is not None:
            penalise = adversarial.r1 > 0 and faces // batch_size % adversarial.r1_every == 0
            judged, more = discriminator_step(
                trainees, self.objective, batch, drawn, draws, penalise=penalise
            )
            finite, terms = finite and judged, {**terms, **more}
        return finite, terms

    def measure(self) -> Measured:
        """Fill val faces, or predict layouts where they alone are learnt."""
        return self._measure(self.trainees.average.network)

    def sheet(self, measured: Measured) -> UInt8[np.ndarray, "h w 3"] | None:
        """The filled val faces."""
        return None if measured.shown is None else draw_grid(measured.shown, self.labels)

    def write(self, folder: Path, info: dict[str, Any]) -> None:
        """Write a snapshot folder."""
        network = self.trainees.average.network
        save_snapshot(
            folder, model=network.model, layout=network.layout, config=self.config, labels=self.labels,
            info=info,
        )  # fmt: skip
