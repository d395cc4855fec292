"""Loudness of short sounds, so that a comparison by ear is not decided by level."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import sosfilt

PEAK = 0.9
"""Highest sample of sounds that were matched."""


def loudness_db(samples: ArrayLike, sample_rate: float) -> float:
    """Mean loudness of samples `(T,)` or `(T, C)` in LUFS, without the gate of ITU-R BS.1770, for sounds of seconds.

    The weighting is K of BS.1770-4, its two sections moved to `sample_rate`.

    Raises:
        ValueError: no samples, some that are not finite, or silence.

    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(48_000) / 48_000)
    >>> round(loudness_db(tone, 48_000), 1)  # the standard says -3.01
    -3.0
    """
    samples = np.asarray(samples, np.float64)
    if samples.ndim not in (1, 2) or not samples.size or not np.isfinite(samples).all():
        raise ValueError(f"samples have shape {samples.shape}; expected (T,) or (T, C), finite, at least one")
    power = (sosfilt(k_weighting(sample_rate), samples, axis=0) ** 2).mean(axis=0).sum()
    if power == 0:
        raise ValueError("the samples are silent; silence has no loudness")
    return float(-0.691 + 10 * np.log10(power))


def matched(*sounds: ArrayLike, sample_rate: float) -> list[NDArray[np.float64]]:
    """The sounds at equal loudness, as loud as the peaks of all allow.

    >>> import numpy as np
    >>> tone = np.sin(np.arange(48_000) / 10)
    >>> [round(float(abs(sound).max()), 2) for sound in matched(tone, 0.1 * tone, sample_rate=48_000)]
    [0.9, 0.9]
    """
    equal = [np.asarray(each, np.float64) * 10 ** (-loudness_db(each, sample_rate) / 20) for each in sounds]
    peak = max(float(np.abs(each).max()) for each in equal)
    return [PEAK / peak * each for each in equal]


def k_weighting(sample_rate: float) -> NDArray[np.float64]:
    """The high shelf and the high-pass of BS.1770 as rows of `scipy.signal.sosfilt`, at any rate.

    Their analog parameters are those that give the coefficients which the standard lists for 48 kHz (De Man,
    "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018).
    """
    k, q, lift = np.tan(np.pi * 1681.974450955533 / sample_rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = lift**0.4996667741545416
    shelf = [lift + middle * k / q + k * k, 2 * (k * k - lift), lift - middle * k / q + k * k]
    rows = [[*shelf, 1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]]
    k, q = np.tan(np.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    rows.append([1.0, -2.0, 1.0, 1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])
    sos = np.array(rows)
    sos[0] /= sos[0, 3]
    sos[1, 3:] /= sos[1, 3]  # the standard leaves the numerator at 1, -2, 1
    return sos
