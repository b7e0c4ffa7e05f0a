"""A data folder: `images/STEM.jpg`, `labels/STEM.png` and, for a split, a file of stems."""

from dataclasses import dataclass
from pathlib import Path

from inlay.errors import UserError
from inlay.images import PICTURE_SUFFIXES

__all__ = [
    "IMAGE_SUFFIXES",
    "Pair",
    "Picture",
    "find_pairs",
    "list_pairs",
    "list_pictures",
    "pictures_in",
    "read_stems",
]

IMAGE_SUFFIXES = tuple(sorted(PICTURE_SUFFIXES))


@dataclass(frozen=True)
class Picture:
    """One portrait on disk."""

    stem: str
    image: Path


@dataclass(frozen=True)
class Pair(Picture):
    """One portrait and its layout on disk."""

    label: Path


def read_stems(path: Path) -> list[str]:
    """The stems of a split, one a line, in the file's order."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: no readable stems file ({error}); expected one stem a line") from error
    stems = [stem for line in lines if (stem := line.strip())]
    if not stems:
        raise UserError(f"{path}: the stems file is empty; expected one stem a line")
    if len(set(stems)) != len(stems):
        twice = next(s for s in stems if stems.count(s) > 1)
        raise UserError(f"{path}: the stem '{twice}' stands there twice; expected each stem once")
    return stems


def list_pictures(images: Path, stems: list[str] | None = None) -> list[Picture]:
    """Find the pictures of the given stems, or all by sorted name; a missing one is a `UserError`."""
    found = _by_stem(images)
    for stem in stems or ():
        if stem not in found:
            raise UserError(f"{images}: no image there for '{stem}'; expected a file named {stem}.jpg")
    return [Picture(stem, found[stem]) for stem in (sorted(found) if stems is None else stems)]


def list_pairs(images: Path, labels: Path, stems: list[str] | None = None) -> list[Pair]:
    """The pairs of the given stems, or all pairs by sorted name. A missing partner is named."""
    pairs, missing = find_pairs(images, labels, stems)
    if missing:
        more = f" ({len(missing)} such)" if len(missing) > 1 else ""
        raise UserError(missing[0] + more)
    return pairs


def find_pairs(images: Path, labels: Path, stems: list[str] | None = None) -> tuple[list[Pair], list[str]]:
    """The pairs of the given stems, or all pairs by sorted name, and a line for each file that is missing."""
    by_stem = [_by_stem(folder) for folder in (images, labels)]
    wanted = sorted(set(by_stem[0]) | set(by_stem[1])) if stems is None else stems
    missing = [
        f"{folder}: no {what} there for '{stem}'; expected a file named {stem}{suffix}"
        for stem in wanted
        for folder, found, what, suffix in zip(
            (images, labels), by_stem, ("image", "layout"), (".jpg", ".png"), strict=True
        )
        if stem not in found
    ]
    both = [stem for stem in wanted if all(stem in found for found in by_stem)]
    return [Pair(s, by_stem[0][s], by_stem[1][s]) for s in both], missing


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The pictures of a folder, by name; there is at least one."""
    return tuple(_by_stem(folder).values())


def _by_stem(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected pictures named STEM.jpg or STEM.png")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        if path.stem in found:
            raise UserError(f"{folder}: '{found[path.stem].name}' and '{path.name}' share one stem; keep one")
        found[path.stem] = path
    if not found:
        raise UserError(f"{folder}: no pictures there; expected files ending in {', '.join(IMAGE_SUFFIXES)}")
    return found
