"""FIR filters: impulse responses as WAV files."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import scipy.io.wavfile
import scipy.linalg
import scipy.signal
from numpy.typing import NDArray

from aether_lab.filters.recipe import Recipe
from aether_lab.formats.format import ExportContext, Values
from aether_lab.formats.response import (
    COMPARISON_BAND_HZ,
    FFT_SIZE,
    NYQUIST_SHARE,
    comparison_hz,
    complex_response,
    deviation_db,
    level_db,
)
from aether_lab.signals.impulse_response import minimum_phase

FIR_ERROR = 0.1  # dB, the largest deviation that a shortened FIR filter may have
LONGEST_FIR = 1 << 17  # taps
RESAMPLED_DELAY = 32  # samples: earlier ringing of a resampled impulse response is below -110 dB


def write_fir(context: ExportContext, pcm: bool = False) -> bytes:
    """The impulse response of the filter, as 32-bit floats or as 24-bit PCM."""
    recipe, rate = context.recipe, context.sample_rate
    if rate == recipe.sample_rate:
        rows, impulse = recipe.sos(), np.zeros(LONGEST_FIR)
        impulse[0] = 1.0
        if recipe.topology == "cascade":
            samples = scipy.signal.sosfilt(rows, impulse)
        else:
            samples = np.sum([scipy.signal.lfilter(row[:3], row[3:], impulse) for row in rows], axis=0)
    else:  # resampled, with a minimum-phase low-pass above the band, which hardly rings before the impulse
        frequency_hz = np.arange(FFT_SIZE // 2 + 1) * (rate / FFT_SIZE)
        nyquist = 0.5 * min(rate, recipe.sample_rate)
        edge = min(COMPARISON_BAND_HZ[1], NYQUIST_SHARE * nyquist)
        slope = np.clip((frequency_hz - edge) / (nyquist - edge), 0, 1)
        low_pass = minimum_phase(10 ** (-14 * np.sin(np.pi / 2 * slope) ** 2))
        samples = np.fft.irfft(low_pass * response_at(recipe, np.minimum(frequency_hz, recipe.sample_rate / 2)))
        samples = np.roll(samples, RESAMPLED_DELAY)
    return _wav(_shortened(samples, context), context, pcm)


def write_fir_min(context: ExportContext, pcm: bool = False) -> bytes:
    """The minimum-phase impulse response of the filter's magnitude, as 32-bit floats or as 24-bit PCM."""
    recipe, rate = context.recipe, context.sample_rate
    frequency_hz, top = np.arange(FFT_SIZE // 2 + 1) * (rate / FFT_SIZE), recipe.sample_rate / 2
    # At a higher rate the magnitude is constant above the band: that of a bank is 0 at its Nyquist frequency.
    at_hz = np.minimum(frequency_hz, top if rate <= recipe.sample_rate else 0.9 * top)
    samples = np.fft.irfft(minimum_phase(np.abs(response_at(recipe, at_hz)) ** 2))
    return _wav(_shortened(samples, context), context, pcm)


def response_at(recipe: Recipe, frequency_hz: Values) -> NDArray[np.complex128]:
    """Complex response `(F,)`."""
    return complex_response(recipe, 2 * np.pi * frequency_hz / recipe.sample_rate)


def _shortened(samples: Values, context: ExportContext) -> NDArray[np.float32]:
    """The first samples, a power of two from 256, whose response deviates by less than `FIR_ERROR`."""
    taps, n = samples.astype(np.float32), 256
    while n < LONGEST_FIR and _fir_error(taps[:n], context.sample_rate, context.recipe) > 0.9 * FIR_ERROR:
        n *= 2
    return taps[:n]


def _fir_error(taps: NDArray, sample_rate: float, recipe: Recipe) -> float:
    grid_hz = comparison_hz(sample_rate, recipe)
    return deviation_db(level_db(taps, grid_hz, sample_rate), level_db(recipe, grid_hz))[0]


def _wav(samples: NDArray[np.float32], context: ExportContext, pcm: bool) -> bytes:
    """A WAV file, without the time that libsndfile would write: equal filters give equal bytes."""
    file = io.BytesIO()
    if pcm:
        with wave.open(file, "wb") as sink:
            sink.setparams((1, 3, round(context.sample_rate), len(samples), "NONE", ""))
            sink.writeframes(_pcm24(samples))
    else:
        scipy.io.wavfile.write(file, round(context.sample_rate), samples)
    text = " ".join(context.about).encode("latin-1", "replace") + b"\0"
    text += bytes(len(text) % 2)
    comment = b"LIST" + struct.pack("<I4s4sI", len(text) + 12, b"INFO", b"ICMT", len(text)) + text
    content = file.getvalue() + comment
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


def _pcm24(samples: NDArray[np.float32]) -> bytes:
    """Samples of full scale 1, clipped, as 24-bit integers, lowest byte first."""
    integers = np.clip(np.rint(samples.astype(np.float64) * 2**23), -(2**23), 2**23 - 1).astype("<i4")
    return integers.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def read_wav(content: bytes, _: float) -> Values:
    """The taps of a WAV file, of PCM as fractions of full scale."""
    taps = scipy.io.wavfile.read(io.BytesIO(content))[1]
    return taps.astype(np.float64) / (2**31 if taps.dtype == np.int32 else 1)  # SciPy shifts 24 bits to the top of 32
