"""The photos that people have on the table in open pages: a few, for a while, in memory only."""

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException

from inlay.app.pictures import Received
from inlay.app.settings import Limits
from inlay.damage.kept import KeptScores
from inlay.painters.styles import Style
from inlay.repair.session import Session

__all__ = ["Table", "Tables"]

MOST_REFERENCES = 8


@dataclass
class Table:
    """One page's photo: its session, how it came, styles taken from other photos, and what is damaged."""

    session: Session
    received: Received
    styles: "OrderedDict[str, Style]" = field(default_factory=OrderedDict)
    scores: KeptScores | None = None
    touched: float = 0.0

    def keep_style(self, style: Style) -> str:
        """Remember a style; returns its name."""
        name = secrets.token_urlsafe(8)
        self.styles[name] = style
        while len(self.styles) > MOST_REFERENCES:
            self.styles.popitem(last=False)
        return name


class Tables:
    """Open tables by name, for two threads; the one longest untouched goes first."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: OrderedDict[str, Table] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, table: Table) -> str:
        """Keep a table; returns a name that nobody can guess."""
        name = secrets.token_urlsafe(18)
        table.touched = time.monotonic()
        with self._lock:
            self._sweep()
            self._open[name] = table
            while len(self._open) > self.limits.sessions:
                self._open.popitem(last=False)
        return name

    def get(self, name: str) -> Table:
        """The table of a name; 404 where it has been cleared away: the page then sends it anew."""
        with self._lock:
            self._sweep()
            table = self._open.get(name)
            if table is None:
                raise HTTPException(404, "this photo is no longer on the server's table; send it again")
            table.touched = time.monotonic()
            self._open.move_to_end(name)
        return table

    def close(self, name: str) -> None:
        """Forget a table."""
        with self._lock:
            self._open.pop(name, None)

    def sweep(self) -> None:
        """Forget what nobody has touched for long."""
        with self._lock:
            self._sweep()

    def _sweep(self) -> None:
        oldest = time.monotonic() - self.limits.session_seconds
        for name in [name for name, table in self._open.items() if table.touched < oldest]:
            del self._open[name]
