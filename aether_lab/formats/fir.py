"""Samples: impulse responses as WAV."""

from __future__ import annotations

import io
import struct

import numpy as np
import scipy.io.wavfile
import scipy.linalg
import scipy.signal
from numpy.typing import NDArray

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import ExportContext, Values
from aether_lab.formats.response import CHECKED, FFT_SIZE, USED, comparison_hz, complex_response, deviation_db, level_db
from aether_lab.signals.impulse_response import minimum_phase

FIR_ERROR = 0.1  # dB, which the length of an FIR filter is chosen for
LONGEST_FIR = 1 << 17  # taps
RESAMPLED_DELAY = 32  # samples, to 110 dB down of what rings before an impulse response at another rate


# Samples.


def write_fir(sheet: ExportContext) -> bytes:
    """The impulse response of the filter as it is."""
    recipe, rate = sheet.recipe, sheet.sample_rate
    if rate == recipe.sample_rate:
        rows, impulse = recipe.sos(), np.zeros(LONGEST_FIR)
        impulse[0] = 1.0
        if recipe.topology == "cascade":
            samples = scipy.signal.sosfilt(rows, impulse)
        else:
            samples = np.sum([scipy.signal.lfilter(row[:3], row[3:], impulse) for row in rows], axis=0)
    else:  # resampled, through a low-pass above the band that rings after the impulse, and hardly before it
        frequency = np.arange(FFT_SIZE // 2 + 1) * (rate / FFT_SIZE)
        nyquist = 0.5 * min(rate, recipe.sample_rate)
        edge = min(CHECKED[1], USED * nyquist)
        slope = np.clip((frequency - edge) / (nyquist - edge), 0, 1)
        low_pass = minimum_phase(10 ** (-14 * np.sin(np.pi / 2 * slope) ** 2))
        samples = np.fft.irfft(low_pass * response_at(recipe, np.minimum(frequency, recipe.sample_rate / 2)))
        samples = np.roll(samples, RESAMPLED_DELAY)
    return _wav(_shortened(samples, sheet), sheet)


def write_fir_min(sheet: ExportContext) -> bytes:
    """The minimum-phase impulse response of the filter's magnitude."""
    recipe, rate = sheet.recipe, sheet.sample_rate
    frequency, top = np.arange(FFT_SIZE // 2 + 1) * (rate / FFT_SIZE), recipe.sample_rate / 2
    # At a higher rate the magnitude is held above the band: the bank's own goes to 0 at its Nyquist frequency.
    at = np.minimum(frequency, top if rate <= recipe.sample_rate else 0.9 * top)
    return _wav(_shortened(np.fft.irfft(minimum_phase(np.abs(response_at(recipe, at)) ** 2)), sheet), sheet)


def response_at(recipe: Recipe, frequency: Values) -> NDArray[np.complex128]:
    """Complex response `(F,)` at Hz."""
    return complex_response(recipe, 2 * np.pi * frequency / recipe.sample_rate)


def _shortened(samples: Values, sheet: ExportContext) -> NDArray[np.float32]:
    """The fewest samples, a power of two from 256, that keep the response within `FIR_ERROR`."""
    taps, n = samples.astype(np.float32), 256
    while n < LONGEST_FIR and _fir_error(taps[:n], sheet.sample_rate, sheet.recipe) > 0.9 * FIR_ERROR:
        n *= 2
    return taps[:n]


def _fir_error(taps: NDArray, sample_rate: float, wanted: Recipe) -> float:
    grid = comparison_hz(sample_rate, wanted)
    return deviation_db(level_db(taps, grid, sample_rate), level_db(wanted, grid))[0]


def _wav(samples: NDArray[np.float32], sheet: ExportContext) -> bytes:
    """A WAV file of 32-bit floats, the same bytes for the same filter: libsndfile would write the time of day."""
    file = io.BytesIO()
    scipy.io.wavfile.write(file, round(sheet.sample_rate), samples)
    text = " ".join(sheet.about).encode("latin-1", "replace") + b"\0"
    text += bytes(len(text) % 2)
    comment = b"LIST" + struct.pack("<I4s4sI", len(text) + 12, b"INFO", b"ICMT", len(text)) + text
    whole = file.getvalue() + comment
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def read_wav(content: bytes, _: float) -> Values:
    """The taps of a WAV file."""
    return scipy.io.wavfile.read(io.BytesIO(content))[1].astype(np.float64)
