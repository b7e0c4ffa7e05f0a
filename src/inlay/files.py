"""Output files: they appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inlay.errors import UserError

__all__ = ["check_output", "whole_file"]


def check_output(path: Path) -> Path:
    """The path, if a file can be written there; ask before the work, so that nothing long is lost."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder; expected the name of a file to write")
    if not path.parent.is_dir():
        raise UserError(f"{path}: the output folder {path.parent} is not there; make it, or name another")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(f"{path}: the output folder {path.parent} may not be written to; name another")
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name in the folder of `path` to write to: renamed at the end, removed after a failure."""
    check_output(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error}); name another") from error
    finally:
        unfinished.unlink(missing_ok=True)
