"""`inlay convert`: the authors' and SEAN's generator checkpoints as a model folder."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["convert"]


class Attention(StrEnum):
    """The paper's mechanisms; the file holds the same parameters for each."""

    SELF = "self"
    MASKED = "masked"
    CONTEXTUAL = "contextual"


def convert(
    checkpoint: Annotated[
        Path,
        typer.Argument(help="The authors' or SEAN's generator, latest_net_G.pth.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The model folder to write.", show_default=False)
    ],
    attention: Annotated[
        Attention, typer.Option(help="Which attention the authors' network was trained with.")
    ] = Attention.CONTEXTUAL,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Names and colours of the classes, a TOML file (default for 19 classes: CelebAMask-HQ's).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Turn a published checkpoint into a model folder that the other commands take."""
    from inlay.checkpoint import check_snapshot_output
    from inlay.convert import convert as run
    from inlay.files import keep_inputs
    from inlay.labels import LabelSet

    keep_inputs({"the checkpoint": checkpoint, "--labels": labels}, {"--output": output})
    check_snapshot_output(output)
    read = run(
        checkpoint, output, attention=attention.value, labels=LabelSet.from_toml(labels) if labels else None
    )
    typer.echo(
        f"width {read.width}, style length {read.style_dim}, attention {read.attention}, "
        f"{'with' if read.known_channel else 'without'} the known channel: {output}"
    )
