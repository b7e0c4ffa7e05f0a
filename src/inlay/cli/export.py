"""`inlay export`: a model as one ONNX file, which fills without PyTorch."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import ModelOption
from inlay.files import check_output

__all__ = ["export"]


def export(
    output: Annotated[Path, typer.Argument(help="The file to write, MODEL.onnx.", show_default=False)],
    model: ModelOption = None,
) -> None:
    """Write a model as ONNX: picture and hole in, composite and layout out; checked against PyTorch."""
    from inlay.checkpoint import load_snapshot
    from inlay.export.write import check_name
    from inlay.export.write import export as run

    check_output(check_name(output))
    snapshot = load_snapshot(model)
    check = run(snapshot, output)
    size = snapshot.config.data.size
    typer.echo(
        f"{size} x {size}, {output.stat().st_size / 1e6:.1f} MB; ONNX Runtime against PyTorch on "
        f"{check.pictures} pictures: at most {check.levels} grey levels apart, {check.layout:.2%} of the "
        f"layouts' pixels differ: {output}"
    )
