"""Damaged files of every kind are refused by name or read whole, quickly and in little memory."""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import mutations
import pytest
from sampling import sampled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="NOT TESTED: this system has no interval timers")

CHUNK = 50  # files per task


def read_damaged_files(total: int, seed: int, processes: int) -> Counter[str]:
    """Reads `total` damaged files in other processes; returns how many each reader accepted."""
    shares = {name: 0.2 if name in mutations.LARGE else 1.0 for name in mutations.READERS}
    counts = {name: -(-total * share // sum(shares.values())) for name, share in shares.items()}
    assert sum(counts.values()) >= total
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        tasks = [
            (name, pool.submit(mutations.try_reader, name, seed + begin, min(CHUNK, int(count) - begin)))
            for name, count in counts.items()
            for begin in range(0, int(count), CHUNK)
        ]
        results = [(name, *task.result()) for name, task in tasks]
    failures = [failure for _, _, failures, _ in results for failure in failures]
    assert not failures, f"{len(failures)} of {total}:\n" + "\n".join(failures[:20])
    assert max(peak for *_, peak in results) < mutations.MEMORY
    accepted: Counter[str] = Counter()
    for name, number, *_ in results:
        accepted[name] += number
    return accepted


def test_a_few_hundred_damaged_files_are_refused_or_read_whole():
    read_damaged_files(300, seed=1, processes=1)


@pytest.mark.slow(seconds=60)
def test_a_thousand_damaged_files_are_refused_or_read_whole():
    """Of every reader at least fifteen; ten thousand where `AETHER_LAB_ALL_CASES` is set."""
    total = sampled(10_000, 1000)
    accepted = read_damaged_files(total, seed=1000, processes=2)
    assert 0 < accepted.total() < total / 2
