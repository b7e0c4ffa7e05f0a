"""`inlay edit`: the editor in the browser, and the HTTP API."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import DeviceOption, PrecisionOption

__all__ = ["edit"]


def edit(
    host: Annotated[
        str, typer.Option(help="address to listen on; others than this machine's own need --token")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on; 0 takes a free one", min=0, max=65535)] = 8000,
    model: Annotated[Path | None, typer.Option(help="model folder [default: the bundled models]")] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    token: Annotated[
        str | None, typer.Option(help="secret that each request must bear", envvar="INLAY_TOKEN")
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="open the page in the browser")
    ] = False,
) -> None:
    """Open the editor: paint the hole of a portrait, repaint its layout, see where the model looked."""
    from rich.console import Console

    from inlay.extras import require

    install = "pip install 'inlay[edit]'"
    require("fastapi", package="FastAPI", install=install)
    require("uvicorn", package="uvicorn", install=install)

    from inlay.app.serve import serve
    from inlay.app.settings import Access
    from inlay.painters.runtime import Runtime
    from inlay.repair.inpainter import Inpainter

    access = Access(host, port, token)
    console = Console()
    with console.status("opening the model"):
        inpainter = Inpainter.load(model, Runtime(device, precision))
    serve(inpainter, access, open_browser=open_browser, say=lambda line: console.print(line, soft_wrap=True))
