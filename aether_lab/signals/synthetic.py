"""Synthetic responses: seeded rooms, plates, cabinets, microphones, ears and headphones with known factors.

A system is a power response written down in closed form. Its factors (`FACTORS`) are drawn independently from the
ranges of its family:

    dB(f) = tilt + shelves + bells + ripple                   smooth curves over log2 frequency, added
          + low cut + high cut                                Butterworth slopes, orders need not be whole
          + resonances + notches                              the peaking section of the RBJ cookbook
          + comb                                              one reflection, 20 lg |1 + depth e^(-j 2 pi f delay)|
    and a white noise floor under the sum.

The factors are therefore the truth that a model's latent dimensions can be compared with. Spectra come out through
`spectrum.smooth` and `spectrum.floor_and_align`, as those of files do. `SyntheticResponses.impulse_response` gives
samples whose spectrum is the same: of minimum phase where a system is small, decaying noise for rooms and plates.
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


SAMPLE_RATES = {44_100.0: 0.5, 48_000.0: 0.45, 96_000.0: 0.05}  # Hz: share of systems; a spectrum ends at half of it


RIPPLES = np.arange(1, 13) / 4  # cycles per octave of the ripple's cosines and sines


Range = tuple[float, float]


@dataclass(frozen=True)
class Factor:
    """A property of a system: its meaning and unit, how many it has, and the range in each family."""

    meaning: str
    unit: str
    ranges: tuple[Range, ...]  # in the order of FAMILIES
    count: int = 1
    log: bool = False  # drawn evenly over the logarithm of the range


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
    "low_shelf_db": Factor("gain below it", "dB",
        ((-4, 6), (-6, 6), (-8, 12), (-6, 6), (-12, 12), (-6, 8))),
    "high_shelf_hz": Factor("middle of the high shelf", "Hz", log=True, ranges=
        ((1e3, 8e3), (2e3, 8e3), (1e3, 8e3), (1e3, 8e3), (1.5e3, 8e3), (1e3, 8e3))),
    "high_shelf_db": Factor("gain above it", "dB",
        ((-5, 3), (-20, 3), (-10, 8), (-6, 8), (-10, 8), (-8, 8))),
    "main_hz": Factor("centre of the resonance a system is known by: a cone, an ear canal, presence", "Hz",
        log=True, ranges=((40, 300), (200, 1e3), (70, 250), (2e3, 9e3), (2e3, 4.5e3), (2e3, 7e3))),
    "main_q": Factor("its quality factor", "1", log=True, ranges=
        ((1, 6), (0.5, 2), (0.7, 5), (0.7, 4), (1, 4), (1, 5))),
    "main_db": Factor("its gain", "dB",
        ((-4, 8), (-2, 8), (-4, 26), (-4, 10), (-2, 18), (-5, 12))),
    "bell_hz": Factor("centre of a broad bell", "Hz", count=3, log=True, ranges=
        ((100, 12e3), (150, 15e3), (80, 8e3), (150, 15e3), (1.5e3, 15e3), (100, 12e3))),
    "bell_octaves": Factor("its standard deviation", "octaves", count=3, log=True, ranges=
        ((0.3, 1.2), (0.3, 1.2), (0.3, 1.2), (0.3, 1.2), (0.2, 0.8), (0.3, 1.2))),
    "bell_db": Factor("its gain", "dB", count=3, ranges=
        ((-4, 4), (-6, 6), (-10, 10), (-7, 7), (-7, 9), (-8, 8))),
    "resonance_hz": Factor("centre of a resonance", "Hz", count=6, log=True, ranges=
        ((50, 3e3), (60, 12e3), (80, 7e3), (300, 16e3), (2e3, 16e3), (2e3, 16e3))),
    "resonance_q": Factor("its quality factor", "1", count=6, log=True, ranges=
        ((2, 12), (1.5, 8), (1.5, 10), (1, 8), (1.5, 8), (2, 10))),
    "resonance_db": Factor("its gain; most systems have few strong ones", "dB", count=6, ranges=
        ((-7, 9), (-4, 4), (-9, 10), (-7, 8), (-7, 8), (-7, 9))),
    "notch_hz": Factor("centre of a notch", "Hz", count=4, log=True, ranges=
        ((100, 5e3), (200, 10e3), (400, 8e3), (1e3, 16e3), (5e3, 19e3), (3e3, 16e3))),
    "notch_q": Factor("its quality factor", "1", count=4, log=True, ranges=
        ((2, 10), (2, 8), (1, 10), (2, 8), (1.5, 10), (1.5, 10))),
    "notch_db": Factor("its depth", "dB", count=4, ranges=
        ((-8, 0), (-4, 0), (-20, 0), (-8, 0), (-24, 0), (-20, 0))),
    "comb_ms": Factor("delay of a reflection", "ms", log=True, ranges=
        ((0.3, 6), (0.3, 6), (0.1, 1.5), (0.03, 0.5), (0.1, 0.8), (0.05, 0.3))),
    "comb_depth": Factor("its strength, where the direct sound has 1", "1",
        ((0, 0.5), (0, 0.1), (0, 0.5), (0, 0.3), (0, 0.25), (0, 0.25))),
    "ripple_db": Factor("rms of the random ripple at 1 kHz; it falls as f^(-1/4)", "dB",
        ((0.3, 2), (0.2, 1), (0.1, 1.5), (0.1, 1), (0.1, 1), (0.1, 0.8))),
    "range_db": Factor("strongest line over the noise floor", "dB",
        ((45, 90), (35, 90), (25, 90), (35, 90), (40, 90), (40, 90))),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SyntheticResponses:
    """`N` systems. Spectra are computed when first asked for."""

    family: tuple[str, ...]
    factors: Mapping[str, np.ndarray]  # FACTORS' names: (N,), or (N, count) where a system has several, in their units;
    # besides them "ripple" (N, 24), the coefficients of the ripple, and "sample_rate" (N,) Hz
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
        """`(N, 513)` float32, dB, as `spectrum.spectrum_db` gives them."""
        spectra = np.empty((len(self), N_BINS), np.float32)
        for rate in np.unique(self.factors["sample_rate"]):
            of_rate = np.flatnonzero(self.factors["sample_rate"] == rate)
            frequency = _lines(rate / 2)
            for chunk in np.array_split(of_rate, 1 + len(of_rate) // 500):  # 500 at a time stay in the cache
                power = power_response({name: values[chunk] for name, values in self.factors.items()}, frequency)
                spectra[chunk] = floor_and_align(smooth(power, frequency), USABLE * rate)
        return spectra

    def with_factors(self, **factors: float | np.ndarray) -> SyntheticResponses:
        """The same systems but for these factors; a number is taken for all of them.

        Raises:
            ValueError: a name that is no factor, or values that do not fit its shape.
        """
        changed = dict(self.factors)
        for name, values in factors.items():
            if name not in changed:
                raise ValueError(f"no factor {name!r}; there are {', '.join(changed)}")
            try:
                changed[name] = np.broadcast_to(np.asarray(values, dtype=float), changed[name].shape)
            except ValueError as error:
                raise ValueError(f"{name} of shape {np.shape(values)}; {changed[name].shape} is needed") from error
        return replace(self, factors=changed)

    def corpus(self) -> Corpus:
        """Spectra, names and sources, as of a folder."""
        return Corpus(self.spectra_db, self.names, self.sources)

    def impulse_response(self, index: int) -> ImpulseResponse:
        """Samples of one system at its own sample rate, peak 1.

        Rooms and plates are seeded noise that decays by 60 dB in 0.4 to 1.6 s, corrected until its smoothed spectrum
        is the system's; the others are of minimum phase, 0.2 s long.
        """
        rate = float(self.factors["sample_rate"][index])
        one = {name: values[[index]] for name, values in self.factors.items()}
        n = 1 << 15 if rate <= SAMPLE_RATE else 1 << 16
        power = power_response(one, np.linspace(0, rate / 2, n // 2 + 1))[0].astype(np.float64)
        if self.family[index] in ("rooms", "plates"):
            samples = _reverberant(power, rate, np.random.default_rng((self.seed, index % len(self))))
        else:
            samples = np.fft.irfft(minimum_phase(power))[: int(0.2 * rate)]
        return ImpulseResponse(samples / np.abs(samples).max(), rate, f"synthetic/{self.names[index]}")


def synthetic_responses(n: int, seed: int = 0, families: Iterable[str] = FAMILIES) -> SyntheticResponses:
    """`n` systems, the families in turn; the same for the same arguments.

    Raises:
        ValueError: `n` below 1, or an unknown family.
    """
    families = tuple(families)
    if n < 1:
        raise ValueError(f"{n} systems; at least one is needed")
    if not families or not set(families) <= set(FAMILIES):
        raise ValueError(f"families {families}; choose from {', '.join(FAMILIES)}")
    rng = np.random.default_rng(seed)
    family = tuple(families[i % len(families)] for i in range(n))
    column = np.array([FAMILIES.index(name) for name in family])
    factors: dict[str, np.ndarray] = {}
    for name, factor in FACTORS.items():
        low, high = np.array(factor.ranges, dtype=float).T[..., column, None]
        even = rng.uniform(size=(n, factor.count))
        values = low * (high / low) ** even if factor.log else low + (high - low) * even
        factors[name] = values if factor.count > 1 else values[:, 0]
    for name in ("bell_db", "resonance_db", "notch_db"):  # a system has some of each, not all
        factors[name] = factors[name] * (rng.uniform(size=factors[name].shape) < rng.uniform(size=(n, 1)))
    factors["ripple"] = rng.normal(size=(n, 2 * len(RIPPLES)))
    rates = np.array(list(SAMPLE_RATES))
    factors["sample_rate"] = rng.choice(rates, size=n, p=list(SAMPLE_RATES.values()))
    return SyntheticResponses(family, factors, seed)


def power_response(factors: Mapping[str, np.ndarray], frequency: np.ndarray) -> np.ndarray:
    """Power of `N` systems at `(K,)` Hz, before smoothing, the noise floor included; `(N, K)`, at any level.

    A line stands for the Hz around it: where lines lie apart, the comb is averaged between them (hence the sinc).
    The peaking section: |H|² = (v² + 10^(g/20)) / (v² + 10^(-g/20)), v = Q (f/f0 - f0/f) (Bristow-Johnson, *Audio EQ
    Cookbook*, peakingEQ, analogue prototype).
    """
    hertz = np.maximum(frequency, 1.0).astype(np.float32)  # DC counts as 1 Hz, to keep logarithms finite
    octave = np.log2(hertz)
    of = {name: values.astype(np.float32)[..., None] for name, values in factors.items()}

    def above(name: str) -> np.ndarray:
        return octave - np.log2(of[name])  # octaves over a corner or centre: (N, K), or (N, count, K)

    magnitude_db = of["tilt_db"] * (octave - np.log2(np.float32(1000)))
    magnitude_db += of["low_shelf_db"] / (1 + np.exp2(3 * above("low_shelf_hz")))
    magnitude_db += of["high_shelf_db"] / (1 + np.exp2(-3 * above("high_shelf_hz")))
    for j in range(factors["bell_hz"].shape[-1]):
        distance = (octave - np.log2(of["bell_hz"][:, j])) / of["bell_octaves"][:, j]
        magnitude_db += of["bell_db"][:, j] * np.exp(-(distance**2) / 2)
    phase = (2 * np.pi * RIPPLES[:, None] * octave).astype(np.float32)
    waves = np.concatenate([np.cos(phase), np.sin(phase)]) * (hertz / 1000) ** -0.25 / np.sqrt(len(RIPPLES))
    magnitude_db += of["ripple_db"] * (factors["ripple"].astype(np.float32) @ waves.astype(np.float32))

    power = np.exp2(magnitude_db * np.float32(np.log2(10) / 10))
    power /= 1 + np.exp2(np.clip(-2 * of["low_cut_order"] * above("low_cut_hz"), -60, 60))
    power /= 1 + np.exp2(np.clip(2 * of["high_cut_order"] * above("high_cut_hz"), -60, 60))
    for kind in ("main", "resonance", "notch"):
        centre, q, gain_db = (np.atleast_3d(of[f"{kind}_{part}"]) for part in ("hz", "q", "db"))
        for j in range(centre.shape[1]):
            ratio = hertz / centre[:, j]
            v_squared = (q[:, j] * (ratio - 1 / ratio)) ** 2
            gain = 10 ** (gain_db[:, j] / 20)
            power *= (v_squared + gain) / (v_squared + 1 / gain)
    depth = of["comb_depth"]
    delay = of["comb_ms"] / 1000
    power *= 1 + depth**2 + 2 * depth * np.cos(2 * np.pi * hertz * delay) * np.sinc(np.gradient(hertz) * delay)
    return power + power.max(axis=-1, keepdims=True) * 10 ** (-of["range_db"] / 10)


def _lines(nyquist: float) -> np.ndarray:
    """Hz at which a closed form is smoothed: 6 Hz apart where systems ring, then 48 to the octave."""
    return np.concatenate([np.arange(0, 1500, 6), np.geomspace(1500, nyquist, 1 + round(48 * np.log2(nyquist / 1500)))])


def _reverberant(power: np.ndarray, sample_rate: float, rng: np.random.Generator) -> np.ndarray:
    """Noise that decays after a direct sound, 1.5 s, with this power at `n / 2 + 1` lines once both are smoothed."""
    time = np.arange(int(1.5 * sample_rate)) / sample_rate
    samples = rng.normal(size=len(time)) * 10 ** (-3 * time / rng.uniform(0.4, 1.6))
    samples[0] += np.sqrt((samples**2).sum())  # as much energy as the tail
    lines = np.linspace(0, sample_rate / 2, len(power))
    bins = FREQUENCIES[sample_rate / 2 >= FREQUENCIES]
    wanted, correction = smooth(power, lines)[: len(bins)], power
    for _ in range(3):  # each pass halves what is left; the first brings the system itself
        samples = fftconvolve(samples, np.fft.irfft(minimum_phase(correction)))[: len(time)]
        n = 1 << int(np.ceil(np.log2(len(samples))))
        found = smooth(np.abs(np.fft.rfft(samples, n)) ** 2, np.fft.rfftfreq(n, 1 / sample_rate))[: len(bins)]
        correction = np.interp(lines, bins, wanted / found)
    return samples
