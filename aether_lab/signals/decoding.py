"""Samples of audio files, decoded by libsndfile in blocks, so that no header decides how much memory is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from aether_lab.signals import limits
from aether_lab.signals.audio_header import SizedFile
from aether_lab.signals.contents import audio_start

_BLOCK = 1 << 18  # samples over all channels that are decoded at once
_UNKNOWN = 1 << 62  # frames of a FLAC file written to a pipe, according to libsndfile


class _Stream(soundfile.SoundFile):
    """A file read from beginning to end: seeking fails in GSM, G.721, and FLAC of unknown length."""

    def seekable(self) -> bool:
        return False


def decode(source: Path | bytes, name: str, size: int) -> tuple[np.ndarray, float, int]:
    """Samples `(C, T)` float64, sample rate in Hz, and index of the first channel.

    Of one or two channels, all are returned; of more, the first that is not constant.

    Raises:
        ValueError: the file is damaged or truncated, has more samples than `limits` allows or a sample rate outside 8
            to 384 kHz, or libsndfile cannot decode it. The message begins with `name`.
    """
    first, kept = 0, slice(None)
    with _opened(source, name, size) as file:
        if file.channels > 2:
            first = _first_channel_that_sounds(file, name)
            kept = slice(first, first + 1)
    with _opened(source, name, size) as file:
        blocks, n_samples = [], 0
        for block in _blocks(file, name):
            blocks.append(block.T[kept].copy())
            n_samples += blocks[-1].size
            limits.check(name, n_samples, "LONGEST_RESPONSE")
        samples = np.concatenate(blocks, axis=1) if blocks else np.zeros((1, 0))
        if samples.shape[1] < file.frames < _UNKNOWN:
            raise ValueError(f"{name}: truncated; {samples.shape[1]} of {file.frames} samples can be read")
        return samples, float(file.samplerate), first


def _first_channel_that_sounds(file: _Stream, name: str) -> int:
    """Index of the first channel that is not constant, 0 where all are."""
    start, varies = None, np.zeros(file.channels, dtype=bool)
    for block in _blocks(file, name):
        start = block[0] if start is None else start
        varies |= (block != start).any(axis=0)  # also with NaN
        if varies[0]:
            break
    return int(np.argmax(varies))


def _blocks(file: _Stream, name: str) -> Iterator[np.ndarray]:
    """`(T, C)` blocks up to the end of a file, or up to the largest number of samples."""
    n_samples, frames = 0, max(1, _BLOCK // file.channels)
    while len(block := file.read(frames, always_2d=True)):
        n_samples += block.size
        limits.check(name, n_samples, "LARGEST_SAMPLES")
        yield block


@contextmanager
def _opened(source: Path | bytes, name: str, size: int) -> Iterator[_Stream]:
    """The file with a checked header; errors of libsndfile become `ValueError` with the name."""
    try:
        with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as raw:
            sized = SizedFile(raw, audio_start(raw), size)
            if sized.samples and sized.samples.missing:
                raise ValueError(f"{name}: truncated; {sized.samples.missing} bytes fewer than its header states")
            with _Stream(sized) as file:
                _check_header(file, name)
                yield file
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = getattr(error, "error_string", str(error)).strip().rstrip(".")
        raise ValueError(f"{name}: not readable as audio ({reason})") from error


def _check_header(file: _Stream, name: str) -> None:
    if not limits.LOWEST_RATE <= file.samplerate <= limits.HIGHEST_RATE:
        raise ValueError(
            f"{name}: a sample rate of {file.samplerate} Hz; "
            f"allowed are {limits.LOWEST_RATE:g} to {limits.HIGHEST_RATE:g} Hz"
        )
    if file.frames < _UNKNOWN:
        limits.check(name, file.frames * file.channels, "LARGEST_SAMPLES")
        limits.check(name, file.frames * (1 if file.channels > 2 else file.channels), "LONGEST_RESPONSE")
