"""What a batch has done, kept beside its results, so that it may be killed and resumed."""

import json
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from inlay.data.manifest import Job
from inlay.errors import UserError
from inlay.files import check_new, remove_unfinished, resolved
from inlay.places import Place, Url

__all__ = ["JOURNAL", "Journal", "Made", "read_journals"]

JOURNAL = ".inlay-done.jsonl"
"""In each output folder: what a batch is going to write there, and a line for each result."""

LINES, SECONDS = 200, 10.0
"""Where files cannot be appended to, a new one is written after so many results or so long."""


class Made(NamedTuple):
    """What a result was made from, and its size in bytes; -1 is unknown."""

    fingerprint: str
    size: int = -1


def read_journals(folders: Collection[Place]) -> dict[str, Made]:
    """What is known of each result, by where it lies; what was only planned has an empty fingerprint."""
    known: dict[str, Made] = {}
    for folder in {resolved(folder): folder for folder in folders}.values():
        for entry in _entries(folder):
            try:
                for name in entry.get("planned", ()):
                    known.setdefault(resolved(folder / name), Made(""))
                if "output" in entry:
                    made = Made(str(entry["fingerprint"]), int(entry.get("size", -1)))
                    known[resolved(folder / entry["output"])] = made
            except (AttributeError, ValueError, KeyError, TypeError):
                continue  # a line that another program wrote
    return known


def _entries(folder: Place) -> Iterator[Any]:
    for text in _texts(folder):
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the line that was being written when the batch was killed


def _texts(folder: Place) -> list[str]:
    if isinstance(folder, Path):
        path = folder / JOURNAL
        try:
            return [path.read_bytes().decode("utf-8", "replace")] if path.is_file() else []
        except OSError as error:
            raise _unusable(path, error) from error
    if not folder.is_dir():
        return []
    start = JOURNAL.removesuffix(".jsonl")
    parts = sorted(u for u in folder.iterdir() if u.name.startswith(start))
    return [part.read_bytes().decode("utf-8", "replace") for part in parts]


def _unusable(path: Place, error: Exception) -> UserError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UserError(
        f"{path}: the journal of the batch cannot be read or written ({reason}); make it and its folder "
        "writable, or name another --output"
    )


class Journal:
    """Notes results; `close` writes what has not been written yet. All that fails is a `UserError`."""

    def __init__(self) -> None:
        self.waiting: dict[Url, list[str]] = {}
        self.since = time.monotonic()
        self.count = 0

    @contextmanager
    def plan(self, jobs: Collection[Job], overwrite: bool) -> Iterator[None]:
        """Note which files the batch is going to make, and refuse to replace any that no batch made.

        Files elsewhere (s3://, ...) are not looked for. If nothing is done because of a `UserError`, what was
        begun here is removed.
        """
        outputs: dict[Path, list[Path]] = {}
        for job in jobs:
            if isinstance(job.output, Path):
                outputs.setdefault(job.output.parent, []).append(job.output)
        made = read_journals(outputs)
        new = {f: [path for path in paths if resolved(path) not in made] for f, paths in outputs.items()}
        for path in (path for paths in new.values() for path in paths):
            check_new(path, overwrite)
        begun = [folder for folder, paths in new.items() if paths and not (folder / JOURNAL).exists()]
        for folder, paths in new.items():
            remove_unfinished(folder)
            if paths:
                self._append(folder, {"planned": [path.name for path in paths]})
        try:
            yield
        except UserError:
            if not self.count:
                for folder in begun:
                    (folder / JOURNAL).unlink(missing_ok=True)
                    if not any(folder.iterdir()):
                        folder.rmdir()
            raise

    def note(self, output: Place, made: Made) -> None:
        """A result lies there, made from this."""
        self.count += 1
        entry = {"output": output.name, "fingerprint": made.fingerprint, "size": made.size}
        if isinstance(output, Path):
            self._append(output.parent, entry)
            return
        self.waiting.setdefault(output.parent, []).append(json.dumps(entry))
        many = sum(len(lines) for lines in self.waiting.values()) >= LINES
        if many or time.monotonic() - self.since > SECONDS:
            self.close()

    def close(self) -> None:
        """Write what waits."""
        for folder, lines in self.waiting.items():
            name = f"{JOURNAL.removesuffix('.jsonl')}-{uuid.uuid4().hex}.jsonl"
            try:
                (folder / name).write_bytes(("\n".join(lines) + "\n").encode())
            except Exception as error:  # each kind of storage fails in its own way
                raise _unusable(folder / name, error) from error
        self.waiting.clear()
        self.since = time.monotonic()

    def _append(self, folder: Path, entry: dict[str, object]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / JOURNAL).open("ab") as journal:
                start = b"\n" if journal.tell() else b""
                journal.write(start + json.dumps(entry).encode() + b"\n")
        except OSError as error:
            raise _unusable(folder / JOURNAL, error) from error
