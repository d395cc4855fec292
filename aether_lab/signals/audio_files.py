"""Impulse responses: reading them from files, and finding where they begin.

Samples are `(C, T)` float64 at the level of the file; times are in samples where a name does not say seconds.
Nothing is normalised, resampled or cut on reading: a response keeps its level, polarity, pre-delay and DC.

Channels: a mono file gives one, a stereo file two, and a file of more channels its first only, because the first
channel of a B-format recording is the omnidirectional one, while an average over a true-stereo matrix is no response
of anything. Silent channels and exact copies of an earlier channel are dropped.
"""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from aether_lab.signals.impulse_response import HIGHEST_RATE, LOWEST_RATE, ImpulseResponse, _distinct
from aether_lab.signals.sofa import _read_sofa

SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".sofa")  # what `read` opens, in either case


def read(path: str | Path) -> ImpulseResponse:
    """One impulse response from a WAV, FLAC, AIFF or OGG file; of a SOFA file its first measurement.

    Raises:
        ValueError: anything that keeps the file from being an impulse response. The message names file and reason.
    """
    return read_all(path)[0]


def read_all(path: str | Path) -> tuple[ImpulseResponse, ...]:
    """Every impulse response of a file: one of an audio file, one per measurement of a SOFA file.

    The channels of a SOFA measurement are its receivers, all of them. Names are the path, and `path#m` for
    measurement `m` where a SOFA file holds several.

    Raises:
        ValueError: as `read`.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path}: a folder, not a file; read_folder reads folders")
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    return _read_all(path, str(path), path.stat().st_size)


def read_bytes(data: bytes, name: str) -> ImpulseResponse:
    """As `read`, of a file that is in memory; `name` stands for its path and has its suffix.

    Raises:
        ValueError: as `read`.
    """
    return _read_all(BytesIO(data), name, len(data))[0]


def _read_all(file: Path | BytesIO, name: str, size: int) -> tuple[ImpulseResponse, ...]:
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{name}: not a kind of file that is read here; allowed are {', '.join(SUFFIXES)}")
    if size == 0:
        raise ValueError(f"{name}: the file is empty (0 bytes)")
    if suffix == ".sofa":
        return _read_sofa(file, name)
    samples, sample_rate = _read_audio(file, name, size)
    kept = samples[:1] if len(samples) > 2 else samples
    return (ImpulseResponse(_distinct(kept), sample_rate, name),)


def _read_audio(source: Path | BytesIO, name: str, size: int) -> tuple[np.ndarray, float]:
    """`(C, T)` samples and the rate of a file that libsndfile reads, refused when it ends before its header says."""
    try:
        with soundfile.SoundFile(source) as file:
            promised, sample_rate = file.frames, file.samplerate
            if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
                raise ValueError(
                    f"{name}: a sample rate of {sample_rate} Hz; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
                )
            samples = file.read(dtype="float64", always_2d=True).T
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = getattr(error, "error_string", str(error)).strip().rstrip(".")
        raise ValueError(f"{name}: not readable as audio ({reason})") from error
    missing = _missing_bytes(source, size)
    if missing:
        raise ValueError(f"{name}: truncated; the file ends {missing} bytes before its header says")
    if samples.shape[1] < promised:
        raise ValueError(f"{name}: truncated; {samples.shape[1]} of {promised} samples can be read")
    return samples, float(sample_rate)


def _missing_bytes(source: Path | BytesIO, size: int) -> int:
    """Bytes by which the sample chunk of a WAV or AIFF file is longer than the file; 0 for any other format.

    libsndfile reads such files without a word. Sizes of 2 GiB and more are what programs write that stream to a pipe
    and never learn the length: they promise nothing.
    """
    with source.open("rb") if isinstance(source, Path) else BytesIO(source.getbuffer()) as file:
        form = file.read(4)
        order = {b"RIFF": "<I", b"FORM": ">I"}.get(form)
        if order is None:
            return 0
        position = 12
        while position + 8 <= size:
            file.seek(position)
            kind, length = file.read(4), struct.unpack(order, file.read(4))[0]
            if kind in (b"data", b"SSND"):
                return max(0, position + 8 + length - size) if length < 0x7FFF_0000 else 0
            position += 8 + length + length % 2
    return 0
