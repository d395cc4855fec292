"""Synthetic responses of rooms, plates, cabinets, microphones, ears and headphones with known factors.

Each is a power response in closed form. Its factors (`FACTORS`) are drawn independently from the ranges of its family:

    dB(f) = tilt + shelves + bells + ripple                   smooth curves over log2 frequency, added
          + low cut + high cut                                Butterworth slopes, also of fractional order
          + resonances + notches                              the peaking section of the RBJ cookbook
          + comb                                              one reflection, 20 lg |1 + depth e^(-j 2 pi f delay)|
    and a white noise floor, added in power.

The factors are the ground truth for the latent dimensions of a model. Spectra are smoothed, floored and aligned as
those of files (`spectrum.smooth`, `spectrum.floor_and_align`). `SyntheticResponses.impulse_response` has the same
spectrum: decaying noise for rooms and plates, minimum phase for the other families.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.signal import fftconvolve

from aether_lab.signals.corpus import Corpus
from aether_lab.signals.impulse_response import ImpulseResponse, minimum_phase
from aether_lab.signals.spectrum import FREQUENCIES, N_BINS, SAMPLE_RATE, USABLE, floor_and_align, smooth

FAMILIES = ("rooms", "plates", "cabinets", "microphones", "ears", "headphones")
SAMPLE_RATES = {44_100.0: 0.5, 48_000.0: 0.45, 96_000.0: 0.05}  # Hz: share of the responses
RIPPLES = np.arange(1, 13) / 4  # cycles per octave of the ripple's cosines and sines

Range = tuple[float, float]


@dataclass(frozen=True)
class Factor:
    """A factor of a response: its meaning and unit, how many each response has, and the range in each family."""

    meaning: str
    unit: str
    ranges: tuple[Range, ...]  # in the order of FAMILIES
    count: int = 1
    log: bool = False  # uniform over the logarithm of the range


#                                     rooms       plates       cabinets     microphones   ears        headphones
FACTORS: dict[str, Factor] = {
    "tilt_db": Factor("slope of the whole curve", "dB/octave",
        ((-2.5, 0.5), (-4, 0.5), (-3, 1.5), (-2, 2), (-1, 1.5), (-1.5, 1.5))),
    "low_cut_hz": Factor("3 dB point of the low cut", "Hz", log=True, ranges=
        ((15, 120), (30, 300), (30, 250), (20, 500), (5, 150), (8, 100))),
    "low_cut_order": Factor("order of the low cut: 6 dB/octave each", "1",
        ((0.5, 2), (0.5, 2), (0.5, 4), (0.5, 3), (0.5, 1.5), (0.5, 2))),
    "high_cut_hz": Factor("3 dB point of the high cut", "Hz", log=True, ranges=
        ((7e3, 23e3), (2e3, 20e3), (2.5e3, 12e3), (3e3, 22e3), (9e3, 24e3), (9e3, 24e3))),
    "high_cut_order": Factor("order of the high cut", "1",
        ((1, 5), (0.5, 2.5), (1, 10), (0.5, 8), (1, 8), (1, 8))),
    "low_shelf_hz": Factor("middle of the low shelf", "Hz", log=True, ranges=
        ((80, 500), (80, 500), (100, 600), (80, 600), (300, 2500), (60, 400))),
    "low_shelf_db": Factor("gain below the low shelf", "dB",
        ((-4, 6), (-6, 6), (-8, 12), (-6, 6), (-12, 12), (-6, 8))),
    "high_shelf_hz": Factor("middle of the high shelf", "Hz", log=True, ranges=
        ((1e3, 8e3), (2e3, 8e3), (1e3, 8e3), (1e3, 8e3), (1.5e3, 8e3), (1e3, 8e3))),
    "high_shelf_db": Factor("gain above the high shelf", "dB",
        ((-5, 3), (-20, 3), (-10, 8), (-6, 8), (-10, 8), (-8, 8))),
    "main_hz": Factor("centre of the main resonance: a cone, an ear canal, a presence peak", "Hz",
        log=True, ranges=((40, 300), (200, 1e3), (70, 250), (2e3, 9e3), (2e3, 4.5e3), (2e3, 7e3))),
    "main_q": Factor("quality factor of the main resonance", "1", log=True, ranges=
        ((1, 6), (0.5, 2), (0.7, 5), (0.7, 4), (1, 4), (1, 5))),
    "main_db": Factor("gain of the main resonance", "dB",
        ((-4, 8), (-2, 8), (-4, 26), (-4, 10), (-2, 18), (-5, 12))),
    "bell_hz": Factor("centre of a broad bell", "Hz", count=3, log=True, ranges=
        ((100, 12e3), (150, 15e3), (80, 8e3), (150, 15e3), (1.5e3, 15e3), (100, 12e3))),
    "bell_octaves": Factor("standard deviation of a bell", "octaves", count=3, log=True, ranges=
        ((0.3, 1.2), (0.3, 1.2), (0.3, 1.2), (0.3, 1.2), (0.2, 0.8), (0.3, 1.2))),
    "bell_db": Factor("gain of a bell", "dB", count=3, ranges=
        ((-4, 4), (-6, 6), (-10, 10), (-7, 7), (-7, 9), (-8, 8))),
    "resonance_hz": Factor("centre of a resonance", "Hz", count=6, log=True, ranges=
        ((50, 3e3), (60, 12e3), (80, 7e3), (300, 16e3), (2e3, 16e3), (2e3, 16e3))),
    "resonance_q": Factor("quality factor of a resonance", "1", count=6, log=True, ranges=
        ((2, 12), (1.5, 8), (1.5, 10), (1, 8), (1.5, 8), (2, 10))),
    "resonance_db": Factor("gain of a resonance", "dB", count=6, ranges=
        ((-7, 9), (-4, 4), (-9, 10), (-7, 8), (-7, 8), (-7, 9))),
    "notch_hz": Factor("centre of a notch", "Hz", count=4, log=True, ranges=
        ((100, 5e3), (200, 10e3), (400, 8e3), (1e3, 16e3), (5e3, 19e3), (3e3, 16e3))),
    "notch_q": Factor("quality factor of a notch", "1", count=4, log=True, ranges=
        ((2, 10), (2, 8), (1, 10), (2, 8), (1.5, 10), (1.5, 10))),
    "notch_db": Factor("gain of a notch", "dB", count=4, ranges=
        ((-8, 0), (-4, 0), (-20, 0), (-8, 0), (-24, 0), (-20, 0))),
    "comb_ms": Factor("delay of a reflection", "ms", log=True, ranges=
        ((0.3, 6), (0.3, 6), (0.1, 1.5), (0.03, 0.5), (0.1, 0.8), (0.05, 0.3))),
    "comb_depth": Factor("amplitude of the reflection relative to the direct sound", "1",
        ((0, 0.5), (0, 0.1), (0, 0.5), (0, 0.3), (0, 0.25), (0, 0.25))),
    "ripple_db": Factor("rms of the random ripple at 1 kHz, proportional to f^(-1/4)", "dB",
        ((0.3, 2), (0.2, 1), (0.1, 1.5), (0.1, 1), (0.1, 1), (0.1, 0.8))),
    "range_db": Factor("peak over the noise floor", "dB",
        ((45, 90), (35, 90), (25, 90), (35, 90), (40, 90), (40, 90))),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SyntheticResponses:
    """`N` responses. Their spectra are computed on first access."""

    family: tuple[str, ...]  # of each response
    factors: Mapping[str, np.ndarray]  # (N,) or (N, count), with the names and units of FACTORS; in addition "ripple"
    # (N, 24), the coefficients of the ripple, and "sample_rate" (N,) Hz
    seed: int = 0

    def __len__(self) -> int:
        return len(self.family)

    def __repr__(self) -> str:
        return f"SyntheticResponses({len(self)} of {', '.join(dict.fromkeys(self.family))}; seed {self.seed})"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{family}/{i:05d}" for i, family in enumerate(self.family))

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(f"synthetic/{family}" for family in self.family)

    @cached_property
    def spectra_db(self) -> np.ndarray:
        """`(N, 513)` float32, level-aligned dB, as from `spectrum.spectrum_db`."""
        spectra = np.empty((len(self), N_BINS), np.float32)
        for rate in np.unique(self.factors["sample_rate"]):
            indices = np.flatnonzero(self.factors["sample_rate"] == rate)
            frequency_hz = _line_frequencies(rate / 2)
            for chunk in np.array_split(indices, 1 + len(indices) // 500):  # 500 responses fit in the cache
                power = power_response({name: values[chunk] for name, values in self.factors.items()}, frequency_hz)
                spectra[chunk] = floor_and_align(smooth(power, frequency_hz), USABLE * rate)
        return spectra

    def with_factors(self, **factors: float | np.ndarray) -> SyntheticResponses:
        """The responses with these factors replaced; a number applies to all of them.

        Raises:
            ValueError: an unknown factor, or values that do not broadcast to its shape.
        """
        changed = dict(self.factors)
        for name, values in factors.items():
            if name not in changed:
                raise ValueError(f"no factor {name!r}; allowed are {', '.join(changed)}")
            try:
                changed[name] = np.broadcast_to(np.asarray(values, dtype=float), changed[name].shape)
            except ValueError as error:
                raise ValueError(f"{name} of shape {np.shape(values)}; {changed[name].shape} is needed") from error
        return replace(self, factors=changed)

    def corpus(self) -> Corpus:
        """The spectra, names and sources as a corpus."""
        return Corpus(self.spectra_db, self.names, self.sources)

    def impulse_response(self, index: int) -> ImpulseResponse:
        """One response as samples at its own sample rate, with peak 1.

        Rooms and plates are seeded noise with a decay time (60 dB) of 0.4 to 1.6 s, filtered until its smoothed
        spectrum is that of the response. The other families are minimum-phase, 0.2 s long.
        """
        rate = float(self.factors["sample_rate"][index])
        factors = {name: values[[index]] for name, values in self.factors.items()}
        n = 1 << 15 if rate <= SAMPLE_RATE else 1 << 16
        power = power_response(factors, np.linspace(0, rate / 2, n // 2 + 1))[0].astype(np.float64)
        if self.family[index] in ("rooms", "plates"):
            samples = _reverberant(power, rate, np.random.default_rng((self.seed, index % len(self))))
        else:
            samples = np.fft.irfft(minimum_phase(power))[: int(0.2 * rate)]
        return ImpulseResponse(samples / np.abs(samples).max(), rate, f"synthetic/{self.names[index]}")


def synthetic_responses(n: int, seed: int = 0, families: Iterable[str] = FAMILIES) -> SyntheticResponses:
    """`n` random responses whose families alternate in order; the same arguments give the same responses.

    >>> responses = synthetic_responses(4, families=("rooms", "ears"))
    >>> responses.family, responses.spectra_db.shape
    (('rooms', 'ears', 'rooms', 'ears'), (4, 513))

    Raises:
        ValueError: `n` below 1, or an unknown family.
    """
    families = tuple(families)
    if n < 1:
        raise ValueError(f"n is {n}; it must be at least 1")
    if not families or not set(families) <= set(FAMILIES):
        raise ValueError(f"families are {families}; allowed are {', '.join(FAMILIES)}")
    rng = np.random.default_rng(seed)
    family = tuple(families[i % len(families)] for i in range(n))
    column = np.array([FAMILIES.index(name) for name in family])
    factors: dict[str, np.ndarray] = {}
    for name, factor in FACTORS.items():
        low, high = np.array(factor.ranges, dtype=float).T[..., column, None]
        uniform = rng.uniform(size=(n, factor.count))
        values = low * (high / low) ** uniform if factor.log else low + (high - low) * uniform
        factors[name] = values if factor.count > 1 else values[:, 0]
    for name in ("bell_db", "resonance_db", "notch_db"):  # a random share of each has 0 dB
        factors[name] = factors[name] * (rng.uniform(size=factors[name].shape) < rng.uniform(size=(n, 1)))
    factors["ripple"] = rng.normal(size=(n, 2 * len(RIPPLES)))
    rates = np.array(list(SAMPLE_RATES))
    factors["sample_rate"] = rng.choice(rates, size=n, p=list(SAMPLE_RATES.values()))
    return SyntheticResponses(family, factors, seed)


def power_response(factors: Mapping[str, np.ndarray], frequency_hz: np.ndarray) -> np.ndarray:
    """Power of `N` responses at `(K,)` Hz, `(N, K)`, before smoothing and alignment, with the noise floor.

    The comb is averaged between neighbouring frequencies, which gives the sinc. The peaking section is
    |H|² = (v² + 10^(g/20)) / (v² + 10^(-g/20)), v = Q (f/f0 - f0/f) (Bristow-Johnson, *Audio EQ Cookbook*, peakingEQ,
    analogue prototype).
    """
    frequency_hz = np.maximum(frequency_hz, 1.0).astype(np.float32)  # DC becomes 1 Hz, to keep logarithms finite
    octave = np.log2(frequency_hz)
    factor = {name: values.astype(np.float32)[..., None] for name, values in factors.items()}

    def octaves_above(name: str) -> np.ndarray:  # (N, K) or (N, count, K)
        return octave - np.log2(factor[name])

    magnitude_db = factor["tilt_db"] * (octave - np.log2(np.float32(1000)))
    magnitude_db += factor["low_shelf_db"] / (1 + np.exp2(3 * octaves_above("low_shelf_hz")))
    magnitude_db += factor["high_shelf_db"] / (1 + np.exp2(-3 * octaves_above("high_shelf_hz")))
    for j in range(factors["bell_hz"].shape[-1]):
        distance = (octave - np.log2(factor["bell_hz"][:, j])) / factor["bell_octaves"][:, j]
        magnitude_db += factor["bell_db"][:, j] * np.exp(-(distance**2) / 2)
    phase = (2 * np.pi * RIPPLES[:, None] * octave).astype(np.float32)
    waves = np.concatenate([np.cos(phase), np.sin(phase)]) * (frequency_hz / 1000) ** -0.25 / np.sqrt(len(RIPPLES))
    magnitude_db += factor["ripple_db"] * (factors["ripple"].astype(np.float32) @ waves.astype(np.float32))

    power = np.exp2(magnitude_db * np.float32(np.log2(10) / 10))
    power /= 1 + np.exp2(np.clip(-2 * factor["low_cut_order"] * octaves_above("low_cut_hz"), -60, 60))
    power /= 1 + np.exp2(np.clip(2 * factor["high_cut_order"] * octaves_above("high_cut_hz"), -60, 60))
    for kind in ("main", "resonance", "notch"):
        centre, q, gain_db = (np.atleast_3d(factor[f"{kind}_{part}"]) for part in ("hz", "q", "db"))
        for j in range(centre.shape[1]):
            ratio = frequency_hz / centre[:, j]
            v_squared = (q[:, j] * (ratio - 1 / ratio)) ** 2
            gain = 10 ** (gain_db[:, j] / 20)
            power *= (v_squared + gain) / (v_squared + 1 / gain)
    depth = factor["comb_depth"]
    delay = factor["comb_ms"] / 1000
    power *= (
        1 + depth**2 + 2 * depth * np.cos(2 * np.pi * frequency_hz * delay) * np.sinc(np.gradient(frequency_hz) * delay)
    )
    return power + power.max(axis=-1, keepdims=True) * 10 ** (-factor["range_db"] / 10)


def _line_frequencies(nyquist: float) -> np.ndarray:
    """Frequencies in Hz at which a response is computed before smoothing: every 6 Hz, from 1.5 kHz 48 per octave."""
    return np.concatenate([np.arange(0, 1500, 6), np.geomspace(1500, nyquist, 1 + round(48 * np.log2(nyquist / 1500)))])


def _reverberant(power: np.ndarray, sample_rate: float, rng: np.random.Generator) -> np.ndarray:
    """1.5 s of decaying noise after a direct sound, with the smoothed spectrum of `power` at `(K,)` FFT lines."""
    time = np.arange(int(1.5 * sample_rate)) / sample_rate
    samples = rng.normal(size=len(time)) * 10 ** (-3 * time / rng.uniform(0.4, 1.6))
    samples[0] += np.sqrt((samples**2).sum())  # the energy of the tail
    lines = np.linspace(0, sample_rate / 2, len(power))
    bins = FREQUENCIES[sample_rate / 2 >= FREQUENCIES]
    target, correction = smooth(power, lines)[: len(bins)], power
    for _ in range(3):  # the first pass applies the response, each further one halves the remaining error
        samples = fftconvolve(samples, np.fft.irfft(minimum_phase(correction)))[: len(time)]
        n = 1 << int(np.ceil(np.log2(len(samples))))
        reached = smooth(np.abs(np.fft.rfft(samples, n)) ** 2, np.fft.rfftfreq(n, 1 / sample_rate))[: len(bins)]
        correction = np.interp(lines, bins, target / reached)
    return samples
