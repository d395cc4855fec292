"""How many cases a test tries."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def sampled(total: int, part: int) -> int:
    """`part` of a test's cases, or where the environment variable `AETHER_LAB_ALL_CASES` is set, `total`.

    Cases are drawn by a fixed seed from every kind, so that fewer of them are the first of the same series.
    """
    return total if os.environ.get("AETHER_LAB_ALL_CASES") else part


def some(cases: Sequence[T], *chosen: int) -> list[T]:
    """The chosen ones of the cases of a slow test, by index, or all where `AETHER_LAB_ALL_CASES` is set.

    For cases that each take many seconds and rarely fail alone.
    """
    return list(cases) if os.environ.get("AETHER_LAB_ALL_CASES") else [cases[k] for k in chosen]
