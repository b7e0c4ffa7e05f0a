"""The example portrait and its holes, as files that come with the package."""

from pathlib import Path

from inlay.errors import UserError

__all__ = ["example"]

FOLDER = Path(__file__).parent


def example(name: str) -> Path:
    """The path of an example picture: 'portrait', or 'hole-scratch', 'hole-stain', 'hole-object', 'hole-all'.

    >>> example("hole-stain").name
    'hole-stain.png'
    """
    path = FOLDER / f"{name}.png"
    if not path.is_file():
        known = ", ".join(sorted(item.stem for item in FOLDER.glob("*.png")))
        raise UserError(f"no example '{name}'; expected one of {known}")
    return path
