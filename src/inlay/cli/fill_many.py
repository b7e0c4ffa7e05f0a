"""`inlay fill` of a folder or a manifest."""

import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inlay.data.manifest import FORMATS, Job, jobs_of_folder, read_manifest
from inlay.errors import UserError
from inlay.files import check_output

if TYPE_CHECKING:
    from inlay.inference.filler import FillSettings

__all__ = ["FormatName", "fill_many", "jobs_of"]


class FormatName(StrEnum):
    """The format of results whose names are made here."""

    PNG = "png"
    JPG = "jpg"
    WEBP = "webp"
    TIFF = "tiff"
    SAME = "same"

    def suffix(self, photo: Path) -> str:
        """The suffix of a photo's result."""
        return FORMATS.get(self.value, photo.suffix)


def jobs_of(
    images: Path | None,
    hole: Path | None,
    layout: Path | None,
    style_from: Path | None,
    output: Path | None,
    manifest: Path | None,
    form: FormatName,
) -> list[Job]:
    """The jobs of a folder or of a manifest."""
    if manifest is not None:
        if images is not None or hole is not None:
            raise UserError("--manifest names images and holes itself; leave IMAGE and --hole away")
        return read_manifest(manifest, output, form.value)
    assert images is not None
    if hole is None or output is None:
        raise UserError(f"{images}: a folder needs --hole (a folder or one file) and --output (a folder)")
    jobs = jobs_of_folder(images, hole, output, layout, form.value)
    return [replace(job, style_from=style_from) for job in jobs]


def fill_many(
    jobs: list[Job],
    settings: "FillSettings",
    workers: int,
    resume: bool,
    report: Path | None,
    started: float,
) -> None:
    """Fill many photos with a progress bar; status 1 if any failed."""
    from rich.console import Console
    from rich.progress import Progress

    from inlay.inference.batch import Outcome, run_batch, write_report

    if report is not None:
        check_output(report)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("filling", total=len(jobs))

        def advance(outcome: Outcome) -> None:
            bar.advance(task)
            if outcome.state == "failed":
                bar.console.print(f"failed: {outcome.message}", markup=False, soft_wrap=True)

        outcomes = run_batch(jobs, settings, workers=workers, resume=resume, progress=advance)
    seconds = time.perf_counter() - started
    counts = {state: sum(o.state == state for o in outcomes) for state in ("done", "skipped", "failed")}
    if report is not None:
        write_report(report, outcomes, seconds)
    typer.echo(", ".join(f"{count} {state}" for state, count in counts.items()) + f", {seconds:.1f} s")
    if counts["failed"]:
        raise typer.Exit(1)
