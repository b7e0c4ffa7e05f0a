"""What people are told of a result: a code for programs, a text for people."""

from dataclasses import dataclass

__all__ = ["Note"]


@dataclass(frozen=True)
class Note:
    """A message about a result. Programs compare the code; people read the text.

    >>> str(Note("faces", "2 faces found"))
    '2 faces found'
    """

    code: str
    text: str

    def __str__(self) -> str:
        return self.text
