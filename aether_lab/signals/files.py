"""Atomic writes: a reader never sees a partly written file, even after a crash.

A file is written under a temporary name in its folder, `.aether_lab-….partial`, and takes its own name at the end. A
temporary is locked as long as its writer lives; the next write in the folder deletes those of killed writers.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from aether_lab.signals.locks import leftovers, lock

_PREFIX, _SUFFIX = ".aether_lab-", ".partial"
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NONBLOCK = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


def write_bytes(path: str | os.PathLike, data: bytes) -> Path:
    """Writes a file atomically, as `replacing` does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bytes(f"{folder}/a.txt", b"text").read_text()
    'text'
    """
    with replacing(path) as scratch:
        scratch.write_bytes(data)
    return Path(path)


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary file, which replaces `path` at the end, or is deleted on an error.

    Of a symbolic link the target is replaced. An existing file keeps its mode, a new one has that of the umask.
    Devices, pipes and descriptors (`/dev/stdout`, `/dev/fd/3`) are written to, not replaced; so is a writable file in a
    folder that is not writable, which is the one write that is not atomic.

    Raises:
        IsADirectoryError: `path` is a folder.
        FileNotFoundError: its folder does not exist.
        PermissionError: the file is write-protected, or it is new and its folder is not writable.
        OSError: the disk is full, or the name too long; an old file is unchanged.
    """
    path = Path(path)
    through = _written_through(path)
    target = Path(os.path.realpath(path))
    with _temporary(target.parent if through is None else Path(tempfile.gettempdir())) as scratch:
        try:
            yield scratch
            with scratch.open("r+b") as file:
                os.fsync(file.fileno())
            if through is None:
                _keep_owner_and_mode(target, scratch)
                scratch.replace(target)
            else:
                with scratch.open("rb") as file, _open(through) as sink:
                    shutil.copyfileobj(file, sink)
        except OSError as error:
            if error.errno in _FULL and error.filename in (None, str(scratch)):
                raise OSError(f"{path}: not written ({error.strerror})") from error
            raise


def is_replaceable(path: str | os.PathLike) -> bool:
    """Whether `path` names a regular file, or one that can be made: no device, pipe or descriptor."""
    return descriptor_of(Path(path)) is None and (os.path.isfile(path) or not os.path.exists(path))


def _written_through(path: Path) -> Path | int | None:
    """What is opened and written to in place of a replacement; None for what is replaced."""
    if (descriptor := descriptor_of(path)) is not None:
        with _named(path):
            os.fstat(descriptor)
        return descriptor
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {target.parent} to write into")
    with _named(path):
        try:
            mode = os.stat(path).st_mode
        except FileNotFoundError:
            mode = None
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{path}: a folder; name a file in it")
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(f"{path}: write-protected")
    if mode is not None and not stat.S_ISREG(mode):
        return path
    if not os.access(target.parent, os.W_OK | os.X_OK):
        if mode is None:
            raise PermissionError(f"{path}: the folder {target.parent} is not writable")
        return target
    return None


def _open(through: Path | int) -> IO[bytes]:
    return open(through, "wb", closefd=isinstance(through, Path))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """An error of the system begins with the name that the user gave."""
    try:
        yield
    except OSError as error:
        raise type(error)(f"{path}: not written ({error.strerror})") from error


def descriptor_of(path: Path) -> int | None:
    """The number of an open file of this process, from `/dev/fd/1`, `/dev/stdout` or a link to one."""
    for _ in range(40):  # links; the system follows as many
        if path.name.isdigit() and os.path.realpath(path.parent) == os.path.realpath("/dev/fd"):
            return int(path.name)
        if not os.path.islink(path):
            break
        path = path.parent / os.readlink(path)
    return None


def _keep_owner_and_mode(target: Path, scratch: Path) -> None:
    with suppress(FileNotFoundError):
        old = target.stat()
        with suppress(OSError, AttributeError):  # only root gives files away; Windows has no chown
            os.chown(scratch, old.st_uid, old.st_gid)
        scratch.chmod(stat.S_IMODE(old.st_mode))


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """An empty, locked file in `folder`, deleted at the end if it is still there."""
    _sweep(folder)
    scratch, descriptor = folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}", None
    leftovers.add(scratch)
    try:
        descriptor = _create_locked(scratch)
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)
        leftovers.discard(scratch)
        if descriptor is not None:
            os.close(descriptor)


def _create_locked(scratch: Path) -> int | None:
    """The descriptor of a new file that keeps it locked; None without locks. Another process may sweep it before."""
    while True:
        descriptor = os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            lock(descriptor, wait=True)
        except OSError:  # Windows, where an open file cannot be renamed
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Deletes temporaries that nobody has locked: their writers were killed."""
    for stale in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            descriptor = os.open(stale, os.O_RDWR | _NONBLOCK)
            try:
                lock(descriptor)
                if os.fstat(descriptor).st_nlink:
                    stale.unlink()
            finally:
                os.close(descriptor)
