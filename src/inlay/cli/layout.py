"""`inlay layout`: predict a photo's layout, to look at it or to correct it by hand."""

import time
from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import (
    DeviceOption,
    FitOption,
    ImageArgument,
    ModelOption,
    OverwriteOption,
    files_of_model,
    picture_output,
)

__all__ = ["layout"]


def layout(
    image: ImageArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="The layout, a .png.", show_default=False)],
    hole: Annotated[
        Path | None,
        typer.Option(help="Picture of the hole: what lies in it (white) is guessed.", show_default=False),
    ] = None,
    overwrite: OverwriteOption = False,
    fit_hole: FitOption = False,
    model: ModelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Predict the layout of a photo: a palette picture of class ids that shows each class in its colour.

    Repaint it in any program that keeps colours exact and hand it to `inlay fill --layout`.
    """
    started = time.perf_counter()
    import numpy as np

    from inlay.errors import UserError
    from inlay.files import Named, keep_inputs
    from inlay.images import write_picture
    from inlay.layers import label_picture
    from inlay.notes import Note
    from inlay.repair.inpainter import Inpainter
    from inlay.repair.inputs import fit_hole as fitted
    from inlay.repair.photo import Photo

    reads: Named = {"the photo": image, "the hole": hole, "the model": files_of_model(model)}
    keep_inputs(reads, {"--output": output})
    photo, drawn, notes = Photo.of(image), None, list[Note]()
    notes += photo.notes
    if hole is not None:
        drawn, said = fitted(hole, photo, fit=fit_hole)
        notes += said
    for note in notes:
        typer.echo(str(note), err=True)
    if output.suffix.lower() != ".png":
        raise UserError(
            f"{output}: a layout is written as .png, which keeps class ids and colours; name a .png"
        )
    picture_output(output, overwrite=overwrite)
    inpainter = Inpainter.load(model, device)
    label = inpainter.predict_layout(photo, drawn)
    write_picture(output, label_picture(label, inpainter.labels))
    names = ", ".join(inpainter.labels.names[i] for i in np.unique(label))
    typer.echo(f"{names}; {time.perf_counter() - started:.1f} s: {output}")
