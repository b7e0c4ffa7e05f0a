"""`inlay fill` of a folder or a manifest."""

import time
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inlay.data.listing import Listing, left_out, list_folder
from inlay.data.manifest import FORMATS, Job, distinct, jobs_of_folder, read_manifest
from inlay.errors import UserError
from inlay.files import check_output
from inlay.places import Place, Url

if TYPE_CHECKING:
    from inlay.jobs.batch import Engine
    from inlay.jobs.worker import FillSettings

__all__ = ["EngineName", "FormatName", "Sources", "fill_many"]


class FormatName(StrEnum):
    """The format of results whose names are made here."""

    PNG = "png"
    JPG = "jpg"
    WEBP = "webp"
    TIFF = "tiff"
    SAME = "same"

    def suffix(self, photo: Path) -> str:
        """The suffix of a photo's result."""
        from inlay.images import is_written

        return FORMATS.get(self.value, photo.suffix if is_written(photo.suffix) else ".png")


class EngineName(StrEnum):
    """What runs a batch."""

    PROCESSES = "processes"
    RAY = "ray"

    def build(self, workers: int, address: str | None) -> "Engine":
        """The engine of so many workers."""
        if self is EngineName.RAY:
            from inlay.jobs.ray_engine import RayEngine

            return RayEngine(workers, address)
        from inlay.jobs.processes import Processes

        if address is not None:
            raise UserError(f"--address {address}: goes with --engine ray")
        return Processes(workers)


@dataclass(frozen=True)
class Sources:
    """What a person named: one photo, a folder, or a manifest; with `find` the hole is looked for."""

    image: Place | None
    hole: Place | None
    layout: Place | None
    style_from: Place | None
    output: Place | None
    manifest: Place | None
    recursive: bool = field(default=False, kw_only=True)
    find: bool = field(default=False, kw_only=True)

    @property
    def many(self) -> bool:
        """Whether it is a batch; what lies elsewhere is one, if only of one photo."""
        remote = any(isinstance(place, Url) for place in (self.image, self.hole, self.output))
        return self.manifest is not None or remote or (self.image is not None and self.image.is_dir())

    @property
    def paths(self) -> tuple[Path | None, Path | None, Path | None]:
        """Photo, hole and result of what is no batch, which lie here."""
        here = (self.image, self.hole, self.output)
        assert not any(isinstance(place, Url) for place in here)
        return self.image, self.hole, self.output  # type: ignore[return-value]

    def jobs(self, form: FormatName) -> list[Job]:
        """The jobs of a folder or of a manifest."""
        if self.manifest is not None:
            if self.image is not None or self.hole is not None:
                raise UserError("--manifest names images and holes itself; leave IMAGE and --hole away")
            return read_manifest(self.manifest, self.output, form.value, find=self.find)
        if self.image is None or self.output is None or (self.hole is None and not self.find):
            needed = "--output" if self.find else "--hole (a folder or one file) and --output"
            raise UserError(f"{self.image}: a folder or a URL needs {needed}")
        if self.image.is_dir():
            jobs = jobs_of_folder(self.image, self.hole, self.output, self.layout, form.value, self.recursive)
            return distinct([replace(job, style_from=self.style_from) for job in jobs])
        return distinct([Job(self.image, self.hole, self.output, self.layout, self.style_from)])

    def left_out(self) -> Listing:
        """What of a folder of photos is no photo that can be read."""
        if self.manifest is not None or self.image is None or not self.image.is_dir():
            return Listing()
        return list_folder(self.image, self.recursive, (self.hole, self.layout, self.output))


@dataclass(frozen=True)
class Batch:
    """How a batch runs, beside how photos are filled."""

    engine: "Engine"
    resume: bool = False
    overwrite: bool = False
    report: Path | None = None


def fill_many(
    jobs: list[Job], settings: "FillSettings", batch: Batch, passed: Listing, started: float
) -> None:
    """Fill many photos with a progress bar; status 1 if any failed or was left."""
    from rich.console import Console
    from rich.progress import Progress

    from inlay.jobs.batch import Outcome, run_batch, write_report

    if batch.report is not None:
        check_output(batch.report)
    if told := left_out(passed):
        typer.echo(told, err=True)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("filling", total=len(jobs))

        def advance(outcome: Outcome) -> None:
            bar.advance(task)
            if outcome.state == "failed":
                bar.console.print(f"failed: {outcome.message}", markup=False, soft_wrap=True)

        outcomes = run_batch(
            jobs,
            settings,
            engine=batch.engine,
            resume=batch.resume,
            overwrite=batch.overwrite,
            progress=advance,
        )
    seconds = time.perf_counter() - started
    counts = {
        state: sum(o.state == state for o in outcomes) for state in ("done", "skipped", "failed", "left")
    }
    counts["not read"] = len(passed.unread)
    left = [outcome for outcome in outcomes if outcome.state == "left"]
    if left:
        typer.echo(f"stopped: {left[0].message}; mend it and go on with --resume", err=True)
    shown = [
        f"{count} {what}" for what, count in counts.items() if count or what in ("done", "skipped", "failed")
    ]
    typer.echo(f"{', '.join(shown)}, {seconds:.1f} s")
    if batch.report is not None:
        write_report(batch.report, outcomes, seconds, passed.unread)
    if counts["failed"] or left:
        raise typer.Exit(1)
