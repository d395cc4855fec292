"""Parts of a bank that run at the same time: SciPy and XLA release Python's lock while they filter."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import jax

T = TypeVar("T")


def side_by_side(run: Callable[..., T], *arguments: Iterable[Any]) -> list[T]:
    """`list(map(run, *arguments))` with every call in a thread, as many at a time as there are cores.

    A result is waited for within its thread, because JAX would put the calls of one device into one queue.

    >>> side_by_side(pow, [2, 3], [5, 2])
    [32, 9]
    """
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(lambda *each: jax.block_until_ready(run(*each)), *arguments))
