"""Writing a file so that a reader, or a crash, never meets half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_bytes(path: str | os.PathLike, data: bytes) -> Path:
    """Writes `data` beside `path` and renames it into place; an interrupted write leaves the old file as it was.

    Raises:
        FileNotFoundError: if the folder of `path` does not exist.
    """
    with replacing(path) as scratch:
        scratch.write_bytes(data)
    return Path(path)


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """An empty file beside `path`, to be written; it takes the place of `path` at the end, or vanishes on an error.

    Raises:
        FileNotFoundError: if the folder of `path` does not exist.
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
        scratch.chmod(0o644)  # mkstemp makes private files; what is written here is meant to be shared
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
