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
    "PrecisionOption",
    "RefineOption",
    "RefinePreset",
    "RefinePresetOption",
    "VggOption",
    "WithoutOption",
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


def picture_output(path: Path) -> Path:
    """The path, if a picture can be written there; asked before the work."""
    from inlay.files import check_output
    from inlay.images import check_picture_name

    return check_output(check_picture_name(path))


def step_names(given: list[str] | None) -> list[str]:
    """The names of an option that takes several, joined by commas or repeated."""
    return [name.strip() for text in given or [] for name in text.split(",") if name.strip()]


def refuse(options: Mapping[str, object], reason: str) -> None:
    """Name the first option that was given though it would do nothing, and say why."""
    for name, given in options.items():
        if given:
            raise UserError(f"{name}: {reason}")
