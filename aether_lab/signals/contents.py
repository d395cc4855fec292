"""What a file holds, from its first bytes: its name decides nothing."""

from __future__ import annotations

HEAD = 4096
"""Bytes from the beginning of a file that the functions here look at."""

_AUDIO = (  # (offset, first bytes, file type)
    (8, b"WAVE", "a WAV file"),
    (0, b"fLaC", "a FLAC file"),
    (8, b"AIFF", "an AIFF file"),
    (8, b"AIFC", "an AIFF file"),
    (0, b"OggS", "an OGG file"),
    (0, b"\x89HDF", "an HDF5 file, as SOFA is"),
)
_UNSUPPORTED = (
    (0, b"PK\x03\x04", "a ZIP archive, such as a spreadsheet: export it as CSV"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"ID3", "an MP3 file: save it as WAV or FLAC"),
)


def audio_type(head: bytes) -> str | None:
    """The type of a supported audio or SOFA file, such as "a WAV file"; None for any other content."""
    return _match(head, _AUDIO)


def unsupported_type(head: bytes) -> str | None:
    """The type of a file that is known but not read, with advice; None for any other content."""
    return _match(head, _UNSUPPORTED)


def _match(head: bytes, table: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((label for offset, magic, label in table if head[offset:].startswith(magic)), None)
