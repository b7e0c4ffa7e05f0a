"""`inlay repair`: find the damage of old photos and fill it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inlay.cli.damage import SensitivityOption
from inlay.cli.fill import FILES, MACHINE, MANY, option, place
from inlay.cli.fill_many import Batch, EngineName, FormatName, Sources, fill_many
from inlay.cli.fill_told import tell
from inlay.cli.options import (
    DeviceOption,
    OverwriteOption,
    PrecisionOption,
    document_output,
    files_of_model,
    picture_output,
    refuse,
)
from inlay.data.manifest import Job, distinct, reads_of
from inlay.errors import UserError, enough_memory
from inlay.files import Named, keep_inputs

if TYPE_CHECKING:
    from inlay.jobs.worker import FillSettings

__all__ = ["repair"]


def repair(
    image: Annotated[
        Path | None,
        typer.Argument(help="The photo, of any size, or a folder of photos.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, option("The result, or a folder (default: NAME.repaired.png).", "--output", "-o")
    ] = None,
    sensitivity: SensitivityOption = 0.5,
    review: Annotated[
        Path | None, option("Also write what was found as a mask, to be corrected for `inlay fill --hole`.")
    ] = None,
    overwrite: OverwriteOption = False,
    file_format: Annotated[
        FormatName,
        typer.Option(
            "--format", help="Of results that inlay names; same: as the photo's.", rich_help_panel=FILES
        ),
    ] = FormatName.PNG,
    manifest: Annotated[
        Path | None, option("A .csv or .jsonl with columns image, layout, output.", panel=MANY)
    ] = None,
    recursive: Annotated[
        bool,
        typer.Option("--recursive", help="Also repair the photos of subfolders.", rich_help_panel=MANY),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Skip results of an earlier, equal run.", rich_help_panel=MANY)
    ] = False,
    report: Annotated[Path | None, option("Write what became of each file as JSON.", panel=MANY)] = None,
    workers: Annotated[
        int,
        typer.Option(help="Processes that repair a folder or a manifest.", min=1, rich_help_panel=MANY),
    ] = 1,
    engine: Annotated[
        EngineName,
        typer.Option(
            help="What runs them: processes of this machine, or Ray's actors.", rich_help_panel=MANY
        ),
    ] = EngineName.PROCESSES,
    address: Annotated[str | None, option("A Ray cluster, as auto or ray://HOST:10001.", panel=MANY)] = None,
    model: Annotated[
        Path | None, option("Model folder, or bundled, bundled-256, bundled-both.", panel=MACHINE)
    ] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    threads: Annotated[
        int | None, option("CPU threads for a photo (default: all cores).", panel=MACHINE, min=1)
    ] = None,
) -> None:
    """Find the damage of an old photo, or of many, and fill it. A photo without damage stays as it is."""
    started = time.perf_counter()
    from inlay.jobs.worker import FillSettings

    settings = FillSettings(
        model=None if model is None else str(model),
        device=device,
        precision=precision,
        threads=threads,
        sensitivity=sensitivity,
    )
    sources = Sources(
        place(image), None, None, None, place(output), place(manifest), recursive=recursive, find=True
    )
    others: Named = {"the model": files_of_model(model), "the manifest": sources.manifest}
    if sources.many:
        refuse({"--review": review}, "goes with one photo, not with a folder or a manifest")
        document_output(report)
        jobs = sources.jobs(file_format)
        keep_inputs({**reads_of(jobs), **others}, {"--output": [j.output for j in jobs], "--report": report})
        batch = Batch(engine.build(workers, address), resume, overwrite, report)
        fill_many(jobs, settings, batch, sources.left_out(), started)
        return
    many = {
        "--recursive": recursive, "--report": report, "--resume": resume, "--workers": workers > 1,
        "--engine": engine != EngineName.PROCESSES, "--address": address,
    }  # fmt: skip
    refuse(many, "goes with a folder or a manifest, not with one photo")
    photo, _, target = sources.paths
    if photo is None:
        raise UserError(
            "a photo is needed: inlay repair IMAGE, or --manifest FILE (see: inlay repair --help)"
        )
    named = target is not None
    target = target or photo.with_name(f"{photo.stem}.repaired{file_format.suffix(photo)}")
    (job,) = distinct([Job(photo, None, target)])
    keep_inputs({**reads_of([job]), **others}, {"--output": target, "--review": review})
    for path in (target, review):
        if path is not None:
            picture_output(path, overwrite=overwrite)
    _one(photo, job, settings, review, started, named=named)


def _one(
    photo: Path, job: Job, settings: "FillSettings", review: Path | None, started: float, *, named: bool
) -> None:
    """Repair one photo and say what was done; a clean one keeps its format where no result was named."""
    from inlay.images import is_written, write_picture
    from inlay.jobs.worker import Worker
    from inlay.repair.damaged import mask_picture

    assert isinstance(job.output, Path)
    target, worker = job.output, Worker(settings)
    with enough_memory(photo):
        result = worker.fill(job)
        if result.hole.any():
            worker.write(target, result)
        else:
            if not named and is_written(photo.suffix):
                target = target.with_suffix(photo.suffix)
            worker.keep(photo, target, result)
    if review is not None:
        write_picture(review, mask_picture(result.hole))
    if result.hole.any():
        tell(result, [target], None, started)
    else:
        for note in result.notes:
            typer.echo(str(note), err=True)
        seconds = time.perf_counter() - started
        typer.echo(f"the photo is left as it is, {seconds:.1f} s: {target}")
    if review is not None:
        typer.echo(f"mask: {review}")
