"""Output files: they appear whole or not at all, and never in place of a file that is read."""

import errno
import hashlib
import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from inlay.errors import UserError
from inlay.places import Place, Url

__all__ = [
    "Named",
    "check_new",
    "check_output",
    "is_disk_full",
    "keep_inputs",
    "remove_unfinished",
    "resolved",
    "sha256",
    "unfinished_name",
    "whole_file",
]

Named = Mapping[str, Place | Iterable[Place] | None]
"""Paths by what they are: `the photo`, `--output`."""

DOCUMENTS = {".json", ".csv", ".md", ".tex", ".html"}
"""What inlay writes beside pictures; such a file in a folder of pictures is none of its inputs."""

OWN_NAME = re.compile(r"\.(filled(-\d+)?|repaired)\.[^.]+$")
"""Names that `inlay fill` chooses itself."""

HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
UNFINISHED = re.compile(rf"\.inlay-[0-9a-f]{{12}}-{HOST}-(\d+)\.part")
"""Temporary names that processes of this machine gave."""


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_output(path: Path) -> Path:
    """The path, if a file can be written there; ask before the work, so that nothing long is lost."""
    try:
        is_folder = path.is_dir()
        path.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:  # a name that is too long, a link to itself
        raise _unwritten(path, error) from error
    if is_folder:
        raise UserError(f"{path}: is a folder; expected the name of a file to write")
    if not path.parent.is_dir():
        raise UserError(f"{path}: the output folder {path.parent} is not there; make it, or name another")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(f"{path}: the output folder {path.parent} may not be written to; name another")
    return path


def check_new(path: Path, overwrite: bool) -> Path:
    """The path, if nothing is there that a person may want to keep; names like a.filled.png are inlay's."""
    if os.path.lexists(path) and not overwrite and not OWN_NAME.search(path.name):
        raise UserError(f"{path}: is there already; name another, or replace it with --overwrite")
    return path


def unfinished_name(path: Path) -> Path:
    """A temporary name beside `path`, short however long its name is."""
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]
    return path.with_name(f".inlay-{digest}-{HOST}-{os.getpid()}.part")


def remove_unfinished(folder: Path) -> None:
    """Remove the temporary files of this machine's processes that were killed."""
    try:
        names = [(entry, UNFINISHED.fullmatch(entry.name)) for entry in folder.iterdir()]
    except OSError:
        return
    for entry, found in names:
        if found is not None and not _runs(int(found[1])):
            entry.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    if os.name == "nt":  # there os.kill would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name in the folder of `path` to write to: renamed at the end, removed after a failure."""
    check_output(path)
    unfinished = unfinished_name(path)
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _unwritten(path: Path, error: OSError) -> UserError:
    return UserError(f"{path}: cannot be written ({error.strerror or error}); name another")


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it was raised from, says that a disk or a quota is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def keep_inputs(reads: Named, writes: Named) -> None:
    """Refuse to write over a file that is read, and to write two results to one file. Ask before the work.

    Two paths are one file if they resolve to one path, or have one device and inode: links of both kinds and
    other spellings count. A file to write in a folder that is read must be new, or a report.
    """
    sources: dict[object, tuple[str, Place]] = {}
    folders: dict[object, tuple[str, Place]] = {}
    for what, place in _each(reads):
        for key in _keys(place):
            sources.setdefault(key, (what, place))
            if isinstance(place, Path) and os.path.isdir(place):
                folders.setdefault(key, (what, place))
    targets: dict[str, str] = {}
    for option, place in _each(writes):
        found = [sources[key] for key in _keys(place) if key in sources] or _around(place, folders)
        if found:
            what, source = found[0]
            raise UserError(
                f"{place}: would overwrite a file that is read; name another {option} "
                f"(it is {what}, {source})"
            )
        former = targets.setdefault(resolved(place), option)
        if former != option:
            raise UserError(f"{place}: {former} and {option} would both be written there; name two files")


def _each(named: Named) -> Iterator[tuple[str, Place]]:
    for what, given in named.items():
        if isinstance(given, Path | Url):
            yield what, given
        elif given is not None:
            yield from ((what, place) for place in given)


def _keys(place: Place) -> list[object]:
    """What tells a file from others: its resolved path, and device and inode where it is there."""
    here = _here(place)
    if here is None:
        return [resolved(place)]
    try:
        state = here.stat()
    except (OSError, ValueError):
        return [resolved(place)]
    return [resolved(place), (state.st_dev, state.st_ino)]


def _around(place: Place, folders: Mapping[object, tuple[str, Place]]) -> list[tuple[str, Place]]:
    """The folder that is read in which this file is already there."""
    here = _here(place)
    if not folders or here is None or here.suffix.lower() in DOCUMENTS or not os.path.isfile(here):
        return []
    above = Path(resolved(here)).parents
    return [folders[key] for folder in above for key in _keys(folder) if key in folders]


def _here(place: Place) -> Path | None:
    """The path on this machine, also of local://."""
    if isinstance(place, Path):
        return place
    scheme, _, rest = place.text.partition("://")
    return Path(rest) if scheme == "local" else None


def resolved(place: Place) -> str:
    """The one spelling of a place: an absolute path without links to folders, or the address."""
    here = _here(place)
    if here is None:
        return str(place)
    if here.name in ("", "..", ".") or os.path.isdir(here):
        return os.path.realpath(here)
    return os.path.join(_real(str(here.parent), os.getcwd()), here.name)


@lru_cache(maxsize=1024)
def _real(folder: str, working: str) -> str:
    """The resolved folder; the working directory is part of what is asked."""
    return os.path.realpath(os.path.join(working, folder))
