"""`inlay fill`: repair a photo."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inlay.cli.fill_many import EngineName, FormatName, Sources, fill_many
from inlay.cli.fill_onnx import fill_with_onnx
from inlay.cli.fill_told import sheet_of, tell
from inlay.cli.options import (
    DeviceOption,
    MirrorOption,
    PrecisionOption,
    RefineOption,
    RefinePreset,
    RefinePresetOption,
    VggOption,
    picture_output,
    refuse,
)
from inlay.data.manifest import Job, distinct
from inlay.errors import UserError
from inlay.places import place_of

if TYPE_CHECKING:
    from inlay.inference.filler import FillSettings

__all__ = ["fill"]


MOST_SEED = 2**63 - 1


class BeyondName(StrEnum):
    """What fills a hole, or a part of one, that lies on no face."""

    AUTO = "auto"
    SMOOTH = "smooth"
    BIHARMONIC = "biharmonic"
    TELEA = "telea"
    PATCHMATCH = "patchmatch"
    REFUSE = "refuse"


class BlendName(StrEnum):
    """How a fill is joined to its rim."""

    SMOOTH = "smooth"
    NONE = "none"


class DetailName(StrEnum):
    """Where detail beyond the model's resolution comes from."""

    MATCHED = "matched"
    NONE = "none"


class MetadataName(StrEnum):
    """What becomes of EXIF and XMP data."""

    KEEP = "keep"
    STRIP = "strip"


def _option(text: str, *names: str, **limits: int | float) -> Any:
    return typer.Option(*names, help=text, show_default=False, **limits)  # type: ignore[arg-type]


def fill(
    image: Annotated[
        Path | None,
        typer.Argument(help="The photo, of any size, or a folder of photos.", show_default=False),
    ] = None,
    hole: Annotated[Path | None, _option("Picture of the hole: white is to be filled; or a folder.")] = None,
    layout: Annotated[
        Path | None, _option("Layout of the photo, as `inlay layout` writes it (default: predicted).")
    ] = None,
    model: Annotated[
        Path | None,
        _option(
            "Model folder, a file of `inlay export`, or bundled, bundled-256, bundled-both (default: the "
            "first for small portraits, the last for large ones)."
        ),
    ] = None,
    output: Annotated[
        Path | None, _option("The result, or a folder (default: NAME.filled.png).", "--output", "-o")
    ] = None,
    sheet: Annotated[
        Path | None, _option("Also write photo with its hole, layout and result as one picture.")
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="0: the likeliest layout; others draw other plausible ones.", min=0, max=MOST_SEED),
    ] = 0,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    face: Annotated[
        list[str] | None,
        _option("A face as X,Y,WIDTH,HEIGHT; or auto (look for faces), whole (the photo is one portrait)."),
    ] = None,
    beyond_face: Annotated[
        BeyondName, typer.Option(help="What fills a hole that lies on no face.")
    ] = BeyondName.AUTO,
    blend: Annotated[BlendName, typer.Option(help="How the fill is joined to its rim.")] = BlendName.SMOOTH,
    detail: Annotated[
        DetailName,
        typer.Option(help="Detail beyond the model's resolution: of known patches that match, or none."),
    ] = DetailName.MATCHED,
    twins: Annotated[
        bool,
        typer.Option(help="Give a hidden eye, brow, half of mouth or glasses the seen one's detail."),
    ] = True,
    rim: Annotated[bool, typer.Option(help="Let known pixels and their lines go on next to the rim.")] = True,
    widen: Annotated[
        bool, typer.Option(help="Take what a damage has left along the hole's rim into the hole.")
    ] = True,
    dilate: Annotated[int, typer.Option(help="Grow the hole by so many pixels.", min=0)] = 0,
    feather: Annotated[int, typer.Option(help="Let the blend fade out so many pixels inwards.", min=0)] = 0,
    strength: Annotated[
        float,
        typer.Option(help="1 takes the model's fill, 0 a smooth one, values between mix.", min=0, max=1),
    ] = 1.0,
    candidates: Annotated[int, typer.Option(help="Write so many results, of successive seeds.", min=1)] = 1,
    style_from: Annotated[Path | None, _option("Take the style of its parts from this portrait.")] = None,
    classes: Annotated[str | None, _option("Of these classes only, as hair,u_lip=0.5.")] = None,
    manifest: Annotated[
        Path | None, _option("A .csv or .jsonl with columns image, hole, layout, style_from, output.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Skip results of an earlier, equal run.")] = False,
    workers: Annotated[int, typer.Option(help="Processes that fill a folder or a manifest.", min=1)] = 1,
    engine: Annotated[
        EngineName, typer.Option(help="What runs them: processes of this machine, or Ray's actors.")
    ] = EngineName.PROCESSES,
    address: Annotated[
        str | None, _option("A Ray cluster, as auto or ray://HOST:10001 (default: Ray is started here).")
    ] = None,
    report: Annotated[Path | None, _option("Write what became of each file as JSON.")] = None,
    file_format: Annotated[
        FormatName, typer.Option("--format", help="Of results whose names inlay makes; same: as the photo's.")
    ] = FormatName.PNG,
    quality: Annotated[
        int | None, _option("Of JPEG and WebP results (default: the JPEG photo's own).", min=1, max=100)
    ] = None,
    metadata: Annotated[
        MetadataName, typer.Option(help="Keep the photo's EXIF and XMP data, or strip them.")
    ] = MetadataName.KEEP,
    refine: RefineOption = 0,
    refine_preset: RefinePresetOption = RefinePreset.CAREFUL,
    vgg: VggOption = None,
    mirror: MirrorOption = False,
) -> None:
    """Fill the hole of a photo, or of many; known pixels come back as they were."""
    started = time.perf_counter()
    from inlay.inference.finish import Finish
    from inlay.stored import Saving

    finish = Finish(blend.value, feather, detail.value, float(strength), dilate, twins, rim, widen)
    saving = Saving(quality, metadata.value)
    if model is not None and model.suffix.lower() == ".onnx":
        others = {
            "--layout": layout, "--style-from": style_from, "--classes": classes, "--manifest": manifest,
            "--resume": resume, "--report": report, "--seed": seed, "--candidates": candidates > 1,
            "--workers": workers > 1, "--device": device == "cuda",
            "--precision": precision == "bf16", "--mirror": mirror,
            "--face": face not in (None, ["auto"], ["whole"]),
            "--beyond-face": beyond_face != BeyondName.AUTO, "--refine": refine,
            "--engine": engine != EngineName.PROCESSES, "--address": address,
        }  # fmt: skip
        refuse(
            others,
            f"not with {model.name}, which fills one portrait under the layout that it predicts; take a "
            "model folder instead",
        )
        image, hole, target = _single(image, hole, output, sheet, file_format)
        distinct([Job(image, hole, target)])
        saving.check(target)
        fill_with_onnx(model, image, hole, target, finish, sheet, started, saving)
        return
    from inlay.inference.filler import FillSettings
    from inlay.inference.refinement import RefineSettings
    from inlay.inference.styles import parse_amounts

    settings = FillSettings(
        None if model is None else str(model),
        device,
        _faces(face or ["auto"]),
        beyond_face.value,
        finish,
        parse_amounts(classes) if classes else {},
        seed,
        RefineSettings(refine, refine_preset.value, None if vgg is None else str(vgg)),
        saving,
        precision,
        mirror,
    )
    sources = Sources(
        *(path and place_of(path) for path in (image, hole, layout, style_from, output, manifest))
    )
    if classes and style_from is None and manifest is None:
        raise UserError("--classes: goes with --style-from PORTRAIT, whose styles of these classes are taken")
    if sources.many:
        one = {"--candidates": candidates > 1, "--sheet": sheet}
        refuse(one, "goes with one photo, not with a folder or a manifest")
        jobs = sources.jobs(file_format)
        fill_many(jobs, settings, engine.build(workers, address), resume, report, started)
        return
    many = {
        "--report": report, "--resume": resume, "--workers": workers > 1,
        "--engine": engine != EngineName.PROCESSES, "--address": address,
    }  # fmt: skip
    refuse(many, "goes with a folder or a manifest, not with one photo")
    image, hole, target = _single(*sources.paths, sheet, file_format)
    saving.check(target)
    (job,) = distinct([Job(image, hole, target, sources.layout, sources.style_from)])
    _one(job, image, target, settings, candidates, sheet, started)


def _single(
    image: Path | None, hole: Path | None, output: Path | None, sheet: Path | None, form: FormatName
) -> tuple[Path, Path, Path]:
    """The photo, its hole and where the result goes, once all of them can be."""
    if image is None or hole is None:
        raise UserError(
            "a photo and its hole are needed: inlay fill IMAGE --hole HOLE, or --manifest FILE "
            "(see: inlay fill --help)"
        )
    target = picture_output(output or image.with_name(f"{image.stem}.filled{form.suffix(image)}"))
    if sheet is not None:
        picture_output(sheet)
    return image, hole, target


def _faces(given: list[str]) -> str:
    if len(given) > 1 and any(word in given for word in ("auto", "whole")):
        raise UserError(f"--face {' --face '.join(given)}: auto and whole stand alone")
    return ";".join(given)


def _one(
    job: Job,
    image: Path,
    output: Path,
    settings: "FillSettings",
    candidates: int,
    sheet: Path | None,
    started: float,
) -> None:
    """Fill one photo and say what was done."""
    from inlay.images import open_picture, write_picture
    from inlay.inference.filler import Worker

    worker = Worker(settings)
    results = [worker.fill(job, settings.seed + number) for number in range(candidates)]
    names = [output.with_stem(f"{output.stem}-{n + 1}") for n in range(candidates)]
    targets = names if candidates > 1 else [output]
    for target, result in zip(targets, results, strict=True):
        worker.write(target, result)
    result = results[0]
    if sheet is not None:
        write_picture(sheet, sheet_of(open_picture(image), result, worker.inpainter.labels))
    if candidates > 1 and all(r.image.tobytes() == result.image.tobytes() for r in results):
        typer.echo("all candidates are alike: the layout was given, or is sure in the hole", err=True)
    tell(result, targets, sheet, started, settings.saving.quality)
