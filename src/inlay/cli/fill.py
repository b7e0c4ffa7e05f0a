"""`inlay fill`: repair a photo."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inlay.cli.fill_many import Batch, EngineName, FormatName, Sources, fill_many
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
    document_output,
    files_of_model,
    picture_output,
    refuse,
    step_names,
)
from inlay.data.manifest import Job, distinct, reads_of
from inlay.errors import UserError, enough_memory
from inlay.files import Named, keep_inputs
from inlay.places import Place, place_of

if TYPE_CHECKING:
    from inlay.jobs.worker import FillSettings

__all__ = ["FILES", "MACHINE", "MANY", "fill", "option", "place"]

MOST_SEED = 2**63 - 1

LOOKS, FILES, MANY, MACHINE = "How it looks", "Files", "Many photos", "Machine"
"""Panels of `inlay fill --help`."""


class BeyondName(StrEnum):
    """What fills a hole, or a part of one, that lies on no face."""

    AUTO = "auto"
    SMOOTH = "smooth"
    BIHARMONIC = "biharmonic"
    REFUSE = "refuse"


class MetadataName(StrEnum):
    """What becomes of EXIF and XMP data."""

    KEEP = "keep"
    STRIP = "strip"


def option(text: str, *names: str, panel: str | None = None, **limits: int | float) -> Any:
    """An option without a shown default."""
    return typer.Option(
        *names,
        help=text,
        show_default=False,
        rich_help_panel=panel,
        **limits,  # type: ignore[arg-type]
    )


def fill(
    image: Annotated[
        Path | None,
        typer.Argument(help="The photo, of any size, or a folder of photos.", show_default=False),
    ] = None,
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
    face: Annotated[
        list[str] | None,
        option(
            "A face as X,Y,WIDTH,HEIGHT[,ANGLE]; or auto (detect faces), whole (the photo is one portrait), "
            "none (it shows no face)."
        ),
    ] = None,
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
    sheet: Annotated[
        Path | None,
        option("Also write photo with its hole, layout and result as one picture.", panel=FILES),
    ] = None,
    overwrite: OverwriteOption = False,
    file_format: Annotated[
        FormatName,
        typer.Option(
            "--format",
            help="Of results that inlay names; same: as the photo's.",
            rich_help_panel=FILES,
        ),
    ] = FormatName.PNG,
    quality: Annotated[
        int | None,
        option("Of JPEG and WebP results (default: the JPEG photo's own).", panel=FILES, min=1, max=100),
    ] = None,
    metadata: Annotated[
        MetadataName,
        typer.Option(help="Keep the photo's EXIF and XMP data, or strip them.", rich_help_panel=FILES),
    ] = MetadataName.KEEP,
    manifest: Annotated[
        Path | None,
        option("A .csv or .jsonl with columns image, hole, layout, style_from, output.", panel=MANY),
    ] = None,
    recursive: Annotated[
        bool,
        typer.Option("--recursive", help="Also fill the photos of subfolders.", rich_help_panel=MANY),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Skip results of an earlier, equal run.", rich_help_panel=MANY)
    ] = False,
    report: Annotated[Path | None, option("Write what became of each file as JSON.", panel=MANY)] = None,
    workers: Annotated[
        int,
        typer.Option(help="Processes that fill a folder or a manifest.", min=1, rich_help_panel=MANY),
    ] = 1,
    engine: Annotated[
        EngineName,
        typer.Option(
            help="What runs them: processes of this machine, or Ray's actors.", rich_help_panel=MANY
        ),
    ] = EngineName.PROCESSES,
    address: Annotated[
        str | None,
        option("A Ray cluster, as auto or ray://HOST:10001 (default: Ray is started here).", panel=MANY),
    ] = None,
    model: Annotated[
        Path | None,
        option(
            "Model folder, a file of `inlay export`, or bundled, bundled-256, bundled-both (default: the "
            "first for small portraits, the last for large ones).",
            panel=MACHINE,
        ),
    ] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    threads: Annotated[
        int | None,
        option(
            "CPU threads for a photo (default: all cores). Equal numbers give equal bytes; --workers take 1.",
            panel=MACHINE,
            min=1,
        ),
    ] = None,
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
        faces=_faces(face or ["auto"]),
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
    if sources.many:
        one = {"--candidates": candidates > 1, "--sheet": sheet}
        refuse(one, "goes with one photo, not with a folder or a manifest")
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
    job, targets = _targets(sources, file_format, candidates)
    keep_inputs({**reads_of([job]), **others}, {"--output": targets, "--sheet": sheet})
    for path in targets if sheet is None else [*targets, sheet]:
        picture_output(path, overwrite=overwrite)
    settings.saving.check(targets[0])
    _one(job, targets, settings, sheet, started)


def place(path: Path | None) -> Place | None:
    """The place that a path or a URL names."""
    return None if path is None else place_of(path)


def _targets(sources: Sources, form: FormatName, candidates: int) -> tuple[Job, list[Path]]:
    """What one photo is filled from, and where its results go: one, or NAME-1, NAME-2 ... of several."""
    image, hole, output = sources.paths
    if image is None or hole is None:
        raise UserError(
            "a photo and its hole are needed: inlay fill IMAGE --hole HOLE, or --manifest FILE; "
            "`inlay repair` finds the damage of an old photo and fills it, `inlay damage` writes it as a hole"
        )
    target = output or image.with_name(f"{image.stem}.filled{form.suffix(image)}")
    names = [target.with_stem(f"{target.stem}-{n + 1}") for n in range(candidates)]
    (job,) = distinct([Job(image, hole, target, sources.layout, sources.style_from)])
    return job, names if candidates > 1 else [target]


def _faces(given: list[str]) -> str:
    if len(given) > 1 and any(word in given for word in ("auto", "whole", "none")):
        raise UserError(f"--face {' --face '.join(given)}: auto, whole and none stand alone")
    return ";".join(given)


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
