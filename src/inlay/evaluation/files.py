"""Writing reports: whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

from inlay.errors import UserError

__all__ = ["check_output", "write_json", "write_text"]


def check_output(path: Path) -> Path:
    """The path, if a file can be written there; asked before the work, so that nothing long is lost."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder; expected the name of a file to write")
    if not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} is not there; make it or name another")
    return path


def write_text(path: Path, text: str) -> None:
    """Write to a temporary name, then rename."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise UserError(f"{path}: cannot be written ({error})") from error


def write_json(path: Path, report: dict[str, Any]) -> None:
    """A report as JSON, in which nothing is infinite or not a number."""
    write_text(path, json.dumps(report, indent=1, allow_nan=False) + "\n")
