"""Errors that are meant for people."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["UserError", "enough_memory", "is_out_of_memory"]

OUT_OF_MEMORY = ("can't allocate memory", "cannot allocate memory", "out of memory", "bad_alloc",
                 "failed to allocate memory", "insufficient memory")  # fmt: skip
"""How PyTorch, OpenCV, ONNX Runtime and safetensors say it; each has an error class of its own."""


class UserError(ValueError):
    """Something a person gave is not usable: the message says what came, what was expected, how to mend it.

    The command line prints the message as one line and exits with status 2.
    """


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, of whatever library, says that memory ran out.

    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."))
    True
    """
    if isinstance(error, UserError):
        return False
    return isinstance(error, MemoryError) or any(part in str(error).lower() for part in OUT_OF_MEMORY)


@contextmanager
def enough_memory(what: object) -> Iterator[None]:
    """Say of which file or model it was that memory ran out."""
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise UserError(
                f"{what}: not enough memory; close other programs, take fewer --workers, or a smaller picture"
            ) from error
        raise
