"""Impulse responses read from audio and SOFA files.

Samples are `(C, T)` float64 at the level of the file. Reading does not normalise, resample or cut: a response keeps its
level, polarity, pre-delay and DC.

What a file holds decides how it is read (`contents`), never its name: WAV (also big-endian, RF64 and BW64), FLAC, AIFF,
AIFC, OGG, W64, CAF and AU, as far as libsndfile decodes them, also behind an ID3 tag; and SOFA.

A mono file gives one channel, a stereo file two, and a file with more channels only the first that sounds: in a
B-format recording that is the omnidirectional one. Constant channels and exact copies of an earlier one are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from aether_lab.signals import limits
from aether_lab.signals.contents import audio_type, check_regular, is_hdf5, is_text, read_head, unsupported_type
from aether_lab.signals.decoding import decode
from aether_lab.signals.impulse_response import ImpulseResponse, distinct_channels
from aether_lab.signals.sofa import read_sofa

SUFFIXES = (
    *(".wav", ".wave", ".irs", ".rf64", ".bw64", ".flac", ".aif", ".aiff", ".aifc", ".ogg", ".oga", ".opus"),
    *(".w64", ".caf", ".au", ".snd", ".sofa"),
)
"""The usual suffixes of the files that `read` opens, for file dialogs; a file with another suffix is read as well."""

READABLE = "WAV, FLAC, AIFF, OGG, W64, CAF, AU and SOFA"


def read(path: str | Path) -> ImpulseResponse:
    """The impulse response in an audio file, or the first measurement of a SOFA file that can be used.

    >>> import numpy as np, pathlib, soundfile, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(pathlib.Path(folder, "click.wav"), np.eye(1, 4800)[0], 48_000)
    ...     read(f"{folder}/click.wav").samples.shape
    (1, 4800)

    Returns:
        The response. Its `notes` say what is left out before it, such as silent channels or measurements.

    Raises:
        ValueError: the file is missing, no regular file, damaged, larger than `limits` allows, too short, silent, of
            another kind, or has NaN or infinite samples or a sample rate outside 8 to 384 kHz. The message names the
            file and the reason.
    """
    return _first(Path(path), str(path))


def read_all(path: str | Path) -> tuple[ImpulseResponse, ...]:
    """Every impulse response of a file: one from an audio file, one per measurement and emitter from a SOFA file.

    The channels of a SOFA measurement are all its receivers. The name is the path, `path#m` for measurement `m` of a
    SOFA file with several, and `path#mee` for emitter `e` of a file with several emitters. Measurements that cannot be
    used, such as silent ones, are left out, and the `notes` of the first response say so.

    Raises:
        ValueError: as `read`.
    """
    every = list(read_each(path))
    usable = [each for each in every if isinstance(each, ImpulseResponse)]
    errors = [each for each in every if isinstance(each, ValueError)]
    if not usable:
        raise errors[0]
    if errors:
        usable[0] = replace(usable[0], notes=(describe_errors(errors, len(usable), str(path)),))
    return tuple(usable)


def read_bytes(data: bytes, name: str) -> ImpulseResponse:
    """`read` for the content of a file; `name` replaces the path.

    Raises:
        ValueError: as `read`.
    """
    return _first(bytes(data), name)


def read_each(path: str | Path) -> Iterator[ImpulseResponse | ValueError]:
    """`read_all` one by one, so that a large SOFA file need not fit into memory.

    In place of a response that cannot be used comes the error that says why.

    Raises:
        ValueError: the file as a whole cannot be read.
    """
    return _each(Path(path), str(path))


def describe_errors(errors: list[ValueError], n_usable: int, name: str) -> str:
    """One line about the measurements of the file `name` that are left out."""
    first = str(errors[0]).removeprefix(name)
    return f"{len(errors)} of {len(errors) + n_usable} measurements are left out ({first})"


def _first(source: Path | bytes, name: str) -> ImpulseResponse:
    errors: list[ValueError] = []
    for each in _each(source, name):
        if isinstance(each, ImpulseResponse):
            if errors:
                number, first = each.name.removeprefix(name), str(errors[0]).removeprefix(name)
                each = replace(each, notes=(f"{number} is the first measurement that can be used ({first})",))
            return each
        errors.append(each)
    raise errors[0]


def _each(source: Path | bytes, name: str) -> Iterator[ImpulseResponse | ValueError]:
    size = check_regular(source, name) if isinstance(source, Path) else len(source)
    if size == 0:
        raise ValueError(f"{name}: the file is empty (0 bytes)")
    limits.check(name, size, "LARGEST_RESPONSE")
    try:
        head = read_head(source)
        if audio_type(head) is None:
            raise _not_audio(head, name)
        yield from read_sofa(source, name) if is_hdf5(head) else [_read_audio(source, name, size)]
    except OSError as error:
        raise ValueError(f"{name}: cannot be read ({error.strerror or error})") from error


def _not_audio(head: bytes, name: str) -> ValueError:
    unsupported = unsupported_type(head)
    if unsupported:
        return ValueError(f"{name}: {unsupported}")
    if is_text(head):
        return ValueError(f"{name}: text, not audio; read_target reads measured curves")
    return ValueError(f"{name}: unknown content; {READABLE} are read")


def _read_audio(source: Path | bytes, name: str, size: int) -> ImpulseResponse:
    samples, sample_rate, channel = decode(source, name, size)
    notes = (f"channel {channel + 1} is read, because those before it are silent",) if channel else ()
    return ImpulseResponse(distinct_channels(samples), sample_rate, name, notes)
