"""Filling many photos: one bad file never stops the rest, resumed where it stopped."""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from inlay.data.manifest import COLUMNS, Job
from inlay.errors import UserError
from inlay.files import resolved, whole_file
from inlay.jobs.journal import Journal, Made, read_journals
from inlay.jobs.outcomes import Done, Outcome
from inlay.jobs.processes import Processes
from inlay.jobs.worker import FillSettings

__all__ = ["Engine", "Outcome", "run_batch", "write_report"]

Engine = Callable[[list[Job], Mapping[Job, Made], FillSettings], Generator[Done, None, None]]
"""What does jobs: it gets what is known of results that an earlier run left, and skips what is equal."""

IN_THIS_PROCESS = Processes()


def run_batch(
    jobs: Sequence[Job],
    settings: FillSettings,
    *,
    engine: Engine = IN_THIS_PROCESS,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Do all jobs, in any order; the outcomes come in the order of the jobs.

    With `resume`, results that lie there already, made from the same files with the same settings, are
    skipped. Each result appears whole or not at all, so a batch may be killed at any time. Files that no
    batch made are not replaced without `overwrite`. Where a disk is full the batch stops; the rest is left.
    """
    outcomes: dict[Job, Outcome] = {}
    noted = read_journals({job.output.parent for job in jobs}) if resume else {}
    places = {job: resolved(job.output) for job in jobs}
    known = {
        job: noted[place] for job, place in places.items() if place in noted and noted[place].fingerprint
    }
    journal, stopped = Journal(), ""
    with journal.plan(jobs, overwrite), closing(engine(list(jobs), known, settings)) as stream:
        for done in stream:
            job = done.outcome.job
            if job in outcomes:
                continue  # a worker died before its answer was heard, and another did the same again
            outcomes[job] = done.outcome
            progress(done.outcome)
            stopped = done.outcome.message if done.disk_full else _noted(journal, done)
            if stopped:
                break
    stopped = stopped or _closed(journal)
    return [outcomes.get(job) or Outcome(job, "left", stopped) for job in jobs]


def _noted(journal: Journal, done: Done) -> str:
    """Note a result; why that is not possible, or nothing."""
    try:
        if done.outcome.state == "done":
            journal.note(done.outcome.job.output, done.made)
    except UserError as error:
        return str(error)
    return ""


def _closed(journal: Journal) -> str:
    try:
        journal.close()
    except UserError as error:
        return str(error)
    return ""


def write_report(
    path: Path, outcomes: Sequence[Outcome], seconds: float, unread: Sequence[str] = ()
) -> dict[str, Any]:
    """Write what became of each job as JSON; returns the summary. `unread` are files that are no photos."""
    counts = {state: sum(o.state == state for o in outcomes) for state in ("done", "skipped", "failed")}
    lines = [
        {name: getattr(o.job, name) and str(getattr(o.job, name)) for name in COLUMNS}
        | {"state": o.state, "message": o.message, "seconds": round(o.seconds, 3)}
        for o in outcomes
    ]
    summary: dict[str, Any] = {"count": len(outcomes), **counts, "seconds": round(seconds, 1)}
    if left := sum(o.state == "left" for o in outcomes):
        summary["left"] = left
    if unread:
        summary["not_read"] = list(unread)
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(summary | {"jobs": lines}, indent=1) + "\n", encoding="utf-8")
    return summary
