"""The training loop: set-up, then step after step until the run is long enough.

Everything random comes from (seed, position): a run that was interrupted and started again with the same
command ends with the same weights, bit for bit, as one that was left alone.
"""

import time
from pathlib import Path

import torch
from rich.console import Console

from inlay.config import Config
from inlay.data.loader import training_batches
from inlay.training.guard import BadSteps, StopSignal
from inlay.training.logger import Meter, RunLog
from inlay.training.machine import Machine
from inlay.training.objective import build_objective
from inlay.training.run_folder import RunFolder
from inlay.training.schedule import crossed, run_length
from inlay.training.setup import build_measure, check_division, label_set, open_stores, training_stream
from inlay.training.steps import discriminator_step, draw, generator_step
from inlay.training.trainees import Trainees
from inlay.training.watch import Watch

__all__ = ["train"]


def train(config: Config, *, data: Path, run: Path, cache: Path, stop_at: int | None = None) -> None:
    """Train into the run folder, or go on where it stopped; `stop_at` ends early, at so many faces."""
    schedule, settings, batch_size = config.schedule, config.training, config.schedule.batch_size
    adversarial, labels, end = config.loss.adversarial, label_set(config), run_length(schedule, stop_at)
    machine = Machine(settings.precision)
    check_division(config, machine)
    with (
        RunFolder(run, config, writes=machine.main) as folder,
        RunLog(run if machine.main else None, Console(), faces=end, tensorboard=settings.tensorboard) as log,
        StopSignal() as stop,
    ):
        changes = [f"settings changed: {change}" for change in folder.write_config()]
        for event in (*machine.cautions, *changes):
            log.write({"event": event})
        with machine.first_one_first():
            store, val_store = open_stores(config, data, labels, cache, log)
        stream = training_stream(config, store, labels)
        objective = build_objective(config.loss, labels, store.class_shares(len(labels)), machine.device)
        trainees = Trainees(config, labels, machine)
        watch = Watch(build_measure(trainees, store, val_store), labels, folder, log)
        faces, bad = 0, BadSteps(settings.bad_steps)
        if state := folder.load_latest():
            trainees.load_state_dict(state["trainees"])
            faces, bad = state["faces"], BadSteps(settings.bad_steps, **state["bad"])
            watch.best = state["best"] if (run / "best").is_dir() else watch.best
            log.write({"event": "resumed", "faces": faces})
        elif settings.start_from:
            trainees.start_from(settings.start_from)

        batches = training_batches(
            stream, start=faces, stop=end, batch_size=batch_size, workers=settings.workers,
            process=machine.index, processes=machine.processes, pin=machine.device.type == "cuda",
        )  # fmt: skip
        meter, asked = Meter(faces), time.perf_counter()
        for samples in batches:
            waited = time.perf_counter() - asked
            batch = samples.batch(machine.device)
            share = settings.predicted_layout_share if faces >= settings.predicted_layout_from else 0.0
            draws = draw(settings.seed, faces, batch_size, share, machine)
            rate = trainees.set_rates(faces)

            finite, terms, drawn = generator_step(trainees, objective, batch, draws)
            if finite:
                trainees.average.update(trainees.generator, faces // batch_size)
            else:
                trainees.average.give_back_buffers(trainees.generator)
            if trainees.discriminator is not None:
                penalise = adversarial.r1 > 0 and faces // batch_size % adversarial.r1_every == 0
                judged, more = discriminator_step(trainees, objective, batch, drawn, draws, penalise=penalise)
                finite, terms = finite and judged, {**terms, **more}

            before, faces = faces, faces + batch_size
            means = machine.mean(torch.stack(list(terms.values()))).tolist()
            meter.add({**dict(zip(terms, means, strict=True)), "learning_rate": rate}, waited)
            log.advance(faces)
            if not finite:
                log.write({"event": "skipped a step: loss or gradient not finite", "faces": faces})
            bad.count(finite, [store.stems[n] for n in samples.faces.tolist()])

            done = faces >= end
            stopped = machine.any(stop.asked)
            if crossed(before, faces, settings.log_faces) or done or stopped:
                log.write({"faces": faces, **meter.read(faces), "skipped_steps": bad.total})
            if machine.main and (crossed(before, faces, settings.grid_faces) or done):
                watch.look(trainees.average.network, faces)
            if machine.main and (crossed(before, faces, settings.save_faces) or done or stopped):
                folder.save_snapshot("snapshot", trainees.average.network, labels, {"faces": faces})
                folder.save_state(faces, trainees.state_dict(), watch.best, bad)
            if stopped:
                log.write({"event": "stopped by a signal; the same command goes on", "faces": faces})
                break
            asked = time.perf_counter()
    machine.close()
