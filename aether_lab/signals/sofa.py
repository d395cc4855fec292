"""Impulse responses from SOFA files (AES69), which are HDF5."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import h5py
import numpy as np

from aether_lab.signals.impulse_response import ImpulseResponse, distinct_channels


def read_sofa(source: Path | BytesIO, name: str) -> tuple[ImpulseResponse, ...]:
    """The measurements of a SOFA file: `Data.IR` is `(M, R, N)`, measurements, receivers and samples.

    Raises:
        ValueError: the file is damaged, or has no impulse responses. The message begins with `name`.
    """
    try:
        with h5py.File(source, "r") as file:
            if "Data.IR" not in file or "Data.SamplingRate" not in file:
                raise ValueError(
                    f"{name}: no Data.IR and Data.SamplingRate; only SOFA files with impulse responses are read"
                )
            responses = np.asarray(file["Data.IR"], dtype=np.float64)
            rates = np.ravel(np.asarray(file["Data.SamplingRate"], dtype=np.float64))
    except (OSError, RuntimeError, KeyError, TypeError, OverflowError) as error:  # raised by h5py for damaged files
        raise ValueError(f"{name}: not readable as SOFA, which is HDF5 ({error})") from error
    if responses.ndim != 3 or 0 in responses.shape or rates.size not in (1, len(responses)):
        raise ValueError(
            f"{name}: Data.IR of shape {responses.shape} with {rates.size} rates; (M, R, N) with 1 or M rates is needed"
        )
    rates = np.broadcast_to(rates, len(responses))
    names = [name] if len(responses) == 1 else [f"{name}#{m}" for m in range(len(responses))]
    return tuple(
        ImpulseResponse(distinct_channels(response), rate, each)
        for response, rate, each in zip(responses, rates, names, strict=True)
    )
