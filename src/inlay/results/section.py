"""A table with all that it needs to be read: how it was measured, on what, by which command, what it says."""

import csv
import io
import textwrap
from dataclasses import dataclass, field

__all__ = ["Section", "Table"]

WIDTH = 118


@dataclass(frozen=True)
class Table:
    """Cells as they are shown; figures stand to the right."""

    head: list[str]
    rows: list[list[str]]
    text_columns: int = 1

    def as_markdown(self) -> str:
        """A table of GitHub's Markdown."""
        rules = ["---" if n < self.text_columns else "---:" for n in range(len(self.head))]
        cells = [[cell.replace("|", r"\|") for cell in row] for row in (self.head, rules, *self.rows)]
        return "".join(f"| {' | '.join(row)} |\n" for row in cells)

    def as_csv(self) -> str:
        """A line a row."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows((self.head, *self.rows))
        return text.getvalue()


@dataclass(frozen=True)
class Section:
    """One table of the page; `words` say what agrees and what does not, made from the numbers themselves."""

    title: str
    about: str
    table: Table
    words: list[str]
    command: str
    provenance: str
    notes: list[str] = field(default_factory=list)

    def as_markdown(self) -> str:
        """The section of the page."""
        said = "".join(f"{_filled(f'- {word}', indent='  ')}\n" for word in self.words)
        notes = "".join(f"\n{_filled(note)}\n" for note in self.notes)
        return (
            f"## {self.title}\n\n{_filled(self.about)}\n\n{self.table.as_markdown()}{notes}\n"
            f"What agrees, and what does not:\n\n{said}\n{_filled(self.provenance)}\n\n"
            f"<!-- not run: it needs the data and takes long -->\n```sh\n{self.command}\n```\n"
        )


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
