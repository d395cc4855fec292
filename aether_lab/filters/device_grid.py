"""The sections that a device can be set to, as vectors whose squared distance is that of a fit.

A setting of a band is four indices `(type, frequency, Q, gain)` into its values; type -1 is off. The response of a
section on the evaluation grid becomes a vector: its mean is removed, because the level of a device is set apart, and it
is multiplied with the root of the weights. The squared error of a device is then `|Σ vectors - target|²`.

Responses are those of `biquad.sections_db`, in NumPy: a search asks for few sections at a time, of any number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters import biquad
from aether_lab.filters.device import Band, DeviceProfile
from aether_lab.filters.recipe import Recipe

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

OFF = -1  # the type of a band that is switched off


class Grid(NamedTuple):
    """The evaluation grid of a device."""

    device: DeviceProfile
    tangents: Floats  # (P,) tan(w/2) of each frequency
    root: Floats  # (P,) root of the weights

    @classmethod
    def of(cls, device: DeviceProfile, frequency_hz: Floats, weights: Floats) -> Grid:
        """For frequencies `(P,)` in Hz and weights `(P,)` of sum 1; those of weight 0 are left out."""
        heard = weights > 0
        weights = weights[heard] / weights[heard].sum()
        return cls(device, np.tan(np.pi * frequency_hz[heard] / device.sample_rate), np.sqrt(weights))

    def centred(self, level_db: Floats) -> Floats:
        """Levels `(..., P)` as vectors."""
        weights = self.root**2
        return (level_db - (level_db @ weights)[..., None]) * self.root

    def vectors(self, kind: str, frequency_hz: Floats, q: Floats, gain_db: Floats) -> Floats:
        """Sections `(N,)` of one type as vectors `(N, P)`."""
        return self.centred(self.levels(kind, frequency_hz, q, gain_db))

    def levels(self, kind: str, frequency_hz: Floats, q: Floats, gain_db: Floats) -> Floats:
        """Magnitude `(N, P)` in dB of sections `(N,)` of one type; see `biquad.peaking_db` and `biquad.shelf_db`."""
        highest = biquad.CENTRE_RANGE[1] * self.device.sample_rate / 2
        centre = np.tan(np.pi * np.minimum(frequency_hz, highest) / self.device.sample_rate)
        u = self.tangents / centre[:, None]
        if kind == "peaking":
            v2 = (q[:, None] * (u - 1 / u)) ** 2
            a = 10 ** (gain_db / 20)[:, None]
            return 10 * np.log10((v2 + a) / (v2 + 1 / a))
        a, u2 = 10 ** (gain_db / 40)[:, None], u * u
        slope = a * u2 / (q * q)[:, None]
        low = gain_db[:, None] / 2 + 10 * np.log10(((a - u2) ** 2 + slope) / ((1 - a * u2) ** 2 + slope))
        return low if kind == "lowshelf" else gain_db[:, None] - low

    def band_levels(self, band: Band, settings: Indices) -> Floats:
        """Settings `(N, 4)` of a band as levels `(N, P)` in dB."""
        found = np.zeros((len(settings), self.root.size))
        for i, kind in enumerate(band.types):
            rows = np.flatnonzero(settings[:, 0] == i)
            if rows.size:
                f, q, g = (settings[rows, axis] for axis in (1, 2, 3))
                found[rows] = self.levels(kind, band.frequency_hz[f], band.q_of(kind)[q], band.gain_db[g])
        return found

    def band_vectors(self, band: Band, settings: Indices) -> Floats:
        """Settings `(N, 4)` of a band as vectors `(N, P)`."""
        return self.centred(self.band_levels(band, settings))

    def device_level(self, settings: Indices) -> Floats:
        """Level `(P,)` in dB of the settings `(S, 4)` of a device, without its preamp."""
        pairs = zip(self.device.bands, settings, strict=True)
        return np.sum([self.band_levels(band, row[None])[0] for band, row in pairs], axis=0)

    def device_vector(self, settings: Indices) -> Floats:
        """The same as a vector `(P,)`."""
        return self.centred(self.device_level(settings))

    def recipe_vector(self, recipe: Recipe) -> Floats:
        """A cascade `(S,)` of peaking sections as a vector `(P,)`."""
        columns = (np.asarray(each, np.float64) for each in (recipe.frequency_hz, recipe.q, recipe.gain_db))
        return self.vectors("peaking", *columns).sum(0)


def every_setting(band: Band) -> Indices:
    """All settings `(N, 4)` of a band; off last, where it can be."""
    parts = [
        np.stack(
            [
                each.ravel()
                for each in np.meshgrid(
                    i, *(np.arange(len(v)) for v in (band.frequency_hz, band.q_of(kind), band.gain_db)), indexing="ij"
                )
            ],
            axis=1,
        )
        for i, kind in enumerate(band.types)
    ]
    return np.concatenate(parts + [neutral(band)[None]] * band.off)


def neutral(band: Band) -> Indices:
    """The setting `(4,)` of a band that changes least: off, or the gain nearest to 0 dB; in the middle of its range."""
    gain = int(np.argmin(np.abs(band.gain_db)))
    kind = OFF if band.off else 0
    return np.array([kind, len(band.frequency_hz) // 2, len(band.q_of(band.types[max(kind, 0)])) // 2, gain])


def nearest(values: Floats, wanted: Floats | float) -> Indices:
    """The indices of those of rising values that are nearest to the wanted ones."""
    after = np.searchsorted(values, wanted).clip(1, max(len(values) - 1, 1))
    if len(values) == 1:
        return np.zeros_like(after)
    return after - (wanted - values[after - 1] <= values[after] - wanted)


def settings_near(band: Band, kind: int, log_frequency: Floats, log_q: Floats, gain_db: Floats) -> Indices:
    """The settings `(N, 4)` of a band nearest to sections `(N,)`, of the type of index `kind`."""
    logs = band.logs
    near = nearest(logs["frequency"], log_frequency), nearest(logs[band.types[kind]], log_q)
    return np.stack(np.broadcast_arrays(kind, *near, nearest(band.gain_db, gain_db)), axis=-1)
