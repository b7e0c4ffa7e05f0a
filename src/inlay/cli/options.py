"""Options that several commands share, so that they are named and explained alike."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from inlay.errors import UserError

__all__ = [
    "DeviceOption",
    "FitOption",
    "ImageArgument",
    "MirrorOption",
    "ModelOption",
    "OverwriteOption",
    "PrecisionOption",
    "RefineOption",
    "RefinePreset",
    "RefinePresetOption",
    "VggOption",
    "WithoutOption",
    "document_output",
    "files_of_data",
    "files_of_model",
    "picture_output",
    "refuse",
    "step_names",
]


class RefinePreset(StrEnum):
    """Settings of the style optimisation at test time."""

    PAPER = "paper"
    CAREFUL = "careful"


ImageArgument = Annotated[
    Path, typer.Argument(help="The photo: one portrait, of any size.", show_default=False)
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        help="Model folder, or bundled, bundled-256, bundled-both (default: what comes with inlay).",
        show_default=False,
    ),
]
DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="cpu|cuda|mps|auto",
        help="Where to compute; auto takes a GPU if there is one.",
        rich_help_panel="Machine",
    ),
]
FitOption = Annotated[
    bool,
    typer.Option(
        "--fit-hole",
        help="Stretch a hole or a layout whose width and height are not in the photo's proportion.",
        rich_help_panel="Files",
    ),
]
PrecisionOption = Annotated[
    str,
    typer.Option(
        metavar="fp32|bf16|auto",
        help="Numbers to compute in; auto takes bf16 where it is faster.",
        rich_help_panel="Machine",
    ),
]
MirrorOption = Annotated[
    bool,
    typer.Option(
        "--mirror",
        help="Fill the mirror image too and take the mean: nearer, smoother, slower.",
        rich_help_panel="How it looks",
    ),
]
RefineOption = Annotated[
    int,
    typer.Option(
        help="Steps of style optimisation a picture (the paper's eq. 8).",
        min=0,
        rich_help_panel="How it looks",
    ),
]
RefinePresetOption = Annotated[
    RefinePreset,
    typer.Option(
        "--refine-preset",
        "--preset",
        help="Its settings: the paper's, or ones that do no harm.",
        rich_help_panel="How it looks",
    ),
]
VggOption = Annotated[
    Path | None,
    typer.Option(
        help="VGG weights, for --refine-preset paper.", show_default=False, rich_help_panel="How it looks"
    ),
]


WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Leave out these steps of finishing, as detail,twins (docs/how-it-works.md lists them).",
        show_default=False,
        rich_help_panel="How it looks",
    ),
]


OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace result files that are there already, but no file that is read.",
        rich_help_panel="Files",
    ),
]


def picture_output(path: Path, *, overwrite: bool) -> Path:
    """The path, if a picture can be written there and replaces nothing unasked; asked before the work."""
    from inlay.files import check_new, check_output
    from inlay.images import check_picture_name

    return check_new(check_output(check_picture_name(path)), overwrite)


def document_output(path: Path | None) -> None:
    """Refuse to write figures or a page to a file that has a picture's name."""
    from inlay.images import PICTURE_SUFFIXES

    if path is not None and path.suffix.lower() in PICTURE_SUFFIXES:
        raise UserError(f"{path}: is the name of a picture; figures and pages are no pictures, name another")


def files_of_data(data: Path | None) -> list[Path]:
    """What is read of a data folder: its folders of pictures and its files of stems."""
    names = ("images", "labels", "train.txt", "val.txt", "test.txt")
    return [] if data is None else [data / name for name in names]


def files_of_model(model: Path | None) -> list[Path]:
    """What is read of a model: the files of a folder, or one file; nothing of ours by name."""
    if model is None:
        return []
    return [model, *(model / name for name in ("snapshot.json", "weights.safetensors"))]


def step_names(given: list[str] | None) -> list[str]:
    """The names of an option that takes several, joined by commas or repeated."""
    return [name.strip() for text in given or [] for name in text.split(",") if name.strip()]


def refuse(options: Mapping[str, object], reason: str) -> None:
    """Name the first option that was given though it would do nothing, and say why."""
    for name, given in options.items():
        if given:
            raise UserError(f"{name}: {reason}")
