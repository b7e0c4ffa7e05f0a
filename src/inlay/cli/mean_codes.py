"""`inlay mean-codes`: the mean style of each class over a data set, stored in a model folder."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import DeviceOption, files_of_data

__all__ = ["mean_codes"]


def mean_codes(
    model: Annotated[Path, typer.Argument(help="Model folder.", show_default=False)],
    data: Annotated[
        Path,
        typer.Option(
            help="Folder with images/ and labels/, and train.txt unless --stems.", show_default=False
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Model folder to write (default: MODEL itself).", show_default=False
        ),
    ] = None,
    stems: Annotated[
        Path | None,
        typer.Option(
            help="Which portraits, one stem a line (default: train.txt, else all).", show_default=False
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(help="Take the first so many.", min=1, show_default=False)
    ] = None,
    device: DeviceOption = "cpu",
) -> None:
    """Store the mean style of each class, for classes of which a photo shows nothing."""
    from rich.console import Console

    from inlay.checkpoint import check_snapshot_output
    from inlay.data.folder import list_pairs, read_stems
    from inlay.files import Named, keep_inputs
    from inlay.mean_codes import store_mean_codes
    from inlay.painters.runtime import Runtime

    output = output or model
    reads: Named = {"the data": [data, *files_of_data(data)], "--stems": stems}
    keep_inputs(reads, {"--output": output})
    check_snapshot_output(output)
    listed = stems or (data / "train.txt" if (data / "train.txt").is_file() else None)
    pairs = list_pairs(data / "images", data / "labels", read_stems(listed) if listed else None)[:count]
    with Console(stderr=True).status("encoding") as status:
        found, labels = store_mean_codes(
            model, output, pairs, device=Runtime(device).torch_device(),
            progress=lambda done, total: status.update(f"encoded {done} of {total} portraits"),
        )  # fmt: skip
    unseen = [name for name, seen in zip(labels.names, found.pictures.tolist(), strict=True) if not seen]
    missing = f"; no portrait shows {', '.join(unseen)}" if unseen else ""
    typer.echo(f"mean codes of {len(pairs)} portraits{missing}: {output}")
