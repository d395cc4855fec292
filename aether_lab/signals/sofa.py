"""Impulse responses from SOFA files (AES69), which are HDF5.

`Data.IR` is `(M, R, N)`, measurements, receivers and samples, where the data type is FIR; `(M, R, N, E)` with emitters
where it is FIR-E; and `(M, R, E, N)` where it is FIRE, its predecessor in the conventions MultiSpeakerBRIR 0.3 and
GeneralFIRE 1.0. Sources: AES69-2022; the tables of conventions of the SOFA Toolbox for Matlab and Octave.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np

from aether_lab.signals import limits
from aether_lab.signals.hdf5 import LARGEST_CHUNK, open_dataset, read_text
from aether_lab.signals.impulse_response import ImpulseResponse, distinct_channels

_SLAB = 2**20  # samples
_HERTZ = ("", "hertz", "hz")
_EMITTERS_LAST = {"FIR-E", "GeneralFIR-E", "FreeFieldHRIR", "SingleRoomMIMOSRIR"}  # data type and conventions
_EMITTERS_FIRST = {"FIRE", "GeneralFIRE", "MultiSpeakerBRIR"}


def read_sofa(source: Path | bytes, name: str) -> Iterator[ImpulseResponse | ValueError]:
    """The measurements of a SOFA file one by one, each with all its receivers.

    In place of one that cannot be used, such as a silent one, comes the error that says why.
    The name of measurement `m` is `name#m`, with emitters `name#mee`; `name` where there is only one.

    Raises:
        ValueError: the file is damaged, has no impulse responses, exceeds `limits`, or refers to other files. The
            message begins with `name`.
    """
    cache = {"rdcc_nbytes": LARGEST_CHUNK}  # a chunk that does not fit would be unpacked for each of its measurements
    try:
        with h5py.File(BytesIO(source) if isinstance(source, bytes) else source, "r", **cache) as file:
            yield from _measurements(file, name, source)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    except (OSError, RuntimeError, KeyError, TypeError, OverflowError, MemoryError, zlib.error) as error:
        raise ValueError(f"{name}: not readable as SOFA, which is HDF5 ({error})") from error


def _measurements(file: h5py.File, name: str, source: Path | bytes) -> Iterator[ImpulseResponse | ValueError]:
    responses, emitters = _responses(file, source)
    n_emitters = responses.shape[emitters] if emitters else 1
    several = len(responses) * n_emitters > 1
    limits.check("Data.IR", len(responses) * n_emitters, "MOST_RESPONSES")
    rates = _rates(file, len(responses), source)
    for m, measured in enumerate(_in_slabs(responses)):
        by_emitter = np.moveaxis(measured, emitters - 1, 0) if emitters else measured[None]
        for e, samples in enumerate(by_emitter):
            label = (f"#{m}" + f"e{e}" * (n_emitters > 1)) * several
            try:
                yield ImpulseResponse(distinct_channels(samples), rates[m], name + label)
            except ValueError as error:
                yield error.with_traceback(None)  # which would keep the samples of thousands of silent measurements


def _in_slabs(responses: h5py.Dataset) -> Iterator[np.ndarray]:
    """The measurements as float64, read several at once, because a call of HDF5 takes longer than a short response."""
    rows = max(1, _SLAB // math.prod(responses.shape[1:]))
    for begin in range(0, len(responses), rows):
        yield from responses[begin : begin + rows].astype(np.float64, copy=False)


def _responses(file: h5py.File, source: Path | bytes) -> tuple[h5py.Dataset, int | None]:
    """`Data.IR`, and which of its dimensions is that of emitters."""
    data_type = read_text(file, "DataType", source)
    if not file.id.links.exists(b"Data.IR"):
        kind = f"its data type is {data_type}; " if data_type else ""
        raise ValueError(f"no Data.IR: {kind}only SOFA files with impulse responses are read")
    responses = open_dataset(file, "Data.IR")
    shape = responses.shape
    if len(shape) not in (3, 4) or 0 in shape:
        raise ValueError(f"Data.IR of shape {shape}; (M, R, N), (M, R, N, E) or (M, R, E, N) is needed")
    limits.check("Data.IR", math.prod(shape[1:]), "LONGEST_RESPONSE")
    return responses, _emitters(file, shape, {data_type, read_text(file, "SOFAConventions", source)}) if len(
        shape
    ) == 4 else None


def _emitters(file: h5py.File, shape: tuple[int, ...], kinds: set[str]) -> int:
    """Which of four dimensions is that of emitters: by the dimensions N and E of netCDF, or by the data type."""
    sizes = _length(file, "N"), _length(file, "E")
    fitting = [e for n, e in ((3, 2), (2, 3)) if (shape[n], shape[e]) == sizes]
    if len(fitting) == 1:
        return fitting[0]
    if not kinds & (_EMITTERS_LAST | _EMITTERS_FIRST):
        raise ValueError(f"Data.IR of shape {shape} without a known data type; FIR-E or FIRE is needed")
    return 3 if "FIR-E" in kinds or not kinds & _EMITTERS_FIRST else 2


def _length(file: h5py.File, key: str) -> int | None:
    """The length of a dimension of netCDF."""
    try:
        return len(open_dataset(file, key))
    except (ValueError, TypeError):
        return None


def _rates(file: h5py.File, n_measurements: int, source: Path | bytes) -> np.ndarray:
    """`(M,)` sample rates in Hz."""
    dataset = open_dataset(file, "Data.SamplingRate")
    units = read_text(dataset, "Units", source)
    if units.lower() not in _HERTZ:
        raise ValueError(f"Data.SamplingRate in {units}; hertz is needed")
    if dataset.size not in (1, n_measurements):
        raise ValueError(
            f"{dataset.size} values in Data.SamplingRate for {n_measurements} measurements; one, or one each, is needed"
        )
    return np.broadcast_to(np.ravel(dataset[()]).astype(np.float64), n_measurements)
