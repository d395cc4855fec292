"""What a file holds, from its first bytes: its name decides nothing."""

from __future__ import annotations

import errno
import os
import stat
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

_MOST_TAGS = 10

HEAD = 4096
"""Bytes from the beginning of a file that the functions here look at."""

_AUDIO = (  # ((offset, bytes), ...), file type
    (((0, b"RIFF"), (8, b"WAVE")), "a WAV file"),
    (((0, b"RIFX"), (8, b"WAVE")), "a WAV file"),
    (((0, b"RF64"), (8, b"WAVE")), "a WAV file"),
    (((0, b"BW64"), (8, b"WAVE")), "a WAV file"),
    (((0, b"fLaC"),), "a FLAC file"),
    (((0, b"FORM"), (8, b"AIFF")), "an AIFF file"),
    (((0, b"FORM"), (8, b"AIFC")), "an AIFF file"),
    (((0, b"OggS"),), "an OGG file"),
    (((0, b"riff\x2e\x91\xcf\x11"),), "a W64 file"),
    (((0, b"caff\x00\x01"),), "a CAF file"),
    (((0, b".snd"),), "an AU file"),
    (((0, b"dns."),), "an AU file"),  # little-endian
)
_HDF5 = tuple(  # behind a user block of 0 bytes, or of a power of two
    (((offset, b"\x89HDF\r\n\x1a\n"),), "an HDF5 file, as SOFA is") for offset in (0, 512, 1024, 2048)
)
_UNSUPPORTED = (
    (((0, b"PK\x03\x04"),), "a ZIP archive, such as a spreadsheet: export it as CSV"),
    (((0, b"%PDF"),), "a PDF document"),
    (((0, b"\x89PNG"),), "a picture"),
    (((0, b"\xff\xd8\xff"),), "a picture"),
    (((0, b"GIF8"),), "a picture"),
    (((0, b"ID3"),), "an MP3 file: save it as WAV or FLAC"),
    *((((0, bytes([0xFF, frame])),), "an MP3 file: save it as WAV or FLAC") for frame in b"\xfb\xfa\xf3\xf2\xe3\xe2"),
    (((4, b"ftyp"),), "an MPEG-4 file, such as M4A: save it as WAV or FLAC"),
    (((0, b"wvpk"),), "a WavPack file: save it as WAV or FLAC"),
    (((0, b"MATLAB 5.0"),), "a MATLAB file: save it as WAV or text"),
    (((0, b"CDF\x01"),), "a netCDF-3 file: SOFA files are netCDF-4"),
)
_Table = tuple[tuple[tuple[tuple[int, bytes], ...], str], ...]


def check_regular(path: str | os.PathLike, name: str | None = None) -> int:
    """The size in bytes of a regular file; anything else is refused before it is opened, since a pipe never ends.

    >>> check_regular("/dev/null")
    Traceback (most recent call last):
    ValueError: /dev/null: a device, not a file

    Raises:
        ValueError: a missing file, a dangling link, a loop of links, a folder, device, pipe or socket, or a path in a
            folder that cannot be entered. The message begins with `name`, by default the path.
    """
    name = str(path) if name is None else name
    try:
        status = os.stat(path)
    except OSError as error:
        raise ValueError(f"{name}: {_missing(path, error)}") from error
    except ValueError as error:  # a NUL character
        raise ValueError(f"{name}: no such file ({error})") from error
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{name}: {kinds.get(stat.S_IFMT(status.st_mode), 'something else')}, not a file")
    return status.st_size


def _missing(path: str | os.PathLike, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "a link that leads back to itself"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "a link to a file that does not exist" if os.path.islink(path) else "no such file"
    return f"cannot be opened ({error.strerror})"


def read_head(source: str | os.PathLike | bytes) -> bytes:
    """The first bytes of a regular file or of its content, without an ID3 tag before audio.

    Raises:
        OSError: the file cannot be opened.
    """
    with BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as file:
        file.seek(audio_start(file))
        return file.read(HEAD)


def audio_start(file: BinaryIO) -> int:
    """Where the audio of a file begins: behind its ID3 tags (id3.org, ID3v2.4.0, section 3.1), or at 0.

    Tags before anything that is not a supported audio file, such as MPEG frames, are left.
    """
    position = 0
    for _ in range(_MOST_TAGS):
        tag = _at(file, position, 10)
        if not tag.startswith(b"ID3") or len(tag) < 10 or max(tag[6:]) > 127:
            break
        size = sum(byte << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=True))
        position += 10 + size + 10 * bool(tag[5] & 0x10)  # the flag announces a footer
    return position if position and audio_type(_at(file, position, HEAD)) else 0


def _at(file: BinaryIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)


def audio_type(head: bytes) -> str | None:
    """The type of a supported audio or SOFA file, such as "a WAV file"; None for any other content.

    >>> audio_type(b"RIFF....WAVEfmt ")
    'a WAV file'
    """
    return _match(head, (*_AUDIO, *_HDF5))


def is_hdf5(head: bytes) -> bool:
    """Whether a file is HDF5, as every SOFA file is."""
    return _match(head, _HDF5) is not None


def unsupported_type(head: bytes) -> str | None:
    """The type of a file that is known but not read, with advice; None for any other content."""
    return _match(head, _UNSUPPORTED)


def is_text(head: bytes) -> bool:
    """Whether the bytes begin a text file: UTF-16 with a byte order mark, or no control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 32 and byte not in b"\t\n\v\f\r\x1a\x1b" for byte in head)


def _match(head: bytes, table: _Table) -> str | None:
    return next(
        (label for marks, label in table if all(head[offset:].startswith(mark) for offset, mark in marks)), None
    )
