"""Worker processes that read the files of a corpus store, on this machine or on an executor of the user.

Workers import neither jax nor anything else that starts threads. They end with the builder: it holds one end of a pipe.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aether_lab.signals.corpus import Corpus, read_file

Stamp = tuple[str, int, int]  # path relative to the folder, with "/"; size in bytes; last change in ns


def results_as_completed(
    executor: Executor, folder: Path, tasks: Iterable[list[Stamp]], ahead: int
) -> Iterator[list[tuple[Stamp, Corpus]]]:
    """Results in the order in which tasks finish; at most `ahead` tasks are pending."""
    pending: set[Future] = set()
    finished: set[Future] = set()
    try:
        for task in tasks:
            pending.add(executor.submit(_read_task, str(folder), task))
            if len(pending) >= ahead:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                while finished:
                    yield finished.pop().result()
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            while finished:
                yield finished.pop().result()
    except BrokenExecutor as error:
        raise RuntimeError(
            f"{folder}: a worker process died; the files read so far are kept. Possible causes: too little memory, a "
            'script that calls build_corpus outside of `if __name__ == "__main__":`, a file that crashes the reader'
        ) from error
    finally:
        for future in pending:
            future.cancel()


def _read_task(folder: str, files: list[Stamp]) -> list[tuple[Stamp, Corpus]]:
    """The spectra of some files; of fewer if the build has ended, which then drops them."""
    root = Path(folder)
    return [(stamp, read_file(root / stamp[0], root)) for stamp in files if not _stop.is_set()]


@contextmanager
def process_pool(tasks: int) -> Iterator[Executor]:
    """One process per available core, spawned, because a fork copies the locks of jax's threads.

    The workers hold one end of a pipe. When the builder ends or closes the other, they stop reading.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")
    ended, end = spawn.Pipe(duplex=False)
    with _signals_blocked():  # for the process that tracks semaphores; SIGHUP would end it
        pool = _Pool(min(tasks, cores, 61), spawn, _prepare_worker, (ended,))  # 61: the limit on Windows
    try:
        yield pool
    finally:
        end.close()
        pool.stop()
        ended.close()


class _Pool(ProcessPoolExecutor):
    """Its processes begin with signals blocked, until `_prepare_worker` has decided about them."""

    workers: frozenset[multiprocessing.process.BaseProcess] = frozenset()

    def submit(self, *args: Any, **kwargs: Any) -> Future:
        before = multiprocessing.active_children()
        with _signals_blocked():
            try:
                return super().submit(*args, **kwargs)
            finally:
                self.workers |= frozenset(multiprocessing.active_children()).difference(before)

    def stop(self) -> None:
        """Ends idle workers at once, and kills others after a second, such as those that still start."""
        self.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + 1
        for worker in self.workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        for worker in self.workers:
            worker.kill()
        self.shutdown()


_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """New processes inherit this; a signal that arrives here waits until the end."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_stop = threading.Event()  # set in a worker whose build has ended


def _prepare_worker(ended: Connection) -> None:
    """Leaves Ctrl-C and SIGHUP to the builder, and ends with it: a killed builder cannot end its workers."""
    for number in set(_SIGNALS) - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_exit_after, args=(ended,), daemon=True).start()


def _exit_after(ended: Connection) -> None:
    """Lets the worker stop after the file in work; ends it when the builder has ended."""
    with suppress(EOFError, OSError):
        ended.recv_bytes()
    _stop.set()
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
