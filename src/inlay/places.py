"""Where files lie: paths, and URLs that fsspec opens (s3://, gs://, https://, hdfs://, memory:// ...)."""

import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from inlay.errors import UserError
from inlay.extras import require

__all__ = ["Place", "Url", "delivered", "fetched", "place_of", "state_of"]

SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):/+(.+)", re.IGNORECASE | re.DOTALL)
"""At least two letters before the colon: one is a drive. pathlib leaves one slash of two, so one will do."""

WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory"}
"""Where an object appears whole or not at all; elsewhere it is written under another name and moved."""

ROOTED = {"local"}
"""Where a path begins at a root, so that three slashes stand before it."""


@dataclass(frozen=True, order=True)
class Url:
    """The address of a file or a folder that fsspec opens; the parts of its name are pathlib's."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, name: str) -> "Url":
        return Url(f"{self.text.rstrip('/')}/{name}")

    @property
    def name(self) -> str:
        """The last part, without a query."""
        return PurePosixPath(self.text.split("?")[0]).name

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The suffix of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> "Url":
        """The folder."""
        return Url(self.text.rstrip("/").rpartition("/")[0])

    def absolute(self) -> "Url":
        """Itself, as addresses are."""
        return self

    def system(self) -> tuple[Any, str]:
        """fsspec's file system, and the path in it."""
        fsspec = require("fsspec", package="fsspec", install="pip install fsspec")
        try:
            return fsspec.core.url_to_fs(self.text)
        except (ImportError, ValueError) as error:
            raise UserError(f"{self}: cannot be opened ({error})") from error

    def is_file(self) -> bool:
        """Whether a file lies there."""
        files, path = self.system()
        return bool(files.isfile(path))

    def is_dir(self) -> bool:
        """Whether a folder lies there."""
        files, path = self.system()
        return bool(files.isdir(path))

    def iterdir(self) -> "Iterator[Url]":
        """What lies in the folder."""
        files, path = self.system()
        for entry in files.ls(path, detail=False):
            name = PurePosixPath(str(entry).rstrip("/")).name
            if name != PurePosixPath(path).name:
                yield self / name

    def read_bytes(self) -> bytes:
        """The file's content."""
        files, path = self.system()
        return bytes(files.cat_file(path))

    def write_bytes(self, data: bytes) -> None:
        """Write a small file."""
        files, path = self.system()
        files.makedirs(self.parent.system()[1], exist_ok=True)
        files.pipe_file(path, data)


Place = Path | Url


def place_of(given: str | Path) -> Place:
    """The place that a person named; file:// is a path, whose %20 are spaces.

    >>> place_of("photos/a.png"), place_of(Path("s3://bucket/a.png")), place_of("file:///a%20b.png")
    (PosixPath('photos/a.png'), Url(text='s3://bucket/a.png'), PosixPath('/a b.png'))
    """
    found = SCHEME.fullmatch(str(given))
    if not found:
        return Path(given)
    scheme, rest = found[1].lower(), found[2]
    if scheme == "file":
        # In file URLs a space is %20; a name that holds % itself is %25.
        return Path("/" + unquote(rest))
    return Url(f"{scheme}:///{rest}" if scheme in ROOTED else f"{scheme}://{rest}")


def state_of(place: Place | None) -> tuple[str, int, str] | None:
    """Name, size and version of a file, which tell whether it changed."""
    if place is None:
        return None
    try:
        if isinstance(place, Path):
            state = place.stat()
            return str(place.absolute()), state.st_size, str(state.st_mtime_ns)
        files, path = place.system()
        facts = files.info(path)
    except Exception:  # not there, or out of reach, in the words of each kind of storage
        return str(place), -1, ""
    marks = (facts.get(key) for key in ("ETag", "etag", "mtime", "LastModified", "updated", "created"))
    return str(place), int(facts.get("size") or 0), str(next((m for m in marks if m), ""))


@contextmanager
def fetched(*places: Place | None) -> Iterator[list[Path | None]]:
    """The files as paths: copies of what lies elsewhere, which are gone afterwards.

    A `UserError` inside names the address, not the copy.
    """
    with tempfile.TemporaryDirectory(prefix="inlay-") as folder:
        here: list[Path | None] = []
        names: dict[str, str] = {}
        for number, place in enumerate(places):
            if isinstance(place, Url):
                copy = Path(folder) / f"{number}-{place.name}"
                _fetch(place, copy)
                names[str(copy)] = str(place)
                here.append(copy)
            else:
                here.append(place)
        try:
            yield here
        except UserError as error:
            message = str(error)
            for copy_name, name in names.items():
                message = message.replace(copy_name, name)
            raise UserError(message) from error


def _fetch(url: Url, target: Path) -> None:
    files, path = url.system()
    try:
        files.get_file(path, str(target))
    except FileNotFoundError as error:
        raise UserError(f"{url}: no such file; expected a picture") from error
    except Exception as error:  # what lies behind a URL fails in its own ways
        raise UserError(f"{url}: cannot be fetched ({type(error).__name__}: {error})") from error
    if not target.is_file():
        raise UserError(f"{url}: is a folder; expected a picture")


@contextmanager
def delivered(place: Place) -> Iterator[Path]:
    """A path to write a result to; what lies elsewhere is sent there afterwards, whole or not at all."""
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="inlay-") as folder:
        path = Path(folder) / place.name
        yield path
        try:
            _send(path, place)
        except Exception as error:
            raise UserError(f"{place}: cannot be written ({type(error).__name__}: {error})") from error


def _send(path: Path, url: Url) -> None:
    files, target = url.system()
    files.makedirs(url.parent.system()[1], exist_ok=True)
    if url.text.split(":")[0] in WHOLE:
        files.put_file(str(path), target)
        return
    unfinished = (url.parent / f".{url.name}.{uuid.uuid4().hex[:8]}.part").system()[1]
    files.put_file(str(path), unfinished)
    files.mv(unfinished, target)
