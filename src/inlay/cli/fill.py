"""`inlay fill`: repair a photo."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inlay.cli.fill_many import EngineName, FormatName, Sources
from inlay.cli.fill_told import sheet_of, tell
from inlay.cli.options import (
    DeviceOption,
    FitOption,
    MirrorOption,
    OverwriteOption,
    PrecisionOption,
    RefineOption,
    RefinePreset,
    RefinePresetOption,
    VggOption,
    WithoutOption,
    files_of_model,
    picture_output,
    step_names,
)
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

__all__ = ["fill"]

MOST_SEED = 2**63 - 1


class BeyondName(StrEnum):
    """What fills a hole, or a part of one, that lies on no face."""

    AUTO = "auto"
    SMOOTH = "smooth"
    BIHARMONIC = "biharmonic"
    REFUSE = "refuse"


def fill(
    image: PhotoArgument = None,
    hole: Annotated[
        Path | None,
        option(
            "Picture of the hole: white on black, paint on transparency, or a painted or erased "
            "copy of the photo; or a folder."
        ),
    ] = None,
    fit_hole: FitOption = False,
    output: Annotated[
        Path | None, option("The result, or a folder (default: NAME.filled.png).", "--output", "-o")
    ] = None,
    layout: Annotated[
        Path | None, option("Layout of the photo, as `inlay layout` writes it (default: predicted).")
    ] = None,
    face: FaceOption = None,
    widen: Annotated[
        bool, typer.Option("--widen", help="Also fill the damage's edge where the hole misses it.")
    ] = False,
    dilate: Annotated[int, typer.Option(help="Grow the hole by so many pixels.", min=0)] = 0,
    seed: Annotated[
        int,
        typer.Option(
            help="0: the likeliest layout; others draw other plausible ones.",
            min=0,
            max=MOST_SEED,
            rich_help_panel=LOOKS,
        ),
    ] = 0,
    candidates: Annotated[
        int, typer.Option(help="Write so many results, of successive seeds.", min=1, rich_help_panel=LOOKS)
    ] = 1,
    without: WithoutOption = None,
    strength: Annotated[
        float,
        typer.Option(
            help="1 takes the model's fill, 0 a smooth one, values between mix.",
            min=0,
            max=1,
            rich_help_panel=LOOKS,
        ),
    ] = 1.0,
    feather: Annotated[
        int,
        typer.Option(
            help="Match the fill's level to its rim only so many pixels inwards (0: everywhere).",
            min=0,
            rich_help_panel=LOOKS,
        ),
    ] = 0,
    beyond_face: Annotated[
        BeyondName, typer.Option(help="What fills a hole that lies on no face.", rich_help_panel=LOOKS)
    ] = BeyondName.AUTO,
    style_from: Annotated[
        Path | None, option("Take the style of its parts from this portrait.", panel=LOOKS)
    ] = None,
    classes: Annotated[str | None, option("Of these classes only, as hair,u_lip=0.5.", panel=LOOKS)] = None,
    refine: RefineOption = 0,
    refine_preset: RefinePresetOption = RefinePreset.CAREFUL,
    vgg: VggOption = None,
    mirror: MirrorOption = False,
    sheet: SheetOption = None,
    overwrite: OverwriteOption = False,
    file_format: FormatOption = FormatName.PNG,
    quality: QualityOption = None,
    metadata: MetadataOption = MetadataName.KEEP,
    manifest: Annotated[
        Path | None,
        option("A .csv or .jsonl with columns image, hole, layout, style_from, output.", panel=MANY),
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
    """Fill the hole of a photo, or of many. Pixels outside the hole are never changed."""
    started = time.perf_counter()
    from inlay.finish.recipe import standard
    from inlay.jobs.worker import FillSettings
    from inlay.painters.refinement import RefineSettings
    from inlay.painters.styles import parse_amounts
    from inlay.stored import Saving

    recipe = standard(widen=widen, dilate=dilate, feather=float(feather), strength=float(strength))
    settings = FillSettings(
        model=None if model is None else str(model),
        device=device,
        precision=precision,
        threads=threads,
        faces=face_words(face),
        beyond=beyond_face.value,
        recipe=recipe.without(step_names(without)),
        classes=parse_amounts(classes) if classes else {},
        seed=seed,
        mirror=mirror,
        refine=RefineSettings(refine, refine_preset.value, None if vgg is None else str(vgg)),
        saving=Saving(quality, metadata.value),
        fit=fit_hole,
    )
    sources = Sources(
        image=place(image),
        hole=place(hole),
        layout=place(layout),
        style_from=place(style_from),
        output=place(output),
        manifest=place(manifest),
        recursive=recursive,
    )
    if classes and style_from is None and manifest is None:
        raise UserError("--classes: goes with --style-from PORTRAIT, whose styles of these classes are taken")
    others: Named = {"the model": files_of_model(model), "the weights": vgg, "the manifest": sources.manifest}
    many = ManyOptions(recursive, resume, report, workers, engine, address)
    if sources.many:
        single = {"--candidates": candidates > 1, "--sheet": sheet}
        many.run(sources, settings, file_format, started, others=others, single=single, overwrite=overwrite)
        return
    many.refuse()
    job, targets = _targets(sources, file_format, candidates)
    keep_inputs({**reads_of([job]), **others}, {"--output": targets, "--sheet": sheet})
    for path in targets if sheet is None else [*targets, sheet]:
        picture_output(path, overwrite=overwrite)
    settings.saving.check(targets[0])
    _one(job, targets, settings, sheet, started)


def _targets(sources: Sources, form: FormatName, candidates: int) -> tuple[Job, list[Path]]:
    """What one photo is filled from, and where its results go: one, or NAME-1, NAME-2 ... of several."""
    image, hole, output = sources.paths
    if image is None or hole is None:
        raise UserError(
            "a photo and its hole are needed: inlay fill IMAGE --hole HOLE, or --manifest FILE; "
            "`inlay repair` finds the damage of an old photo and fills it, `inlay damage` writes it alone "
            "(see: inlay fill --help)"
        )
    target = output or image.with_name(f"{image.stem}.filled{form.suffix(image)}")
    names = [target.with_stem(f"{target.stem}-{n + 1}") for n in range(candidates)]
    (job,) = distinct([Job(image, hole, target, sources.layout, sources.style_from)])
    return job, names if candidates > 1 else [target]


def _one(
    job: Job,
    targets: list[Path],
    settings: "FillSettings",
    sheet: Path | None,
    started: float,
) -> None:
    """Fill one photo and say what was done."""
    from inlay.images import open_picture, write_picture
    from inlay.jobs.worker import Worker

    assert isinstance(job.image, Path)
    worker = Worker(settings)
    with enough_memory(job.image):
        results = list(worker.candidates(job, range(settings.seed, settings.seed + len(targets))))
        for path, result in zip(targets, results, strict=True):
            worker.write(path, result)
    result = results[0]
    if sheet is not None:
        write_picture(sheet, sheet_of(open_picture(job.image), result, worker.inpainter.labels))
    if len(targets) > 1 and all(r.image.tobytes() == result.image.tobytes() for r in results):
        typer.echo("all candidates are alike: the layout was given, or is sure in the hole", err=True)
    tell(result, targets, sheet, started, settings.saving.quality)
