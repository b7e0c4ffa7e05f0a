"""Folders of pictures that go with stems."""

from pathlib import Path

from inlay.data.folder import IMAGE_SUFFIXES
from inlay.errors import UserError

__all__ = ["find_by_stem"]


def find_by_stem(folder: Path, stems: list[str], *, what: str) -> list[Path]:
    """The picture of each stem in `folder`; `what` they are is named when one is missing."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected {what} named STEM.png")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in IMAGE_SUFFIXES and path.stem in stems:
            if path.stem in found:
                raise UserError(
                    f"{folder}: '{found[path.stem].name}' and '{path.name}' share one stem; keep one"
                )
            found[path.stem] = path
    missing = [stem for stem in stems if stem not in found]
    if missing:
        shown = ", ".join(missing[:3])
        raise UserError(
            f"{folder}: no {what} for {len(missing)} of {len(stems)} stems: {shown}; name them STEM.png"
        )
    return [found[stem] for stem in stems]
