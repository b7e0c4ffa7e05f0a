"""The server as a process: a socket, uvicorn, and the address to open."""

import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from inlay.app.factory import create_app
from inlay.app.settings import Access, is_loopback
from inlay.errors import UserError
from inlay.repair.inpainter import Inpainter

__all__ = ["serve"]


def serve(inpainter: Inpainter, access: Access, *, open_browser: bool, say: Callable[[str], None]) -> None:
    """Serve until interrupted; the address is said once it can be opened."""
    with _listen(access) as listener:
        address = page_address(access, listener.getsockname()[1])
        say(f"The editor is at {address}  (Ctrl+C ends it)")
        if not is_loopback(access.host):
            say(f"[bold]Listening on {access.host}, unencrypted: whoever has the token can use it.[/bold]")
        if open_browser:
            webbrowser.open(address)
        config = uvicorn.Config(
            create_app(inpainter, access), log_level="warning", access_log=False, server_header=False,
            timeout_keep_alive=30, timeout_graceful_shutdown=3, limit_concurrency=1024, ws="none",
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listener])


def page_address(access: Access, port: int) -> str:
    """The page's address; the token stands behind a #, which browsers never send."""
    name = access.host if is_loopback(access.host) else socket.gethostname()
    name = f"[{name}]" if ":" in name and not name.startswith("[") else name
    return f"http://{name}:{port}/" + (f"#token={access.token}" if access.token else "")


def _listen(access: Access) -> socket.socket:
    host = access.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, access.port))
        listener.listen(128)  # who asks as soon as the address is said waits, and is not refused
    except OSError as error:
        listener.close()
        raise UserError(
            f"--host {access.host} --port {access.port}: cannot listen there ({error.strerror or error}); "
            "name another port, or 0 for a free one"
        ) from error
    return listener
