"""`inlay damage`: write what is damaged of a photo as a picture of the hole."""

import time
from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import OverwriteOption, picture_output

__all__ = ["SensitivityOption", "damage"]

SensitivityOption = Annotated[
    float, typer.Option(help="0 finds only what is surely damage, 1 also what may be none.", min=0, max=1)
]


def damage(
    image: Annotated[Path, typer.Argument(help="The photo, of any size.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The mask, white = damage; a .png.", show_default=False)
    ],
    sensitivity: SensitivityOption = 0.5,
    overwrite: OverwriteOption = False,
) -> None:
    """Find scratches, cracks, dust, stains and torn parts of a photo, and write them white on black.

    Correct the mask in any paint program and hand it to `inlay fill --hole`.
    """
    started = time.perf_counter()
    from inlay.errors import UserError, enough_memory
    from inlay.files import keep_inputs
    from inlay.images import write_picture
    from inlay.repair.damaged import find_damage, mask_picture
    from inlay.repair.photo import Photo

    keep_inputs({"the photo": image}, {"--output": output})
    if output.suffix.lower() != ".png":
        raise UserError(f"{output}: a mask is written as .png, which keeps it exact; name a .png")
    picture_output(output, overwrite=overwrite)
    photo = Photo.of(image)
    for note in photo.notes:
        typer.echo(str(note), err=True)
    with enough_memory(image):
        found = find_damage(photo, sensitivity)
    write_picture(output, mask_picture(found.hole))
    typer.echo(f"{found.note}, {time.perf_counter() - started:.1f} s: {output}")
