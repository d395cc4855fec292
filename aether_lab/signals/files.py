"""Atomic writes: a reader never sees a partly written file, even after a crash."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_bytes(path: str | os.PathLike, data: bytes) -> Path:
    """Writes a file atomically; an interrupted write leaves the old file unchanged.

    Raises:
        FileNotFoundError: the folder of `path` does not exist.
    """
    with replacing(path) as scratch:
        scratch.write_bytes(data)
    return Path(path)


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary file beside `path`, which replaces `path` at the end, or is deleted on an error.

    Raises:
        FileNotFoundError: the folder of `path` does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent} to write into")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        with scratch.open("rb") as file:
            os.fsync(file.fileno())
        scratch.chmod(0o644)  # mkstemp makes private files
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
