"""What a batch has done, kept beside its results, so that it may be killed and resumed."""

import json
import time
import uuid
from pathlib import Path

from inlay.places import Place, Url

__all__ = ["JOURNAL", "Journal", "read_journals"]

JOURNAL = ".inlay-done.jsonl"
"""In each output folder: a line for each result, with a fingerprint of what it was made from."""

LINES, SECONDS = 200, 10.0
"""Where files cannot be appended to, a new one is written after so many results or so long."""


def read_journals(folders: set[Place]) -> dict[str, str]:
    """The fingerprint of each result, by where it lies."""
    done: dict[str, str] = {}
    for folder in folders:
        for text in _texts(folder):
            for line in text.splitlines():
                try:
                    entry = json.loads(line)
                    done[str((folder / entry["output"]).absolute())] = entry["fingerprint"]
                except (ValueError, KeyError, TypeError):
                    continue  # the line that was being written when the batch was killed
    return done


def _texts(folder: Place) -> list[str]:
    if isinstance(folder, Path):
        path = folder / JOURNAL
        return [path.read_text(encoding="utf-8")] if path.is_file() else []
    if not folder.is_dir():
        return []
    start = JOURNAL.removesuffix(".jsonl")
    parts = sorted(u for u in folder.iterdir() if u.name.startswith(start))
    return [part.read_bytes().decode("utf-8", "replace") for part in parts]


class Journal:
    """Notes results; `close` writes what has not been written yet."""

    def __init__(self) -> None:
        self.waiting: dict[Url, list[str]] = {}
        self.since = time.monotonic()

    def note(self, output: Place, fingerprint: str) -> None:
        """A result lies there, made from this."""
        line = json.dumps({"output": output.name, "fingerprint": fingerprint})
        if isinstance(output, Path):
            with (output.parent / JOURNAL).open("a", encoding="utf-8") as journal:
                journal.write(f"\n{line}\n" if journal.tell() else f"{line}\n")
            return
        self.waiting.setdefault(output.parent, []).append(line)
        many = sum(len(lines) for lines in self.waiting.values()) >= LINES
        if many or time.monotonic() - self.since > SECONDS:
            self.close()

    def close(self) -> None:
        """Write what waits."""
        for folder, lines in self.waiting.items():
            name = f"{JOURNAL.removesuffix('.jsonl')}-{uuid.uuid4().hex}.jsonl"
            (folder / name).write_bytes(("\n".join(lines) + "\n").encode())
        self.waiting.clear()
        self.since = time.monotonic()
