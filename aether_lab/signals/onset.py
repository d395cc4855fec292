"""The onset of an impulse response, where its spectrum begins, and the DC offset of its recording.

Of a causal response, the onset lies 3 ms before the first sample of 0.03 of the peak; what comes before is pre-delay,
silent or with the noise of the recording. Of a linear-phase or mixed-phase one it is pre-ringing, a part of the
response, which is recognised by any of three properties:

- It is the mirror image of what follows, of equal or opposite sign, about a centre of symmetry.
- Its power rises toward the onset by more than 6 dB over that of its first quarter, the floor.
- Its first half lasts fewer than 5 periods of its root mean square frequency: of 10 ms of white noise at 48 kHz,
  it has 54.

The first two are tested in shells that double in duration away from the onset, so that pre-ringing after a pre-delay is
separated from it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

ONSET_THRESHOLD = 0.03  # of the peak: -30 dB; noise of published responses lies below -39 dB
ONSET_LEAD = 3e-3  # s before the threshold is crossed: quiet treble may precede loud bass
OFFSET_DURATION = 0.1  # s; the mean of a shorter response is part of its bass
LONGEST_PRE_RINGING = 2.0  # s
SILENCE = 1e-6  # of the peak, -120 dB
FEW_PERIODS = 5
FIRST_SHELL = 10e-3  # s: half a period of the lowest ringing, 50 Hz
EMERGENCE = 4.0  # power over that of the floor, 6 dB
ASYMMETRY = 0.1  # energy of the difference of two mirror images over that of both; 1 for noise


def without_offset(samples: np.ndarray, sample_rate: float) -> np.ndarray:
    """`(T,)` samples without the DC offset of the recording, estimated as the median of the whole file.

    Most of a file is tail, so the response itself hardly changes the median. Responses shorter than 0.1 s, such as
    head-related ones of 5 ms, are returned unchanged: their mean is part of their bass.
    """
    if len(samples) < OFFSET_DURATION * sample_rate:
        return samples
    return samples - np.median(samples)


def find_onset(samples: np.ndarray, sample_rate: float) -> int:
    """Index at which `(T,)` samples begin, whatever their polarity, level or DC offset (see the module).

    >>> find_onset(np.eye(1, 4800, 480)[0], 48_000)  # 3 ms before a click
    336
    """
    return onset_without_offset(without_offset(samples, sample_rate), sample_rate)


def onset_without_offset(samples: np.ndarray, sample_rate: float) -> int:
    """`find_onset` of samples from `without_offset`, whose median takes as long as an FFT."""
    onset = first_arrival(samples, sample_rate)
    loud = np.abs(samples[:onset]) > SILENCE * np.abs(samples).max()
    if not loud.any():
        return onset
    begin = max(int(np.argmax(loud)), onset - int(LONGEST_PRE_RINGING * sample_rate))
    before = samples[begin:onset]
    if _periods(before[: len(before) // 2 + 1]) < FEW_PERIODS:
        return begin
    return max(begin, min(_mirrored_from(samples, onset, sample_rate), onset - _rising(before, sample_rate)))


def first_arrival(samples: np.ndarray, sample_rate: float) -> int:
    """Index 3 ms before `(T,)` samples first reach 0.03 of their peak."""
    magnitude = np.abs(samples)
    crossing = int(np.argmax(magnitude >= ONSET_THRESHOLD * magnitude.max()))
    return max(0, crossing - int(ONSET_LEAD * sample_rate))


def _shells(shortest: int, longest: int) -> Iterator[tuple[int, int]]:
    """Ranges of distance that double: `(0, n), (n, 2n), (2n, 4n), …` up to `longest`."""
    near, far = 0, max(1, shortest)
    while near < longest:
        yield near, min(far, longest)
        near, far = far, 2 * far


def _periods(samples: np.ndarray) -> float:
    """Duration of `(N,)` samples in periods of their root mean square frequency, from the power of the derivative."""
    power = samples.var()
    return len(samples) * float(np.sqrt((np.diff(samples) ** 2).mean() / power)) / (2 * np.pi) if power else np.inf


def _rising(before: np.ndarray, sample_rate: float) -> int:
    """Number of the last of `(N,)` samples that belong to a rise out of the floor; 0 for stationary noise.

    One more shell than those over the floor belongs to it: pre-ringing decays further below it.
    """
    power = before**2
    floor = power[: max(1, len(before) // 4)].mean()
    emerged = 0
    for near, far in _shells(int(FIRST_SHELL * sample_rate), len(before)):
        if power[len(before) - far : len(before) - near].mean() <= EMERGENCE * floor:
            break
        emerged = far
    return 2 * emerged


def _mirrored_from(samples: np.ndarray, onset: int, sample_rate: float) -> int:
    """Where samples before the onset begin to be the mirror image of those after the centre; the onset if nowhere.

    Where the end of the file cuts off all of the mirror image but the part after the onset, all counts as mirrored.
    """
    sum_of_indices, sign = _symmetry(samples)
    left = samples[: (sum_of_indices + 1) // 2][::-1]
    right = sign * samples[sum_of_indices // 2 + 1 : sum_of_indices + 1]
    loud = len(left) - onset  # samples between the onset and the centre
    if loud < 1 or len(right) < 1 or not _alike(left[:loud], right[:loud]):
        return onset
    if len(right) <= loud:
        return 0
    begin = onset
    for near, far in _shells(int(FIRST_SHELL * sample_rate), min(onset, len(right) - loud)):
        if not _alike(left[loud + near : loud + far], right[loud + near : loud + far]):
            break
        begin = onset - far
    return begin


def _alike(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two parts are equal up to a small error, over the length of the shorter one."""
    n = min(len(left), len(right))
    left, right = left[:n], right[:n]
    return bool(((left - right) ** 2).sum() <= ASYMMETRY * ((left**2).sum() + (right**2).sum()))


def _symmetry(samples: np.ndarray) -> tuple[int, int]:
    """The sum of the indices of two mirrored samples, and their sign, from the peak of the convolution with itself."""
    loud = np.flatnonzero(np.abs(samples) >= ONSET_THRESHOLD * np.abs(samples).max())[[0, -1]]
    core = samples[loud[0] : loud[1] + 1]
    n = 1 << (2 * len(core) - 1).bit_length()
    convolution = np.fft.irfft(np.fft.rfft(core, n) ** 2, n)
    peak = int(np.argmax(np.abs(convolution)))
    return 2 * int(loud[0]) + peak, 1 if convolution[peak] > 0 else -1
