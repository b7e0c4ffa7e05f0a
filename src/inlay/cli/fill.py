"""`inlay fill`: repair a photo."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inlay.cli.options import DeviceOption, ImageArgument, ModelOption, picture_output

if TYPE_CHECKING:
    from PIL import Image

    from inlay.inference.inpaint import Result
    from inlay.labels import LabelSet

__all__ = ["fill"]


def fill(
    image: ImageArgument,
    hole: Annotated[
        Path,
        typer.Option(help="Picture of the hole: white is to be filled, black is kept.", show_default=False),
    ],
    layout: Annotated[
        Path | None,
        typer.Option(
            help="Layout of the photo, as `inlay layout` writes it (default: predicted).", show_default=False
        ),
    ] = None,
    model: ModelOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The result (default: NAME.filled.png beside IMAGE).", show_default=False
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Also write photo with its hole, layout and result as one picture.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the noise, for models that have some.", min=0)] = 0,
    device: DeviceOption = "auto",
) -> None:
    """Fill the hole of a photo; known pixels come back as they were."""
    started = time.perf_counter()
    from inlay.images import is_lossy, open_picture, write_picture
    from inlay.inference.inpaint import Inpainter
    from inlay.layers import read_hole, read_label

    photo, drawn = open_picture(image), read_hole(hole)
    target = picture_output(output or image.with_name(f"{image.stem}.filled.png"))
    if sheet is not None:
        picture_output(sheet)
    inpainter = Inpainter.load(model, device)
    given = None if layout is None else read_label(layout, inpainter.labels)
    result = inpainter(photo, drawn, given, seed)
    write_picture(target, result.image)
    if sheet is not None:
        write_picture(sheet, _sheet(photo, result, inpainter.labels))
    for note in result.notes:
        typer.echo(note, err=True)
    if is_lossy(target):
        typer.echo(
            f"{target.suffix} files lose a little of each pixel; a .png keeps known pixels exactly", err=True
        )
    seconds = time.perf_counter() - started
    typer.echo(
        f"hole {result.hole_ratio:.1%} of the photo, layout {result.layout_source}, {seconds:.1f} s: {target}"
    )
    if sheet is not None:
        typer.echo(f"sheet: {sheet}")


def _sheet(photo: "Image.Image", result: "Result", labels: "LabelSet") -> "Image.Image":
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
        footer=f"{result.hole_ratio:.1%} of the photo filled",
    )
