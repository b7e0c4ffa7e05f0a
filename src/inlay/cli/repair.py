"""`inlay repair`: find the damage of old photos and fill it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inlay.cli.damage import SensitivityOption
from inlay.cli.fill_many import EngineName, FormatName, Sources
from inlay.cli.fill_told import sheet_of, tell
from inlay.cli.options import DeviceOption, OverwriteOption, PrecisionOption, files_of_model, picture_output
from inlay.cli.photo_options import (
    LOOKS,
    MANY,
    AddressOption,
    EngineOption,
    FaceOption,
    FormatOption,
    ManyOptions,
    MetadataName,
    MetadataOption,
    PhotoArgument,
    PhotoModelOption,
    QualityOption,
    RecursiveOption,
    ReportOption,
    ResumeOption,
    SheetOption,
    ThreadsOption,
    WorkersOption,
    face_words,
    option,
    place,
)
from inlay.data.manifest import Job, distinct, reads_of
from inlay.errors import UserError, enough_memory
from inlay.files import Named, keep_inputs

if TYPE_CHECKING:
    from inlay.jobs.worker import FillSettings

__all__ = ["repair"]


def repair(
    image: PhotoArgument = None,
    output: Annotated[
        Path | None, option("The result, or a folder (default: NAME.repaired.png).", "--output", "-o")
    ] = None,
    sensitivity: SensitivityOption = 0.5,
    review: Annotated[
        Path | None, option("Also write what was found as a mask, to be corrected for `inlay fill --hole`.")
    ] = None,
    face: FaceOption = None,
    tones: Annotated[
        bool,
        typer.Option(
            "--tones",
            help="Also stretch the levels of each colour to the full range: fading, casts and sepia go.",
            rich_help_panel=LOOKS,
        ),
    ] = False,
    sheet: SheetOption = None,
    overwrite: OverwriteOption = False,
    file_format: FormatOption = FormatName.PNG,
    quality: QualityOption = None,
    metadata: MetadataOption = MetadataName.KEEP,
    manifest: Annotated[
        Path | None, option("A .csv or .jsonl with columns image, layout, output.", panel=MANY)
    ] = None,
    recursive: RecursiveOption = False,
    resume: ResumeOption = False,
    report: ReportOption = None,
    workers: WorkersOption = 1,
    engine: EngineOption = EngineName.PROCESSES,
    address: AddressOption = None,
    model: PhotoModelOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Find the damage of an old photo, or of many, and fill it. A photo without damage stays as it is."""
    started = time.perf_counter()
    from inlay.jobs.worker import FillSettings
    from inlay.stored import Saving

    settings = FillSettings(
        model=None if model is None else str(model),
        device=device,
        precision=precision,
        threads=threads,
        faces=face_words(face),
        saving=Saving(quality, metadata.value),
        sensitivity=sensitivity,
        tones=tones,
    )
    sources = Sources(
        place(image), None, None, None, place(output), place(manifest), recursive=recursive, find=True
    )
    others: Named = {"the model": files_of_model(model), "the manifest": sources.manifest}
    many = ManyOptions(recursive, resume, report, workers, engine, address)
    if sources.many:
        single = {"--review": review, "--sheet": sheet}
        many.run(sources, settings, file_format, started, others=others, single=single, overwrite=overwrite)
        return
    many.refuse()
    job = _job(sources, file_format)
    keep_inputs({**reads_of([job]), **others}, {"--output": job.output, "--review": review, "--sheet": sheet})
    for path in (job.output, review, sheet):
        if path is not None:
            picture_output(path, overwrite=overwrite)  # type: ignore[arg-type]
    settings.saving.check(job.output)  # type: ignore[arg-type]
    _one(job, settings, review, sheet, started, named=output is not None)


def _job(sources: Sources, form: FormatName) -> Job:
    """One photo and where its result goes."""
    image, _, output = sources.paths
    if image is None:
        raise UserError(
            "a photo is needed: inlay repair IMAGE, or --manifest FILE (see: inlay repair --help)"
        )
    (job,) = distinct(
        [Job(image, None, output or image.with_name(f"{image.stem}.repaired{form.suffix(image)}"))]
    )
    return job


def _one(
    job: Job,
    settings: "FillSettings",
    review: Path | None,
    sheet: Path | None,
    started: float,
    *,
    named: bool,
) -> None:
    """Repair one photo and say what was done; a clean one keeps its format where no result was named."""
    from inlay.images import is_written, open_picture, write_picture
    from inlay.jobs.worker import Worker
    from inlay.repair.damaged import mask_picture

    assert isinstance(job.output, Path)
    assert isinstance(job.image, Path)
    target, worker = job.output, Worker(settings)
    with enough_memory(job.image):
        result = worker.fill(job)
        kept = not result.hole.any() and not settings.changes_all
        if kept and not named and is_written(job.image.suffix):
            target = target.with_suffix(job.image.suffix)
        worker.write(target, result, job.image)
    if review is not None:
        write_picture(review, mask_picture(result.hole))
    if sheet is not None:
        shown = sheet_of(open_picture(job.image), result, worker.inpainter.labels, found=True)
        write_picture(sheet, shown)
    if result.hole.any():
        tell(result, [target], sheet, started, settings.saving.quality)
    else:
        for note in result.notes:
            typer.echo(str(note), err=True)
        what = "the photo is left as it is" if kept else "nothing is filled, and the photo written anew"
        typer.echo(f"{what}, {time.perf_counter() - started:.1f} s: {target}")
    if review is not None:
        typer.echo(f"mask: {review}")
