"""What `inlay fill` says and shows of a result."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from PIL import Image

    from inlay.labels import LabelSet
    from inlay.repair.inpainter import Result

__all__ = ["sheet_of", "tell"]


def tell(
    result: "Result",
    targets: list[Path],
    sheet: Path | None,
    started: float,
    quality: int | None = None,
) -> None:
    """Notes on stderr, then one line of what was done."""
    from inlay.images import is_lossy

    for note in result.notes:
        typer.echo(str(note), err=True)
    if is_lossy(targets[0], quality):
        suffix = targets[0].suffix
        typer.echo(f"{suffix} files lose a little of each pixel; a .png keeps known pixels exactly", err=True)
    where = ", ".join(str(target) for target in targets)
    seconds = time.perf_counter() - started
    typer.echo(
        f"hole {result.hole_ratio:.1%} of the photo, layout {result.layout_source}, {seconds:.1f} s: {where}"
    )
    if sheet is not None:
        typer.echo(f"sheet: {sheet}")


def sheet_of(
    photo: "Image.Image", result: "Result", labels: "LabelSet", *, found: bool = False
) -> "Image.Image":
    """Photo with its hole, layout and result as one picture; with damage `found`, the photo alone first."""
    import numpy as np

    from inlay.images import eight_bit, over_white
    from inlay.visualize.grids import fill_sheet

    before, after = (np.asarray(over_white(eight_bit(picture))) for picture in (photo, result.image))
    return fill_sheet(
        before,
        result.hole,
        result.layout,
        after,
        labels=labels,
        layout_title=f"layout, {result.layout_source}",
        found=found,
        footer=f"{result.hole_ratio:.1%} of the photo filled",
    )
