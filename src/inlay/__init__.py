"""inlay repairs and edits portraits: holes are filled from the known pixels of the right kind.

The public names are imported when they are first used, so that `import inlay` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

from inlay.version import __version__

if TYPE_CHECKING:
    from inlay.batch import Batch
    from inlay.checkpoint import load_model
    from inlay.errors import UserError
    from inlay.repair.inpainter import Inpainter, Result

__all__ = ["Batch", "Inpainter", "Result", "UserError", "__version__", "load_model"]

_HOMES = {
    "Batch": "inlay.batch",
    "Inpainter": "inlay.repair.inpainter",
    "Result": "inlay.repair.inpainter",
    "UserError": "inlay.errors",
    "load_model": "inlay.checkpoint",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'inlay' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
