"""The training loop: set-up, then step after step until the run is long enough.

Everything random comes from (seed, position): a run that was interrupted and started again with the same
command ends with the same weights, bit for bit, as one that was left alone.
"""

import time
from functools import partial
from pathlib import Path

import torch
from rich.console import Console

from inlay.config import Config, DamageConfig
from inlay.data.loader import training_batches
from inlay.training.damage import DamageTask
from inlay.training.guard import BadSteps, StopSignal
from inlay.training.logger import Meter, RunLog
from inlay.training.machine import Machine
from inlay.training.portraits import PortraitTask
from inlay.training.run_folder import RunFolder
from inlay.training.schedule import crossed, run_length
from inlay.training.watch import Task, Watch

__all__ = ["train"]


def train(
    config: Config | DamageConfig, *, data: Path, run: Path, cache: Path, stop_at: int | None = None
) -> None:
    """Train into the run folder, or go on where it stopped; `stop_at` ends early, at so many faces."""
    schedule, settings, batch_size = config.schedule, config.training, config.schedule.batch_size
    end = run_length(schedule, stop_at)
    machine = Machine(settings.precision)
    with (
        RunFolder(run, config, writes=machine.main) as folder,
        RunLog(run if machine.main else None, Console(), faces=end, tensorboard=settings.tensorboard) as log,
        StopSignal() as stop,
    ):
        changes = [f"settings changed: {change}" for change in folder.write_config()]
        for event in (*machine.cautions, *changes):
            log.write({"event": event})
        task: Task = (
            DamageTask(config, data, machine)
            if isinstance(config, DamageConfig)
            else PortraitTask(config, data, cache, machine, log)
        )
        watch = Watch(task, folder, log)
        faces, bad = 0, BadSteps(settings.bad_steps)
        if state := folder.load_latest():
            task.load_state_dict(state["trainees"])
            faces, bad = state["faces"], BadSteps(settings.bad_steps, **state["bad"])
            watch.best = state["best"] if (run / "best").is_dir() else watch.best
            log.write({"event": "resumed", "faces": faces})
        elif settings.start_from:
            task.start_from(settings.start_from)

        batches = training_batches(
            task.stream, start=faces, stop=end, batch_size=batch_size, workers=settings.workers,
            process=machine.index, processes=machine.processes, pin=machine.device.type == "cuda",
        )  # fmt: skip
        meter, asked = Meter(faces), time.perf_counter()
        for samples in batches:
            waited = time.perf_counter() - asked
            rate = task.set_rates(faces)
            finite, terms = task.step(samples.batch(machine.device), faces)

            before, faces = faces, faces + batch_size
            means = machine.mean(torch.stack(list(terms.values()))).tolist()
            meter.add({**dict(zip(terms, means, strict=True)), "learning_rate": rate}, waited)
            log.advance(faces)
            if not finite:
                log.write({"event": "skipped a step: loss or gradient not finite", "faces": faces})
            bad.count(finite, [task.names[n] for n in samples.faces.tolist()])

            done = faces >= end
            stopped = machine.any(stop.asked)
            if crossed(before, faces, settings.log_faces) or done or stopped:
                log.write({"faces": faces, **meter.read(faces), "skipped_steps": bad.total})
            if machine.main and (crossed(before, faces, settings.grid_faces) or done):
                watch.look(faces)
            if machine.main and (crossed(before, faces, settings.save_faces) or done or stopped):
                folder.save_snapshot("snapshot", partial(task.write, info={"faces": faces}))
                folder.save_state(faces, task.state_dict(), watch.best, bad)
            if stopped:
                log.write({"event": "stopped by a signal; the same command goes on", "faces": faces})
                break
            asked = time.perf_counter()
    machine.close()
