"""`inlay prepare`: data folders out of downloads, and a look through a data folder."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="Make a data folder out of a download, or look through one.", no_args_is_help=True)


@app.command("celebamask-hq")
def celebamask_hq(
    source: Annotated[Path, typer.Argument(help="The unpacked CelebAMask-HQ download.")],
    output: Annotated[Path, typer.Argument(help="Folder to write images/, labels/ and the stems files to.")],
    size: Annotated[int, typer.Option(min=32, max=1024, help="Height and width in pixels.")] = 512,
) -> None:
    """Merge CelebAMask-HQ's part masks into layouts; the same command goes on after an interruption."""
    from inlay.data.prepare import prepare_celebamask
    from inlay.files import keep_inputs

    folders = [path for path in source.iterdir() if path.is_dir()] if source.is_dir() else []
    keep_inputs(
        {"the download": [source, *folders]},
        {"OUTPUT": output, "its folders": [output / "images", output / "labels"]},
    )

    with _bar("faces") as progress:
        result = prepare_celebamask(source, output, size, progress)
    for stem, reason in result.left_out.items():
        typer.echo(f"left out {stem}: {reason}")
    remarks = Counter(remark for all_of in result.remarks.values() for remark in all_of)
    for remark, count in remarks.most_common(8):
        typer.echo(f"{count} kept: {remark}")
    counts = ", ".join(f"{count} {split}" for split, count in result.splits.items())
    typer.echo(f"{output}: {counts}, split {result.split_rule}; all remarks in {output / 'prepare.json'}")


@app.command()
def check(
    data: Annotated[Path, typer.Argument(help="Folder with images/, labels/ and stems files.")],
    labels: Annotated[
        str, typer.Option(help="Label set: celebamask-hq, or the path of a TOML file.")
    ] = "celebamask-hq",
) -> None:
    """Open every file of a data folder and say what is wrong with which; exits 1 if anything is."""
    from inlay.data.check import check_folder
    from inlay.labels import LabelSet

    known = LabelSet.named(labels)
    with _bar("pairs") as progress:
        found = check_folder(data, known, progress)
    for fault in found.faults:
        typer.echo(fault)
    sizes = ", ".join(f"{count} of {w} x {h}" for (h, w), count in sorted(found.sizes.items()))
    splits = ", ".join(f"{count} {split}" for split, count in found.splits.items())
    unseen = [name for name, count in found.pixels.items() if not count]
    typer.echo(f"{data}: {found.fine} pairs are fine ({sizes or 'none'}); stems: {splits or 'none'}")
    if unseen:
        typer.echo(f"classes that no pixel bears: {', '.join(unseen)}")
    if found.faults:
        typer.echo(f"{len(found.faults)} faults")
        raise typer.Exit(1)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
