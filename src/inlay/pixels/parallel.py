"""Run independent windows of a picture side by side, in threads."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["each", "set_threads", "threads"]

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_threads = min(4, os.cpu_count() or 1)


def set_threads(count: int) -> None:
    """Let this process use so many threads; processes side by side take one each."""
    global _threads
    _threads = count


def threads() -> int:
    """Return how many threads this process uses."""
    return _threads


def each(function: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """What a function gives for each item, in their order, whatever the number of threads.

    SciPy's solvers and NumPy's larger operations let other threads run meanwhile.

    >>> each(abs, [-2, 1])
    [2, 1]
    """
    todo = list(items)
    if min(_threads, len(todo)) < 2:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(min(_threads, len(todo))) as pool:
        return list(pool.map(function, todo))
