"""`inlay download`: fetch a pretrained file that is too large to ship, when a person asks for it."""

from typing import Annotated

import typer

__all__ = ["download"]


def download(
    name: Annotated[str, typer.Argument(help="Which file: vgg19 (548 MB, for the perceptual loss).")],
) -> None:
    """Fetch a pretrained network into the cache and check its SHA-256."""
    from rich.console import Console

    from inlay.weights import download as fetch

    with Console(stderr=True).status(f"fetching {name}") as status:
        path = fetch(
            name,
            lambda done, total: status.update(f"fetched {done >> 20} of {total >> 20 or '?'} MB of {name}"),
        )
    typer.echo(str(path))
