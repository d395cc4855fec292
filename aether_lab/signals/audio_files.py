"""Impulse responses: reading them from files, and finding where they begin.

Samples are `(C, T)` float64 at the level of the file; times are in samples where a name does not say seconds.
Nothing is normalised, resampled or cut on reading: a response keeps its level, polarity, pre-delay and DC.

Channels: a mono file gives one, a stereo file two, and a file of more channels its first only, because the first
channel of a B-format recording is the omnidirectional one, while an average over a true-stereo matrix is no response
of anything. Silent channels and exact copies of an earlier channel are dropped.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import soundfile

SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".sofa")  # what `read` opens, in either case
LOWEST_RATE, HIGHEST_RATE = 8_000.0, 192_000.0  # Hz; outside it a header is broken, or the spectrum says nothing
ONSET_THRESHOLD = 0.03  # of the peak: 30 dB under it, where published responses have noise and pre-ringing below 39 dB
ONSET_LEAD = 3e-3  # s kept before the threshold is crossed: treble may begin there, softly, before loud bass
OFFSET_DURATION = 0.1  # s; in a shorter response a mean is part of its bass, in a longer one it is an offset


@dataclass(frozen=True, eq=False)
class ImpulseResponse:
    """What a body answers to a click.

    Raises:
        ValueError: fewer than two samples, a NaN or infinite sample, silence in every channel, or a sample rate
            outside 8 to 192 kHz. The message begins with the name.
    """

    samples: np.ndarray  # (C, T) float64
    sample_rate: float  # Hz
    name: str = "impulse response"

    def __post_init__(self) -> None:
        samples = np.atleast_2d(np.asarray(self.samples, dtype=np.float64))
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "sample_rate", float(self.sample_rate))
        if not LOWEST_RATE <= self.sample_rate <= HIGHEST_RATE:
            raise ValueError(
                f"{self.name}: a sample rate of {self.sample_rate:g} Hz; "
                f"allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz"
            )
        if samples.ndim != 2 or samples.size == 0:
            raise ValueError(f"{self.name}: no samples (an array of shape {samples.shape}; (C, T) is needed)")
        if samples.shape[1] < 2:
            raise ValueError(f"{self.name}: one sample only; an impulse response needs at least two")
        if not np.isfinite(samples).all():
            where = int(np.argmin(np.isfinite(samples).all(axis=0)))
            raise ValueError(f"{self.name}: a NaN or infinite sample (the first at {where}); every one must be finite")
        if (samples == samples[:, :1]).all():
            value = samples[0, 0]
            raise ValueError(f"{self.name}: silence (every sample is {value:g}); there is no response in it")

    @property
    def channels(self) -> int:
        return self.samples.shape[0]

    @property
    def duration(self) -> float:
        """Length in seconds, pre-delay included."""
        return self.samples.shape[1] / self.sample_rate

    @property
    def onset(self) -> int:
        """First sample of the response: that of the earliest channel."""
        return min(find_onset(channel, self.sample_rate) for channel in self.samples)

    def aligned_to_onset(self) -> ImpulseResponse:
        """The same response without its pre-delay; the delay between channels stays."""
        return replace(self, samples=self.samples[:, self.onset :])

    def resampled(self, sample_rate: float) -> ImpulseResponse:
        """The same response at another rate, Hz.

        Scaled by the ratio of rates, so that convolution at the new rate has the gain it had at the old one.
        """
        from scipy.signal import resample_poly  # here: it takes four times as long to load as all else that reads files

        ratio = Fraction(sample_rate / self.sample_rate).limit_denominator(1000)
        samples = resample_poly(self.samples, ratio.numerator, ratio.denominator, axis=1) / float(ratio)
        return replace(self, samples=samples, sample_rate=sample_rate)


def without_offset(samples: np.ndarray, sample_rate: float) -> np.ndarray:
    """`(T,)` samples less the constant that a recorder added to them.

    The constant is the median over the whole file, which the response itself hardly touches once it is longer than
    0.1 s, because most of a file is tail; zeros appended to a clean response leave it as it is. A shorter response
    is returned unchanged: there the mean is the bass, and a head-related response of 5 ms would lose its own.
    """
    if len(samples) < OFFSET_DURATION * sample_rate:
        return samples
    return samples - np.median(samples)


def find_onset(samples: np.ndarray, sample_rate: float) -> int:
    """Index at which `(T,)` samples begin: 3 ms before they first reach 0.03 of their largest magnitude.

    Polarity, level and a DC offset do not move it.
    """
    return onset_without_offset(without_offset(samples, sample_rate), sample_rate)


def onset_without_offset(samples: np.ndarray, sample_rate: float) -> int:
    """`find_onset` where `without_offset` has been called: its median costs as much as an FFT."""
    magnitude = np.abs(samples)
    crossing = int(np.argmax(magnitude >= ONSET_THRESHOLD * magnitude.max()))
    return max(0, crossing - int(ONSET_LEAD * sample_rate))


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


def _distinct(samples: np.ndarray) -> np.ndarray:
    """`(C, T)` less the channels that are constant or repeat an earlier one; all of them where all are constant."""
    kept: list[np.ndarray] = []
    for channel in samples:
        sounds = (channel != channel[:1]).any()  # NaN counts as sound here, and is refused later
        if sounds and not any(np.array_equal(channel, other) for other in kept):
            kept.append(channel)
    return np.array(kept) if kept else samples


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


def _read_sofa(source: Path | BytesIO, name: str) -> tuple[ImpulseResponse, ...]:
    """Measurements of a SOFA file (AES69): `Data.IR` of M measurements, R receivers, N samples."""
    try:
        with h5py.File(source, "r") as file:
            if "Data.IR" not in file or "Data.SamplingRate" not in file:
                raise ValueError(f"{name}: no Data.IR and Data.SamplingRate in it; only SOFA files of samples are read")
            responses = np.asarray(file["Data.IR"], dtype=np.float64)
            rates = np.ravel(np.asarray(file["Data.SamplingRate"], dtype=np.float64))
    except (OSError, RuntimeError, KeyError, TypeError, OverflowError) as error:  # what h5py says of damaged files
        raise ValueError(f"{name}: not readable as SOFA, which is HDF5 ({error})") from error
    if responses.ndim != 3 or 0 in responses.shape or rates.size not in (1, len(responses)):
        raise ValueError(
            f"{name}: Data.IR of shape {responses.shape} with {rates.size} rates; (M, R, N) with 1 or M is needed"
        )
    rates = np.broadcast_to(rates, len(responses))
    names = [name] if len(responses) == 1 else [f"{name}#{m}" for m in range(len(responses))]
    return tuple(
        ImpulseResponse(_distinct(response), rate, each)
        for response, rate, each in zip(responses, rates, names, strict=True)
    )


def minimum_phase(power: np.ndarray) -> np.ndarray:
    """The complex response `(K + 1,)` of least delay that has this power at `K + 1` lines from 0 to Nyquist.

    From the folded real cepstrum (Oppenheim & Schafer, *Discrete-Time Signal Processing*, 3rd ed., section 13.5). The
    power is floored 140 dB under its peak.
    """
    cepstrum = np.fft.irfft(np.log(np.maximum(power, 1e-14 * power.max())) / 2)
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    return np.exp(np.fft.rfft(cepstrum))
