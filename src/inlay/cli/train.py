"""`inlay train`: a config and data in, a run folder out."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import files_of_data

__all__ = ["train"]


def train(
    config: Annotated[Path, typer.Argument(help="Settings, a TOML file; the shipped ones lie in configs/.")],
    data: Annotated[
        Path,
        typer.Option(help="Folder with images/, labels/, train.txt and val.txt.", show_default=False),
    ],
    run: Annotated[
        Path, typer.Option(help="Run folder; a run that is there is resumed.", show_default=False)
    ],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Change a setting, for example schedule.faces=20000; may be repeated.",
            metavar="KEY=VALUE",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where decoded faces are kept (default: the user cache).", show_default=False),
    ] = None,
) -> None:
    """Train a model, or go on where an interrupted run stopped: the same command resumes."""
    from inlay.config import load_run_config
    from inlay.files import Named, keep_inputs

    reads: Named = {"the settings": config, "the data": [data, *files_of_data(data)]}
    keep_inputs(reads, {"--run": run, "--cache": cache})
    settings = load_run_config(config, changes)

    from inlay.training.loop import train as run_training
    from inlay.weights import cache_folder

    run_training(settings, data=data, run=run, cache=cache or cache_folder())
