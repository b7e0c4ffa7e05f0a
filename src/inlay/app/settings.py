"""What the server allows: its limits, and who may ask."""

import ipaddress
from dataclasses import dataclass

from inlay.errors import UserError

__all__ = ["Access", "Limits", "is_loopback"]

MEBIBYTE = 1024 * 1024
SHORTEST_TOKEN = 8


@dataclass(frozen=True)
class Limits:
    """Bounds on what a request may cost: bytes, pixels, seconds, and how many wait or are remembered."""

    body: int = 96 * MEBIBYTE
    pixels: int = 40_000_000
    waiting: int = 16
    seconds: float = 60.0
    upload_seconds: float = 60.0
    sessions: int = 6
    session_seconds: float = 1800.0


@dataclass(frozen=True)
class Access:
    """Where the server listens and the token that requests must bear; `None` asks for none."""

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None

    def __post_init__(self) -> None:
        """Check that a server that others can reach asks for a token."""
        if self.token is None and not is_loopback(self.host):
            raise UserError(
                f"--host {self.host}: everybody on the network could use this server; "
                "give --token SECRET, which each request must then bear, or keep to 127.0.0.1"
            )
        if self.token is not None and (len(self.token) < SHORTEST_TOKEN or not self.token.isascii()):
            raise UserError(
                f"--token: expected at least {SHORTEST_TOKEN} plain characters, better a long random word"
            )


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
