"""A data folder: `images/STEM.jpg`, `labels/STEM.png` and, for a split, a file of stems."""

from dataclasses import dataclass
from pathlib import Path

from inlay.errors import UserError

__all__ = ["IMAGE_SUFFIXES", "Pair", "list_pairs", "read_stems"]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class Pair:
    """One portrait and its layout on disk."""

    stem: str
    image: Path
    label: Path


def read_stems(path: Path) -> list[str]:
    """The stems of a split, one a line, in the file's order."""
    try:
        stems = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: no readable stems file ({error}); expected one stem a line") from error
    if not stems:
        raise UserError(f"{path}: the stems file is empty; expected one stem a line")
    if len(set(stems)) != len(stems):
        twice = next(s for s in stems if stems.count(s) > 1)
        raise UserError(f"{path}: the stem '{twice}' stands there twice; expected each stem once")
    return stems


def list_pairs(images: Path, labels: Path, stems: list[str] | None = None) -> list[Pair]:
    """The pairs of the given stems, or all pairs by sorted name. A missing partner is named."""
    by_stem = [_by_stem(folder) for folder in (images, labels)]
    if stems is None:
        stems = sorted(by_stem[0])
        spare = sorted(set(by_stem[1]) - set(stems))
        if spare:
            raise UserError(f"{labels}: layout '{spare[0]}' has no image in {images} ({len(spare)} such)")
    for folder, found in zip((images, labels), by_stem, strict=True):
        missing = [s for s in stems if s not in found]
        if missing:
            shown = ", ".join(missing[:3])
            raise UserError(f"{folder}: {len(missing)} of {len(stems)} stems have no file there: {shown}")
    return [Pair(s, by_stem[0][s], by_stem[1][s]) for s in stems]


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
