"""What the commands share that run on portraits whose truth is known: options, and opening the model."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import torch

    from inlay.checkpoint import Snapshot

__all__ = [
    "CountOption",
    "DataOption",
    "HolesOption",
    "ImagesOption",
    "LabelSetOption",
    "LabelsOption",
    "Layout",
    "LayoutOption",
    "SizeOption",
    "StemsOption",
    "open_model",
]


class Layout(StrEnum):
    """Which layout the model is given."""

    TRUE = "true"
    PREDICTED = "predicted"


HolesOption = Annotated[
    Path,
    typer.Option(
        help="Holes: an .npz of `inlay holes`, the n-th for the n-th stem, or a folder of pictures STEM.png.",
        show_default=False,
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(help="Folder with images/ and labels/, and perhaps val.txt.", show_default=False),
]
ImagesOption = Annotated[
    Path | None, typer.Option(help="Folder of portraits, instead of --data.", show_default=False)
]
LabelsOption = Annotated[
    Path | None, typer.Option(help="Folder of their layouts, with --images.", show_default=False)
]
StemsOption = Annotated[
    Path | None,
    typer.Option(
        help="Stems to take, one a line (default: val.txt of --data, else all by name).", show_default=False
    ),
]
LabelSetOption = Annotated[
    str,
    typer.Option(help="Classes of the layouts: celebamask-hq, or a TOML file; a model knows its own."),
]
LayoutOption = Annotated[
    Layout, typer.Option(help="Give the model the data's layout, or the one it predicts.")
]
SizeOption = Annotated[int, typer.Option(help="Height and width to run at; the holes must have it.", min=32)]
CountOption = Annotated[
    int | None, typer.Option(help="Only the first so many stems.", min=1, show_default=False)
]


def open_model(folder: Path | None, size: int, device: str) -> "tuple[Snapshot, Path, torch.device]":
    """The model of a folder, or the one that comes with inlay; its folder and its device."""
    from inlay.checkpoint import load_snapshot, snapshot_folder
    from inlay.errors import UserError
    from inlay.painters.runtime import Runtime

    if size % 32:
        raise UserError(
            f"--size {size}: a model fills sizes that are multiples of 32; take {size // 32 * 32}"
        )
    chosen, folder = Runtime(device).torch_device(), snapshot_folder(folder)
    return load_snapshot(folder, chosen), folder, chosen
