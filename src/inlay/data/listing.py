"""What lies in a folder of pictures, and what of it is passed over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inlay.errors import UserError
from inlay.files import resolved
from inlay.places import Place

__all__ = ["Listing", "by_stem", "left_out", "list_folder", "pictures_of"]


@dataclass
class Listing:
    """What lies in a folder: pictures by their path in it without suffix, and what is left out."""

    pictures: list[tuple[str, Place]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def list_folder(folder: Place, recursive: bool = False, leave: Collection[Place | None] = ()) -> Listing:
    """The pictures of a folder, and of its subfolders if `recursive`; hidden files are passed over.

    Folders in `leave` are not entered, nor links to folders.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; expected a folder of pictures")
    found = Listing()
    _list(folder, "", found, recursive, {resolved(place) for place in leave if place is not None})
    return found


def _list(folder: Place, inside: str, found: Listing, recursive: bool, leave: set[str]) -> None:
    from inlay.images import PICTURE_SUFFIXES

    there: list[Place] = sorted(folder.iterdir(), key=str)
    for place in there:
        if place.name.startswith("."):
            continue
        if place.suffix.lower() in PICTURE_SUFFIXES:
            found.pictures.append((f"{inside}{place.stem}", place))
        elif not place.is_dir():
            found.unread.append(f"{inside}{place.name}")
        elif resolved(place) in leave:
            continue
        elif recursive and not (isinstance(place, Path) and place.is_symlink()):
            _list(place, f"{inside}{place.name}/", found, recursive, leave)
        else:
            found.folders.append(f"{inside}{place.name}")


def pictures_of(
    folder: Place, recursive: bool = False, leave: Collection[Place | None] = ()
) -> list[tuple[str, Place]]:
    """The pictures of `list_folder`, of which there is at least one."""
    from inlay.images import PICTURE_SUFFIXES

    found = list_folder(folder, recursive, leave)
    if found.pictures:
        return found.pictures
    there = [*found.unread, *(f"{name}/" for name in found.folders)]
    raise UserError(
        f"{folder}: no pictures there{f' ({_some(there)})' if there else ''}; expected files ending in "
        f"{', '.join(sorted(PICTURE_SUFFIXES))}{'' if recursive or not found.folders else ', or --recursive'}"
    )


def _some(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def left_out(found: Listing) -> str:
    """One line about what a batch passes over; nothing if it takes all.

    >>> left_out(Listing(unread=["b.heic"], folders=["old"]))
    '1 file not read: b.heic; 1 folder not entered: old (--recursive)'
    """
    parts = []
    if found.unread:
        count = len(found.unread)
        parts.append(f"{count} file{'s' * (count > 1)} not read: {_some(found.unread)}")
    if found.folders:
        count = len(found.folders)
        parts.append(f"{count} folder{'s' * (count > 1)} not entered: {_some(found.folders)} (--recursive)")
    return "; ".join(parts)


def by_stem(path: Place, recursive: bool, leave: Collection[Place | None]) -> dict[str, Place] | None:
    """The pictures of a folder by stem; None for one file. Two of one stem are an error."""
    if not path.is_dir():
        return None
    found: dict[str, Place] = {}
    for stem, place in pictures_of(path, recursive, leave):
        if stem in found:
            raise UserError(f"{found[stem]} and {place} are both for the photo {stem}; keep one of them")
        found[stem] = place
    return found
