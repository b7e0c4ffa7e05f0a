"""`inlay export`: a model as one ONNX file, which fills without PyTorch."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import ModelOption, files_of_model
from inlay.errors import UserError
from inlay.files import check_output, keep_inputs

__all__ = ["export"]


def export(
    output: Annotated[Path, typer.Argument(help="The file to write, MODEL.onnx.", show_default=False)],
    model: ModelOption = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Convolutions in 8 bits: smaller and faster, a little less exact.")
    ] = False,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            help="With --int8: a folder of portraits that set its ranges (default: the example portrait).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a model as ONNX: picture and hole in, composite and layout out; checked against PyTorch."""
    from inlay.checkpoint import load_snapshot
    from inlay.data.folder import pictures_in
    from inlay.export.write import EightBit, check_name
    from inlay.export.write import export as run

    check_output(check_name(output))
    keep_inputs({"the model": files_of_model(model), "--calibrate": calibrate}, {"OUTPUT": output})
    if calibrate is not None and not int8:
        raise UserError("--calibrate sets the ranges of 8 bits; give --int8 too, or leave it away")
    photos = () if calibrate is None else pictures_in(calibrate)
    snapshot = load_snapshot(model)
    check = run(snapshot, output, EightBit(photos) if int8 else None)
    size = snapshot.config.data.size
    typer.echo(
        f"{size} x {size}, {output.stat().st_size / 1e6:.1f} MB; ONNX Runtime against PyTorch on "
        f"{check.pictures} pictures: at most {check.levels} grey levels apart ({check.decibels:.1f} dB), "
        f"{check.layout:.2%} of the layouts' pixels differ: {output}"
    )
