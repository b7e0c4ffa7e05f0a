"""Libraries that only some commands need: imported when used, named with their install line when missing."""

import importlib
from types import ModuleType

from inlay.errors import UserError

__all__ = ["require"]


def require(module: str, *, package: str, install: str) -> ModuleType:
    """Import `module`; where it is missing, the `UserError` names the package and how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            f"this needs {package}, which cannot be imported here ({error}): {install}"
        ) from error
