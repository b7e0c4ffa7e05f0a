"""Filling many photos: several workers, one bad file never stops the rest, resumed where it stopped."""

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inlay.data.manifest import Job
from inlay.errors import UserError
from inlay.files import whole_file
from inlay.inference.filler import FillSettings, Worker

__all__ = ["Outcome", "run_batch", "write_report"]

JOURNAL = ".inlay-done.jsonl"
"""In each output folder: a line for each result, with a fingerprint of what it was made from."""


@dataclass(frozen=True)
class Outcome:
    """What became of a job: `state` is done, skipped (by resume) or failed; `message` says more."""

    job: Job
    state: str
    message: str = ""
    seconds: float = 0.0


_WORKER: Worker | None = None


def _start(settings: FillSettings, threads: int) -> None:
    """Load the model once a process."""
    import torch

    global _WORKER
    torch.set_num_threads(threads)
    _WORKER = Worker(settings)


def _work(job: Job) -> Outcome:
    assert _WORKER is not None
    return attempt(_WORKER, job)


def attempt(worker: Worker, job: Job) -> Outcome:
    """Do a job; whatever a file does, the answer is an outcome."""
    try:
        job.output.parent.mkdir(parents=True, exist_ok=True)
        result = worker(job)
    except UserError as error:
        named = any(
            str(path) in str(error) for path in (job.image, job.hole, job.layout, job.style_from) if path
        )
        return Outcome(job, "failed", str(error) if named else f"{job.image}: {error}")
    except Exception as error:
        return Outcome(job, "failed", f"{job.image}: {type(error).__name__}: {error}")
    return Outcome(job, "done", "; ".join(result.notes), result.seconds)


def run_batch(
    jobs: Sequence[Job],
    settings: FillSettings,
    *,
    workers: int = 1,
    threads: int = 1,
    resume: bool = False,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Do all jobs, in any order; the outcomes come in the order of the jobs.

    With `resume`, results that lie there already, made from the same files with the same settings, are
    skipped. Each result appears whole or not at all, so a batch may be killed at any time.
    """
    outcomes: dict[Job, Outcome] = {}
    prints = {job: fingerprint(job, settings) for job in jobs}
    journal = _read_journals({job.output.parent for job in jobs}) if resume else {}
    todo = []
    for job in jobs:
        if journal.get(str(job.output.absolute())) == prints[job] and job.output.is_file():
            outcomes[job] = Outcome(job, "skipped")
            progress(outcomes[job])
        else:
            todo.append(job)
    for outcome in _outcomes(todo, settings, workers, threads):
        outcomes[outcome.job] = outcome
        if outcome.state == "done":
            _note(outcome.job.output, prints[outcome.job])
        progress(outcome)
    return [outcomes[job] for job in jobs]


def _outcomes(jobs: list[Job], settings: FillSettings, workers: int, threads: int) -> Iterator[Outcome]:
    if not jobs:
        return
    if workers == 1:
        worker = Worker(settings)
        for job in jobs:
            yield attempt(worker, job)
        return
    waiting = list(reversed(jobs))
    while waiting:
        suspects: list[Job] = []
        yield from _pool(waiting, suspects, settings, min(workers, len(waiting)), threads)
        # A process died with some jobs in flight: alone, each shows whether it was the one.
        for job in suspects:
            guilty: list[Job] = []
            yield from _pool([job], guilty, settings, 1, threads)
            if guilty:
                yield Outcome(job, "failed", f"{job.image}: the worker process died on it")


def _pool(
    waiting: list[Job], suspects: list[Job], settings: FillSettings, workers: int, threads: int
) -> Iterator[Outcome]:
    """Work through `waiting`; when a process dies, the jobs in flight become suspects and the pool ends."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (settings, threads)) as pool:
        running: dict[Future[Outcome], Job] = {}
        while running or (waiting and not suspects):
            while waiting and not suspects and len(running) < 2 * workers:
                job = waiting.pop()
                try:
                    running[pool.submit(_work, job)] = job
                except BrokenProcessPool:
                    suspects.append(job)
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                job = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    suspects.append(job)


def fingerprint(job: Job, settings: FillSettings) -> str:
    """What a result depends on: the files' names, sizes and times, and the settings."""
    files = []
    for path in (job.image, job.hole, job.layout, job.style_from):
        try:
            state = None if path is None else (str(path), path.stat().st_size, path.stat().st_mtime_ns)
        except OSError:
            state = (str(path), -1, -1)
        files.append(state)
    return hashlib.sha256(json.dumps([files, settings.as_json()], default=str).encode()).hexdigest()


def _read_journals(folders: set[Path]) -> dict[str, str]:
    done: dict[str, str] = {}
    for folder in folders:
        path = folder / JOURNAL
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                done[str((folder / entry["output"]).absolute())] = entry["fingerprint"]
            except (ValueError, KeyError, TypeError):
                continue  # the line that was being written when the batch was killed
    return done


def _note(output: Path, print_: str) -> None:
    line = json.dumps({"output": output.name, "fingerprint": print_})
    with (output.parent / JOURNAL).open("a", encoding="utf-8") as journal:
        journal.write(f"\n{line}\n" if journal.tell() else f"{line}\n")


def write_report(path: Path, outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """Write what became of each job as JSON; returns the summary."""
    counts = {state: sum(o.state == state for o in outcomes) for state in ("done", "skipped", "failed")}
    lines = [
        {key: None if value is None else str(value) for key, value in asdict(o.job).items()}
        | {"state": o.state, "message": o.message, "seconds": round(o.seconds, 3)}
        for o in outcomes
    ]
    summary: dict[str, Any] = {"count": len(outcomes), **counts, "seconds": round(seconds, 1)}
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(summary | {"jobs": lines}, indent=1) + "\n", encoding="utf-8")
    return summary
