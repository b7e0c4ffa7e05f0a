"""The page of all tables."""

from collections.abc import Sequence

from inlay.results.section import Section

__all__ = ["page"]

HEAD = """# Results

The paper's tables, measured anew. `inlay results` wrote this page, its words included; no figure was put
in by hand. Run it again after a change of weights: what was measured before is reused.

<!-- not run: it needs the data and takes long -->
```sh
{command}
```

How figures are measured stands in [evaluation.md](evaluation.md).
"""


def page(sections: Sequence[Section], command: str) -> str:
    """The whole page; `command` writes it."""
    return HEAD.format(command=command) + "".join(f"\n{section.as_markdown()}" for section in sections)
