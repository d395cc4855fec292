"""Locks between processes: `flock`, which the system releases when the owner ends, however it ends.

Where a system or a file system has none, such as Windows, nothing is locked and everything else works.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


leftovers: set[Path] = set()
"""Temporaries and lock files of this process: what it deletes before it ends."""


def delete_leftovers() -> None:
    """Deletes them now, for an end that leaves no time to return from where they are in use."""
    for path in tuple(leftovers):
        with suppress(OSError):
            path.unlink()


def lock(descriptor: int, wait: bool = False) -> None:
    """Locks an open file until it is closed.

    Raises:
        BlockingIOError: another process has locked it, and `wait` is false.
        OSError: there are no locks here.
    """
    if fcntl is None:
        raise OSError(errno.ENOSYS, "this system has no flock")
    fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


@contextmanager
def sole_writer(path: str | os.PathLike) -> Iterator[None]:
    """Refuses a second writer of `path`, by an empty locked file `.NAME.lock` beside it; a stale one is harmless.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, sole_writer(f"{folder}/model"), sole_writer(f"{folder}/model"):
    ...     pass
    Traceback (most recent call last):
    ValueError: ...model: another process is writing it; wait until it has ended, or choose another name

    Raises:
        ValueError: another process, or another call in this one, is writing it.
        OSError: the folder does not exist or is not writable.
    """
    target = Path(os.path.realpath(path))
    name = target.with_name(f".{target.name}.lock")
    try:
        descriptor = _open_locked(name)
        leftovers.add(name)
    except BlockingIOError as error:
        raise ValueError(
            f"{path}: another process is writing it; wait until it has ended, or choose another name"
        ) from error
    except OSError as error:
        raise type(error)(f"{path}: {name.name} beside it cannot be made ({error.strerror})") from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows deletes no open file
            name.unlink()
        leftovers.discard(name)
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """Opens and locks a file; its last owner deletes it, so the locked file may no longer be the one at `path`."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            lock(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            raise
        except OSError:
            return descriptor
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)
