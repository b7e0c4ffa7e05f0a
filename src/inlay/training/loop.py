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
from inlay.training.grid import draw_grid, save_grid
from inlay.training.guard import BadSteps, StopSignal, explain_full_disk
from inlay.training.logger import Meter, RunLog
from inlay.training.machine import Machine
from inlay.training.objective import build_objective
from inlay.training.run_folder import RunFolder
from inlay.training.schedule import crossed, run_length
from inlay.training.setup import check_division, label_set, open_stores, training_stream, val_metrics
from inlay.training.steps import discriminator_step, draw, generator_step
from inlay.training.trainees import Trainees
from inlay.training.validate import best_by, val_faces, validate

__all__ = ["train"]


def train(config: Config, *, data: Path, run: Path, cache: Path, stop_at: int | None = None) -> None:
    """Train into the run folder, or go on where it stopped; `stop_at` ends early, at so many faces."""
    schedule, settings, size = config.schedule, config.training, (config.data.size, config.data.size)
    labels, end = label_set(config), run_length(config.schedule, stop_at)
    machine = Machine(settings.precision)
    check_division(config, machine)
    with (
        RunFolder(run, config, writes=machine.main) as folder,
        RunLog(run if machine.main else None, Console(), faces=end, tensorboard=settings.tensorboard) as log,
        StopSignal() as stop,
    ):
        for change in folder.write_config():
            log.write({"event": f"settings changed: {change}"})
        with machine.first_one_first():
            store, val_store = open_stores(config, data, labels, cache, log)
        val = val_faces(val_store, size, settings.val_count, val_metrics(config))
        stream = training_stream(config, store, labels)
        objective = build_objective(config.loss, labels, machine.device)
        trainees = Trainees(config, labels, machine)
        bad, faces, best = BadSteps(settings.bad_steps), 0, float("-inf")
        if state := folder.load_latest():
            trainees.load_state_dict(state["trainees"])
            faces, best = state["faces"], state["best"] if (run / "best").is_dir() else best
            bad = BadSteps(settings.bad_steps, **state["bad"])
            log.write({"event": "resumed", "faces": faces})

        batches = training_batches(
            stream, start=faces, stop=end, batch_size=schedule.batch_size, workers=settings.workers,
            process=machine.index, processes=machine.processes, pin=machine.device.type == "cuda",
        )  # fmt: skip
        meter, asked = Meter(faces), time.perf_counter()
        for samples in batches:
            waited, before = time.perf_counter() - asked, faces
            rate = trainees.set_rates(faces)
            predicted_share = (
                settings.predicted_layout_share if faces >= settings.predicted_layout_from else 0.0
            )
            draws = draw(settings.seed, faces, schedule.batch_size, predicted_share, machine)
            batch = samples.batch(machine.device)

            finite, terms, shown = generator_step(trainees, objective, batch, draws)
            if finite:
                trainees.average.update(trainees.generator, faces // schedule.batch_size)
            if trainees.discriminator is not None:
                penalise = config.loss.r1 > 0 and faces // schedule.batch_size % config.loss.r1_every == 0
                judged, more = discriminator_step(trainees, objective, batch, shown, penalise=penalise)
                finite, terms = finite and judged, {**terms, **more}
            faces += schedule.batch_size
            values = dict(zip(terms, machine.mean(torch.stack(list(terms.values()))).tolist(), strict=True))
            if not finite:
                log.write({"event": "skipped a step: loss or gradient not finite", "faces": faces})
            bad.count(finite, [store.stems[n] for n in samples.faces.tolist()])

            meter.add({**values, "learning_rate": rate}, waited)
            log.advance(faces)
            done = faces >= end
            last = machine.any(stop.asked) or done
            if crossed(before, faces, settings.log_faces) or last:
                log.write({"faces": faces, **meter.read(faces), "skipped_steps": bad.total})
            if machine.main and (crossed(before, faces, settings.grid_faces) or done):
                figures, faces_shown = validate(trainees.average.network, val, machine)
                sheet = draw_grid(faces_shown, labels)
                with explain_full_disk(run):
                    save_grid(run / f"grid-{faces:08d}.png", sheet)
                log.write({"faces": faces, **figures})
                log.show(sheet, faces)
                if best_by(figures) > best:
                    best = best_by(figures)
                    folder.save_snapshot(
                        "best", trainees.average.network, labels, {"faces": faces, **figures}
                    )
            if machine.main and (crossed(before, faces, settings.save_faces) or last):
                folder.save_snapshot("snapshot", trainees.average.network, labels, {"faces": faces})
                folder.save(
                    faces, {"faces": faces, "best": best, "bad": bad.state, "trainees": trainees.state_dict()}
                )
            if last:
                break
            asked = time.perf_counter()
        if stop.asked:
            log.write({"event": "stopped by a signal; the same command goes on", "faces": faces})
    machine.close()
