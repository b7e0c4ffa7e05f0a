"""`inlay attend`: where the model looked for pixels that it filled (paper, fig. 4)."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    import numpy as np

__all__ = ["attend"]


def attend(
    image: ImageArgument,
    hole: Annotated[Path, typer.Option(help="Picture of the hole, white.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The sheet to write.", show_default=False)],
    at: Annotated[
        list[str] | None,
        typer.Option(
            help="Point of interest Y,X in the hole, row before column; repeat it for several "
            "(default: one for each class that fills much of the hole).",
            show_default=False,
        ),
    ] = None,
    points: Annotated[int, typer.Option(help="How many points to choose when none is given.", min=1)] = 4,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Draw the whole attention map instead, from self-attention to contextual attention step by "
            "step (the paper's fig. 2 and 3), and what one point sees in each.",
        ),
    ] = False,
    layout: Annotated[
        Path | None, typer.Option(help="Layout of the photo (default: predicted).", show_default=False)
    ] = None,
    overwrite: OverwriteOption = False,
    fit_hole: FitOption = False,
    model: ModelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Show the attention of points in the hole as heat over the photo: red is high, blue is low."""
    import numpy as np
    from PIL import Image

    from inlay.errors import UserError
    from inlay.files import Named, keep_inputs
    from inlay.images import write_picture
    from inlay.repair.explain import explanation
    from inlay.repair.inpainter import Inpainter
    from inlay.repair.inputs import fit_hole as fitted
    from inlay.repair.inputs import fit_label
    from inlay.repair.photo import Photo
    from inlay.visualize.attention import Look, attention_sheet, choose_points, deepest

    chosen = [_point(text) for text in at or []]
    reads: Named = {
        "the photo": image,
        "the hole": hole,
        "the layout": layout,
        "the model": files_of_model(model),
    }
    keep_inputs(reads, {"--output": output})
    picture_output(output, overwrite=overwrite)
    photo = Photo.of(image)
    drawn, notes = fitted(hole, photo, fit=fit_hole)
    for note in (*photo.notes, *notes):
        typer.echo(str(note), err=True)
    inpainter = Inpainter.load(model, device)
    given = None if layout is None else fit_label(layout, photo, inpainter.labels, fit=fit_hole)[0]
    if explain:
        if len(chosen) > 1:
            raise UserError("--explain shows one point of the hole; give one --at, or none")
        write_picture(output, explanation(inpainter, photo, drawn, given, chosen[0] if chosen else None))
        typer.echo(f"sheet: {output}")
        return
    session = inpainter.session(photo)
    label = session.draw_hole(drawn)
    if not session.portraits:
        label = session.draw_hole(drawn, faces="whole")
    if given is not None:
        label = session.to_grid(given)
    (h, w), (gh, gw) = session.photo.size, label.shape
    on_grid = np.asarray(Image.fromarray(session.hole).resize((gw, gh), Image.Resampling.NEAREST))
    if not chosen:
        middles = [
            ((2 * y + 1) * h // (2 * gh), (2 * x + 1) * w // (2 * gw))
            for y, x in choose_points(label, on_grid, points)
        ]
        chosen = middles or [deepest(session.hole)]  # a hole between the grid's points
    _check_points(chosen, session.hole)
    looks = []
    for number, (y, x) in enumerate(chosen, start=1):
        heat = session.look(x, y, label)
        name = inpainter.labels.names[heat.label]
        title = f"{number}: {name}, {heat.same_class:.0%} on {name}"
        looks.append(Look((y * gh // h, x * gw // w), heat.weights, title))
    write_picture(output, attention_sheet(Image.fromarray(photo.pixels), session.hole, looks))
    for look, (y, x) in zip(looks, chosen, strict=True):
        typer.echo(f"{look.title} (at {y},{x})")
    typer.echo(f"sheet: {output}")


def _check_points(points: list[tuple[int, int]], hole: "np.ndarray") -> None:
    from inlay.errors import UserError

    h, w = hole.shape
    for y, x in points:
        if not (y < h and x < w and hole[y, x]):
            where = "lies in the known part" if y < h and x < w else f"lies outside the photo of {h} x {w}"
            raise UserError(f"--at {y},{x} {where} (row, column); choose a point in the hole")


def _point(text: str) -> tuple[int, int]:
    from inlay.errors import UserError

    found = re.fullmatch(r"(\d{1,6}),(\d{1,6})", text.replace(" ", ""))
    if found is None:
        raise UserError(f"--at {text}: expected row and column in pixels, Y,X, for example --at 120,96")
    return int(found[1]), int(found[2])
