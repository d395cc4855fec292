"""Timing by the median of repeats, after a run that pays for compilation."""

import statistics
import time
from collections.abc import Callable


class Skipped(RuntimeError):
    """A row that cannot be measured here; the message says why."""


def median_seconds(work: Callable[[], object], repeats: int = 7) -> float:
    """Median wall-clock time of one call; `work` must not return before its result is there."""
    work()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)
