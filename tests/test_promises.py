"""Each "always", "never" and "exactly" of the pages and the help texts has a test (docs/promises.md)."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from inlay.cli.main import app

WORDS = re.compile(r"\b(always|never|exactly)\b", re.IGNORECASE)
OTHERS = {"promises.md", "odd-files.md"}


class Row(NamedTuple):
    promise: str
    where: str
    test: str


def plain(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def rows(root: Path) -> list[Row]:
    lines = (root / "docs" / "promises.md").read_text(encoding="utf-8").splitlines()[7:]
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return [Row(promise, where.strip("`"), test.strip("`")) for promise, where, test in cells]


def pages(root: Path) -> dict[str, str]:
    """The pages and the help texts by name."""
    found = {"README.md": plain((root / "README.md").read_text(encoding="utf-8"))}
    for path in sorted((root / "docs").glob("*.md")):
        if path.name not in OTHERS:
            found[f"docs/{path.name}"] = plain(path.read_text(encoding="utf-8"))
    commands = {"": typer.main.get_command(app)}
    for name, command in getattr(commands[""], "commands", {}).items():
        commands[f"{name} "] = command
        commands |= {f"{name} {sub} ": c for sub, c in getattr(command, "commands", {}).items()}
    for name, command in commands.items():
        helps = [command.help or "", *(getattr(option, "help", "") or "" for option in command.params)]
        found[f"inlay {name}--help"] = plain(" ".join(helps))
    return found


def test_each_promise_has_a_row(root: Path) -> None:
    promises = sorted(rows(root), key=lambda row: -len(row.promise))
    for where, text in pages(root).items():
        for row in (row for row in promises if row.where == where):
            text = text.replace(row.promise, "")
        word = WORDS.search(text)
        assert word is None, (
            f"{where}: no row of docs/promises.md for: {text[word.start() - 60 : word.end() + 30]}"
        )


def test_each_row_is_on_its_page_and_names_a_test(root: Path) -> None:
    there = pages(root)
    assert rows(root)
    for row in rows(root):
        assert row.promise in there[row.where], f"{row.where} no longer says: {row.promise}"
        assert WORDS.search(row.promise), row.promise
        path, _, name = row.test.partition("::")
        body = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
        assert f"def {name}(" in body, f"{row.test}: no such test"


@pytest.mark.parametrize("text", ["It is never so.", "Always\nexactly."])
def test_words_are_found(text: str) -> None:
    assert WORDS.search(plain(text))
