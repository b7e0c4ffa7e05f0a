"""What the commands share that run on portraits whose truth is known: options, and opening what they name."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from inlay.checkpoint import Snapshot
    from inlay.data.folder import Pair

__all__ = ["CountOption", "DataOption", "DeviceOption", "HolesOption", "ImagesOption", "LabelsOption", "Layout",
           "LayoutOption", "ModelOption", "SizeOption", "StemsOption", "open_model", "open_pairs"]  # fmt: skip


class Layout(StrEnum):
    """Which layout the model is given."""

    TRUE = "true"
    PREDICTED = "predicted"


HolesOption = Annotated[
    Path, typer.Option(help=".npz of `inlay holes`, the n-th hole for the n-th stem; or a folder of pictures by stem")
]
DataOption = Annotated[Path | None, typer.Option(help="folder with images/, labels/ and val.txt")]
ImagesOption = Annotated[Path | None, typer.Option(help="folder of portraits, instead of --data")]
LabelsOption = Annotated[Path | None, typer.Option(help="folder of their layouts, with --images")]
StemsOption = Annotated[Path | None, typer.Option(help="stems to take, one a line (default: val.txt of --data, or all)")]
ModelOption = Annotated[Path | None, typer.Option(help="model folder (default: the bundled model)")]
LayoutOption = Annotated[Layout, typer.Option(help="give the model the data's layout, or the one it predicts")]
SizeOption = Annotated[int, typer.Option(help="height and width at which to run; the holes must have it", min=32)]
CountOption = Annotated[int | None, typer.Option(help="only the first so many stems", min=1)]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda or auto")]


def open_pairs(data: Path | None, images: Path | None, labels: Path | None, stems: Path | None) -> "list[Pair]":
    """The pairs that the options name."""
    from inlay.evaluation.cases import find_pairs

    return find_pairs(data=data, images=images, labels=labels, stems=stems)


def open_model(folder: Path | None, size: int, device: str) -> "tuple[Snapshot, Path]":
    """The model that the options name, and its folder."""
    from inlay.checkpoint import load_snapshot
    from inlay.errors import UserError

    if folder is None:
        raise UserError("no bundled model here yet; name a model folder with --model")
    if size % 32:
        raise UserError(f"--size {size}: a model fills sizes that are multiples of 32")
    return load_snapshot(folder, device), folder
