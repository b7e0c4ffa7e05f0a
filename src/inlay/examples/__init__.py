"""The example portrait, its holes and a damaged print, as files that come with the package."""

from pathlib import Path

from inlay.errors import UserError

__all__ = ["example"]

FOLDER = Path(__file__).parent


def example(name: str) -> Path:
    """The path of an example picture.

    'damaged' is an old print, 'portrait' a face; 'hole-scratch', 'hole-stain', 'hole-object' and
    'hole-all' are holes of the portrait.

    >>> example("hole-stain").name
    'hole-stain.png'
    """
    known = {path.stem: path for path in FOLDER.iterdir() if path.suffix in (".png", ".jpg")}
    if name not in known:
        raise UserError(f"no example '{name}'; expected one of {', '.join(sorted(known))}")
    return known[name]
