"""How much memory this process holds, and held at most; without PyTorch, whose libraries would count too."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["held", "peak_memory", "reset_peak"]

SELF = Path("/proc/self")

Answer = TypeVar("Answer")


def reset_peak() -> None:
    """Set the highest mark back to what is held now. Raises `OSError` on systems other than Linux."""
    (SELF / "clear_refs").write_text("5")


def held(field: str) -> int:
    """Return the bytes that are resident now (`VmRSS`) or at most (`VmHWM`).

    Raises `OSError` on systems other than Linux.
    """
    lines = (SELF / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def peak_memory(call: Callable[[], Answer]) -> tuple[Answer, int | None]:
    """Call, and return with the answer the most bytes that the process held meanwhile, libraries included.

    None in place of the bytes where the system does not tell (it is not Linux).
    """
    try:
        reset_peak()
    except OSError:
        return call(), None
    return call(), held("VmHWM")
