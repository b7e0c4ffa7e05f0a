"""The photos that people have on the table in open pages: a few, for a while, in memory only."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image
from starlette.exceptions import HTTPException

from inlay.app.pictures import Received
from inlay.app.settings import Limits
from inlay.damage.kept import KeptScores
from inlay.painters.styles import Style
from inlay.repair.answers import Patch, with_patches
from inlay.repair.photo import Photo
from inlay.repair.session import Session
from inlay.repair.steady import SMALL, SteadySearch

__all__ = ["Table", "Tables"]

MOST_REFERENCES = 8

MOST_PIXELS = 4
"""Layers are kept apart up to so many times the photo's pixels; the lowest are then merged into it."""


@dataclass
class Table:
    """One page's photo: its session, how it came, styles taken from other photos, and what is damaged.

    `layers` are earlier fills, one on the other, on which the session works. The lowest `merged` ones are
    part of `ground`, the photo under the others.
    """

    session: Session
    received: Received
    styles: "OrderedDict[str, Style]" = field(default_factory=OrderedDict)
    scores: KeptScores | None = None
    layers: list[Patch] = field(default_factory=list)
    merged: int = 0
    ground: Photo | None = None
    search: SteadySearch | None = None
    touched: float = 0.0

    def lay(
        self, keep: int, pieces: list[tuple[int, int, Image.Image]], begin: Callable[[Photo], Session]
    ) -> None:
        """Keep the lowest `keep` layers and lay others on them: column, row and a picture of the new pixels.

        The work goes on in the session that `begin` makes of the photo with all layers. 404 where `keep`
        tells of layers that are merged: the page then sends the photo and all layers anew.
        """
        kept = keep - self.merged
        if not 0 <= kept <= len(self.layers):
            raise gone()
        ground = self.session.photo if self.ground is None else self.ground
        layers = self.layers[:kept]
        session = self.session if kept == len(self.layers) else begin(with_patches(ground, layers))
        for left, top, picture in pieces:
            layers.append(session.paste(left, top, picture))
            if self.search is not None and layers[-1].hole.sum() > SMALL * ground.pixels[..., 0].size:
                self.search.forget()
            session = begin(with_patches(session.photo, layers[-1:]))
        merged = self.merged
        while sum(patch.hole.size for patch in layers) > MOST_PIXELS * ground.pixels[..., 0].size:
            ground, merged = with_patches(ground, layers[:1]), merged + 1
            layers = layers[1:]
        self.session, self.ground, self.layers, self.merged, self.scores = (
            session,
            ground,
            layers,
            merged,
            None,
        )

    def keep_style(self, style: Style) -> str:
        """Remember a style; returns its name."""
        name = secrets.token_urlsafe(8)
        self.styles[name] = style
        while len(self.styles) > MOST_REFERENCES:
            self.styles.popitem(last=False)
        return name


def gone() -> HTTPException:
    """What is said of a photo that has to be sent again."""
    return HTTPException(404, "this photo is no longer on the server's table; send it again")


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
                raise gone()
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
