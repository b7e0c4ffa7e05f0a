"""The one door for weights that come with the package."""

from importlib.resources import files
from pathlib import Path

from inlay.errors import UserError

__all__ = ["bundled_snapshot"]


def bundled_snapshot() -> Path:
    """The folder of the model that comes with the package."""
    folder = Path(str(files("inlay.weights") / "bundled"))
    if not folder.is_dir():
        raise UserError(f"{folder}: no model came with this installation; name a model folder (--model DIR)")
    return folder
