"""Sound files of any length, read and written in chunks; damage is reported with the name of the file and the time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from aether_lab.signals.audio_header import SizedFile
from aether_lab.signals.contents import audio_start
from aether_lab.signals.json_files import check_regular

LARGEST_WAV = 4e9
"""Bytes; WAV stores sizes in 32 bits, so longer sounds are written as RF64."""

UNKNOWN = 1 << 62
"""Samples of a FLAC file that was written to a pipe, according to libsndfile."""


@dataclass(frozen=True)
class SoundReader:
    """An open sound file of one or two channels."""

    name: str
    file: soundfile.SoundFile
    length: int | None  # samples; None where the file does not state it

    @property
    def sample_rate(self) -> int:
        return self.file.samplerate

    @property
    def channels(self) -> int:
        return self.file.channels

    def chunks(self, size: int) -> Iterator[NDArray[np.float64]]:
        """The samples in chunks `(size, C)`, the last perhaps shorter.

        Raises:
            ValueError: the file ends before its length, is damaged, or has a sample that is not finite.
        """
        done = 0
        while True:
            try:
                chunk = self.file.read(size, dtype="float64", always_2d=True)
            except (soundfile.LibsndfileError, RuntimeError) as error:
                raise ValueError(f"{self.name}: damaged ({_reason(error)}); {self._readable(done)}") from error
            if not np.isfinite(chunk).all():
                where = done + int(np.argmin(np.isfinite(chunk).all(axis=1)))
                time = f"{where / self.sample_rate:.2f} s"
                raise ValueError(f"{self.name}: a NaN or infinite sample at {time}; {self._readable(where)}")
            if not len(chunk):
                break
            done += len(chunk)
            yield chunk
        if not done or (self.length is not None and done < self.length):
            raise ValueError(f"{self.name}: truncated or damaged; {self._readable(done)}")
        if "Corrupted bitstream" in self.file.extra_info:  # of OGG: libsndfile passes over what it cannot decode
            raise ValueError(f"{self.name}: damaged; parts of it cannot be read, and nothing was rendered")

    def _readable(self, samples: int) -> str:
        whole = "" if self.length is None else f" of {self.length / self.sample_rate:.2f}"
        return f"{samples / self.sample_rate:.2f}{whole} s can be read, and nothing was rendered"


@contextmanager
def open_sound(path: str | os.PathLike, rates: tuple[float, float]) -> Iterator[SoundReader]:
    """A sound file that libsndfile decodes, open for reading.

    Args:
        rates: the lowest and the highest sample rate, Hz.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is a device, FIFO or folder, no sound file, empty, damaged or truncated, or has more than two
            channels or another sample rate. The message begins with the path.
    """
    path = Path(path)
    check_regular(path)
    with path.open("rb") as raw:
        sized = SizedFile(raw, audio_start(raw), path.stat().st_size)
        try:
            file = soundfile.SoundFile(sized)
        except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
            raise ValueError(f"{path}: not a sound file ({_reason(error)})") from error
        with file:
            if file.channels not in (1, 2) or not file.frames:
                found = f"{file.frames} samples in {file.channels} channels"
                raise ValueError(f"{path}: {found}; expected at least one in 1 or 2 channels")
            if not rates[0] <= file.samplerate <= rates[1]:
                allowed = f"{rates[0]:.0f} to {rates[1]:.0f} Hz"
                raise ValueError(f"{path}: a sample rate of {file.samplerate} Hz; allowed are {allowed}")
            _check_whole(path, file, sized)
            yield SoundReader(str(path), file, file.frames if file.frames < UNKNOWN else None)


@contextmanager
def create_wav(path: Path, sample_rate: int, channels: int, length: int | None) -> Iterator[soundfile.SoundFile]:
    """A 24-bit WAV file, open for writing; RF64 where `length` samples, or an unknown number, may need it.

    Raises:
        OSError: it cannot be written, as on a full disk.
    """
    large = length is None or length * channels * 3 > LARGEST_WAV
    target = os.fsencode(path) if os.name == "posix" else path  # soundfile encodes only names that are UTF-8
    try:
        with soundfile.SoundFile(
            target, "w", sample_rate, channels, "PCM_24", format="RF64" if large else "WAV"
        ) as sink:
            yield sink
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise OSError(f"{path}: cannot be written ({_reason(error)})") from error


def duration(path: str | os.PathLike) -> float:
    """The length of a sound file in seconds."""
    with Path(path).open("rb") as raw, soundfile.SoundFile(raw) as file:
        return file.frames / file.samplerate


def _check_whole(path: Path, file: soundfile.SoundFile, sized: SizedFile) -> None:
    """Refuses what libsndfile reads without an error: WAV, AIFF and OGG files that were cut."""
    size, seconds = path.stat().st_size, file.frames / file.samplerate
    if sized.samples and sized.samples.missing:
        whole = seconds * (1 + sized.samples.missing / size)  # the header is small
        raise ValueError(
            f"{path}: truncated; {seconds:.2f} of about {whole:.2f} s can be read, and nothing was rendered"
        )
    if file.format == "OGG":
        with path.open("rb") as raw:
            if not _ends_with_last_page(raw, size):
                raise ValueError(
                    f"{path}: truncated; {seconds:.2f} s can be read, the end is missing, and nothing was rendered"
                )


def _ends_with_last_page(raw: BinaryIO, size: int) -> bool:
    """Whether the last page of an OGG file has the flag "end of stream" (RFC 3533, section 6)."""
    raw.seek(max(0, size - (1 << 16)))  # a page is shorter
    tail = raw.read()
    page = tail[tail.rfind(b"OggS") :]
    return len(page) > 26 and bool(page[5] & 4)


def _reason(error: Exception) -> str:
    return getattr(error, "error_string", str(error)).strip().rstrip(".")
