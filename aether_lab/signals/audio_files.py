"""Impulse responses read from audio and SOFA files.

Samples are `(C, T)` float64 at the level of the file. Reading does not normalise, resample or cut: a response keeps its
level, polarity, pre-delay and DC.

A mono file gives one channel, a stereo file two, and a file with more channels only its first: in a B-format recording
that is the omnidirectional one. Silent channels and exact copies of an earlier channel are dropped.
"""

from __future__ import annotations

import os
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile

from aether_lab.signals.impulse_response import HIGHEST_RATE, LOWEST_RATE, ImpulseResponse, distinct_channels
from aether_lab.signals.sofa import read_sofa

SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".sofa")  # what `read` opens, in either case

LARGEST_SAMPLES = 1 << 26  # over all channels: 512 MiB as float64


def read(path: str | Path) -> ImpulseResponse:
    """The impulse response in a WAV, FLAC, AIFF or OGG file, or the first measurement of a SOFA file.

    >>> import numpy as np, pathlib, soundfile, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(pathlib.Path(folder, "click.wav"), np.eye(1, 4800)[0], 48_000)
    ...     read(f"{folder}/click.wav").samples.shape
    (1, 4800)

    Raises:
        ValueError: the file is missing, damaged, too short, silent, of another kind, or has NaN or infinite samples or
            a sample rate outside 8 to 192 kHz. The message names the file and the reason.
    """
    return read_all(path)[0]


def read_all(path: str | Path) -> tuple[ImpulseResponse, ...]:
    """Every impulse response of a file: one from an audio file, one per measurement from a SOFA file.

    The channels of a SOFA measurement are all its receivers. The name is the path, or `path#m` for measurement `m` of a
    SOFA file with several.

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
    """`read` for the content of a file; `name` replaces the path and has its suffix.

    Raises:
        ValueError: as `read`.
    """
    return _read_all(BytesIO(data), name, len(data))[0]


def _read_all(file: Path | BytesIO, name: str, size: int) -> tuple[ImpulseResponse, ...]:
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{name}: not a supported file type; allowed are {', '.join(SUFFIXES)}")
    if size == 0:
        raise ValueError(f"{name}: the file is empty (0 bytes)")
    if suffix == ".sofa":
        return read_sofa(file, name)
    samples, sample_rate = _read_audio(file, name, size)
    channels = samples[:1] if len(samples) > 2 else samples
    return (ImpulseResponse(distinct_channels(channels), sample_rate, name),)


def _read_audio(source: Path | BytesIO, name: str, size: int) -> tuple[np.ndarray, float]:
    """`(C, T)` samples and sample rate of a file that libsndfile reads; a truncated file raises `ValueError`."""
    try:
        with soundfile.SoundFile(os.fsencode(source) if isinstance(source, Path) else source) as file:
            n_samples, sample_rate = file.frames, file.samplerate
            if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
                raise ValueError(
                    f"{name}: a sample rate of {sample_rate} Hz; allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
                )
            if n_samples * file.channels > LARGEST_SAMPLES:
                raise ValueError(f"{name}: {n_samples} samples; at most {LARGEST_SAMPLES:,} are read over all channels")
            samples = file.read(dtype="float64", always_2d=True).T
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = getattr(error, "error_string", str(error)).strip().rstrip(".")
        raise ValueError(f"{name}: not readable as audio ({reason})") from error
    missing = _missing_bytes(source, size)
    if missing:
        raise ValueError(f"{name}: truncated; {missing} bytes fewer than its header states")
    if samples.shape[1] < n_samples:
        raise ValueError(f"{name}: truncated; {samples.shape[1]} of {n_samples} samples can be read")
    return samples, float(sample_rate)


def _missing_bytes(source: Path | BytesIO, size: int) -> int:
    """Bytes by which the sample chunk of a WAV or AIFF file is longer than the file; 0 for any other format.

    libsndfile reads such files without an error. Sizes of 2 GiB and more are placeholders of programs that write to a
    pipe, so they are ignored.
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
