"""The size of the samples that the header of an audio file states, against the bytes that are there.

libsndfile reads truncated files without an error, and programs that write to a pipe cannot know the size: they leave 0
or the largest number. `SizedFile` shows libsndfile the true size in its place.

Sources: Multimedia Programming Interface and Data Specifications 1.0 (RIFF); EBU Tech 3306 (RF64, BW64); Audio
Interchange File Format 1.3 (AIFF); Sun audio(4) (AU); Apple Core Audio Format Specification 1.0 (CAF); Sony Sound Forge
Wave-64 (W64).
"""

from __future__ import annotations

import re
import struct
from typing import BinaryIO, NamedTuple

_PLACEHOLDER = 0x7FFF_0000  # bytes; the samples of an impulse response are smaller
_MOST_CHUNKS = 10_000
_TRAILER = 1 << 16  # bytes at the end of a file in which chunks behind samples of unknown size are looked for
_CHUNK = re.compile(rb"LIST|id3 |ID3 |bext|iXML|_PMX|cue |smpl|fact|PEAK|junk|JUNK|NAME|AUTH|ANNO|COMT|MARK|INST")


class _Layout(NamedTuple):
    """How a family of files is built of chunks."""

    first: int  # where the first chunk is
    name: int  # bytes of the name of a chunk
    size: str  # format of its size, which follows
    own: int  # bytes of the name and the size that the size includes
    padding: int  # chunks are padded to a multiple of this
    samples: bytes  # how the name of the chunk of samples begins

    @property
    def header(self) -> int:
        return self.name + struct.calcsize(self.size)

    def end(self, position: int, stated: int) -> int:
        """Where the chunk ends that begins at a position."""
        return position + self.header + -(-(stated - self.own) // self.padding) * self.padding


_LAYOUTS = {
    b"RIFF": _Layout(12, 4, "<I", 0, 2, b"data"),
    b"RIFX": _Layout(12, 4, ">I", 0, 2, b"data"),
    b"RF64": _Layout(12, 4, "<I", 0, 2, b"data"),
    b"BW64": _Layout(12, 4, "<I", 0, 2, b"data"),
    b"FORM": _Layout(12, 4, ">I", 0, 2, b"SSND"),
    b"caff": _Layout(8, 4, ">q", 0, 1, b"data"),
    b"riff": _Layout(40, 16, "<q", 24, 8, b"data"),  # W64
}


class Samples(NamedTuple):
    """The samples of a file. Positions are bytes from the beginning of the audio."""

    position: int
    stated: int  # size in bytes according to the header; -1 or very large for samples up to the end of the file
    field: int  # where the header states it
    format: str  # of the field, for `struct`
    available: int  # bytes from `position` to the end of the file, or to the chunks behind the samples
    own: int = 0  # bytes that the field counts besides the samples

    @property
    def size_unknown(self) -> bool:
        return not 0 < self.stated < _PLACEHOLDER

    @property
    def missing(self) -> int:
        """Bytes by which a truncated file is shorter than its header states."""
        return 0 if self.size_unknown else max(0, self.stated - self.available)


def find_samples(file: BinaryIO, begin: int, size: int) -> Samples | None:
    """The samples of WAV, AIFF, CAF, W64 and AU files; None for any other file, or where there are none.

    Args:
        file: seekable; its position changes.
        begin: where the audio begins, bytes.
        size: of the whole file, bytes.
    """
    file.seek(begin)
    head = file.read(12)
    if head[:4] in (b".snd", b"dns.") and len(head) == 12:
        order = ">" if head[:1] == b"." else "<"
        position, stated = struct.unpack(f"{order}II", head[4:])
        return Samples(position, stated, 8, f"{order}I", size - begin - position)
    layout = _LAYOUTS.get(head[:4])
    return _find_chunk(file, begin, size, layout) if layout else None


def _find_chunk(file: BinaryIO, begin: int, size: int, layout: _Layout) -> Samples | None:
    position, long = layout.first, None
    for _ in range(_MOST_CHUNKS):
        file.seek(begin + position)
        header = file.read(layout.header)
        if len(header) < layout.header:
            return None
        name, stated = header[:4], struct.unpack(layout.size, header[layout.name :])[0]
        content = position + layout.header
        if name == b"ds64":  # of RF64: the size of the file and of the samples, 64 bits each
            long = content + 8, int.from_bytes(file.read(16)[8:], "little")
        if name == layout.samples:
            field, form = position + layout.name, layout.size
            if long and stated == 0xFFFF_FFFF:
                (field, stated), form = long, "<Q"
            samples = Samples(content, stated - layout.own, field, form, size - begin - content, layout.own)
            return _without_trailer(file, begin, samples, layout) if samples.size_unknown else samples
        if stated < layout.own:
            return None
        position = layout.end(position, stated)
    return None


def _without_trailer(file: BinaryIO, begin: int, samples: Samples, layout: _Layout) -> Samples:
    """The samples without what ends the file behind samples of unknown size: whole chunks, such as LIST, or ID3v1."""
    start = max(0, samples.available - _TRAILER)
    file.seek(begin + samples.position + start)
    tail = file.read(samples.available - start)
    if tail[-128:].startswith(b"TAG") and len(tail) >= 128:
        tail = tail[:-128]
    broken: set[int] = set()
    ends = (found.start() for found in _CHUNK.finditer(tail) if _is_chain(tail, found.start(), layout, broken))
    return samples._replace(available=start + next(ends, len(tail)))


def _is_chain(data: bytes, position: int, layout: _Layout, broken: set[int]) -> bool:
    """Whether whole chunks fill the data from a position to its end; `broken` collects where they do not."""
    while position not in broken and position + layout.header <= len(data) and _CHUNK.match(data, position):
        broken.add(position)
        stated = struct.unpack_from(layout.size, data, position + layout.name)[0]
        position = layout.end(position, stated) if stated >= layout.own else -1
    return len(data) <= position < len(data) + layout.padding  # the last padding may be missing


class SizedFile:
    """A file as libsndfile reads it: from the beginning of the audio on, with the true size of the samples."""

    def __init__(self, file: BinaryIO, begin: int, size: int) -> None:
        self.samples = find_samples(file, begin, size)
        self._file, self._begin, self._size = file, begin, size - begin
        self._changes: dict[int, int] = {}  # bytes that differ from those of the file, by their position
        if self.samples and self.samples.size_unknown and self.samples.available > 0:
            self._change(
                self.samples.field, struct.pack(self.samples.format, self.samples.available + self.samples.own)
            )
        file.seek(begin)
        if file.read(4) == b"BW64":  # RF64 under a later name, which libsndfile does not know
            self._change(0, b"RF64")
        self.seek(0)

    def seek(self, offset: int, whence: int = 0) -> int:
        origin = (0, self.tell(), self._size)[whence]
        return self._file.seek(max(0, origin + offset) + self._begin) - self._begin

    def tell(self) -> int:
        return self._file.tell() - self._begin

    def read(self, size: int = -1) -> bytes:
        position, data = self.tell(), bytearray(self._file.read(size))
        for changed, byte in self._changes.items():
            if 0 <= changed - position < len(data):
                data[changed - position] = byte
        return bytes(data)

    def _change(self, position: int, content: bytes) -> None:
        self._changes.update(enumerate(content, start=position))
