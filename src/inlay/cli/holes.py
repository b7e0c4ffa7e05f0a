"""`inlay holes`: draw frozen holes for an evaluation."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["holes"]


class Variant(StrEnum):
    """Brushes whose width follows the size of the picture, or the released program's."""

    SCALED = "scaled"
    RELEASED = "released"


def holes(
    size: Annotated[
        str, typer.Option(help="Height and width in pixels: 128, or 96x160.", show_default=False)
    ],
    count: Annotated[int, typer.Option(help="How many holes.", min=1, show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The holes, an .npz.", show_default=False)],
    seed: Annotated[int, typer.Option(help="The n-th hole depends on this and on n alone.", min=0)] = 0,
    variant: Annotated[
        Variant, typer.Option(help="Brush width: scaled with the size, or 12 to 48 pixels as released.")
    ] = Variant.SCALED,
    low: Annotated[float, typer.Option(help="Smallest hole ratio.")] = 0.01,
    high: Annotated[float, typer.Option(help="Largest hole ratio.")] = 0.2,
) -> None:
    """Draw free-form holes and write them packed, eight pixels a byte."""
    import numpy as np

    from inlay.data.holes import FreeForm, frozen_holes, pack_holes
    from inlay.errors import UserError
    from inlay.files import check_output, whole_file

    if output.suffix.lower() != ".npz":
        raise UserError(f"{output}: holes are written as .npz; name an .npz")
    check_output(output)
    form = {Variant.SCALED: FreeForm, Variant.RELEASED: FreeForm.released}[variant](low, high)
    drawn = frozen_holes(seed, count, _height_and_width(size), form)
    with whole_file(output) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **pack_holes(drawn))  # type: ignore[arg-type]
    ratios = drawn.mean(axis=(1, 2))
    typer.echo(
        f"{count} holes, ratio {ratios.min():.1%} to {ratios.max():.1%}, mean {ratios.mean():.1%}: {output}"
    )


def _height_and_width(text: str) -> tuple[int, int]:
    from inlay.errors import UserError

    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    if found is None or 0 in (sides := [int(side) for side in found.groups() if side]):
        raise UserError(
            f"--size {text}: expected a number of pixels, or HEIGHTxWIDTH, for example 128 or 96x160"
        )
    return sides[0], sides[-1]
