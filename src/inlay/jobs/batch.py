"""Filling many photos: one bad file never stops the rest, resumed where it stopped."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from inlay.data.manifest import COLUMNS, Job
from inlay.files import whole_file
from inlay.jobs.journal import Journal, read_journals
from inlay.jobs.outcomes import Done, Outcome
from inlay.jobs.processes import Processes
from inlay.jobs.worker import FillSettings

__all__ = ["Engine", "Outcome", "run_batch", "write_report"]

Engine = Callable[[list[Job], Mapping[Job, str], FillSettings], Iterator[Done]]
"""What does jobs: it gets the fingerprints of results that an earlier run left, and skips what is equal."""

IN_THIS_PROCESS = Processes()


def run_batch(
    jobs: Sequence[Job],
    settings: FillSettings,
    *,
    engine: Engine = IN_THIS_PROCESS,
    resume: bool = False,
    progress: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Do all jobs, in any order; the outcomes come in the order of the jobs.

    With `resume`, results that lie there already, made from the same files with the same settings, are
    skipped. Each result appears whole or not at all, so a batch may be killed at any time.
    """
    outcomes: dict[Job, Outcome] = {}
    noted = read_journals({job.output.parent for job in jobs}) if resume else {}
    places = {job: str(job.output.absolute()) for job in jobs}
    known = {job: noted[place] for job, place in places.items() if place in noted}
    journal = Journal()
    try:
        for done in engine(list(jobs), known, settings):
            job = done.outcome.job
            if job in outcomes:
                continue  # a worker died before its answer was heard, and another did the same again
            outcomes[job] = done.outcome
            if done.outcome.state == "done":
                journal.note(job.output, done.fingerprint)
            progress(done.outcome)
    finally:
        journal.close()
    return [outcomes[job] for job in jobs]


def write_report(path: Path, outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """Write what became of each job as JSON; returns the summary."""
    counts = {state: sum(o.state == state for o in outcomes) for state in ("done", "skipped", "failed")}
    lines = [
        {name: getattr(o.job, name) and str(getattr(o.job, name)) for name in COLUMNS}
        | {"state": o.state, "message": o.message, "seconds": round(o.seconds, 3)}
        for o in outcomes
    ]
    summary: dict[str, Any] = {"count": len(outcomes), **counts, "seconds": round(seconds, 1)}
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(summary | {"jobs": lines}, indent=1) + "\n", encoding="utf-8")
    return summary
