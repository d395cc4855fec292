"""The posterior of curves: what a measurement of a part of the band says about the rest of it.

The curves of each kind of system are modelled as Gaussian over 62 frequencies, at an unknown level. Conditioned on the
measured points, each kind gives a distribution of the hidden ones, that of Student's t: it is wider where the measured
part is unusual for the kind. Kinds are weighed by their evidence. Neighbouring points are not independent witnesses, so
evidence and distance are both tempered.

The moments are those of measured curves, sorted by the kinds that their folders name, and of synthetic responses
(`models/curves.py`), rather than of decoded curves: on unseen sources, Laplace's method and importance sampling over z
of "nested", with the covariance of its residuals, gave wider bands at equal coverage. The constants were chosen on five
folds of whole training sources, never on the test sources (`tests/benchmarks/fan.py`).

Sources: Bishop, *Pattern Recognition and Machine Learning*, sections 2.3.1 (conditional Gaussians), 2.3.9 (mixtures);
Ding, "On the conditional distribution of the multivariate t distribution", The American Statistician 70, 2016.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aether_lab.signals.files import write_bytes
from aether_lab.signals.spectrum import BAND, FREQUENCIES
from aether_lab.signals.target import Measured, Target, as_target

Values = NDArray[np.float64]

POSTERIOR_HZ = np.geomspace(*BAND, 62)
"""`(62,)` Hz, eight per octave, which spectra smoothed over 1/3 octave allow."""

LEVEL_DB = 20.0  # the standard deviation of the level
SHRINKAGE = 100.0  # spectra: the weight of the moments of all kinds in those of one
TEMPER = 0.5  # exponent of the evidence, and the share of an independent witness that a point is
LEAST_DB = 1.0  # standard deviation that a point has of its own
DEGREES = 20.0  # of freedom of Student's t
STRETCH = 1.07  # of a deviation from the mean: then the 90 % band covers 90 % of the hidden points of held-out folds
SHIPPED = Path(__file__).parents[1] / "models" / "curves.npz"


@dataclass(frozen=True, eq=False)
class CurvePrior:
    """Means `(K, 62)` and covariances `(K, 62, 62)` in dB of the curves of each kind."""

    mean: Values
    covariance: Values

    @classmethod
    def fit(cls, spectra_db: ArrayLike, kinds: ArrayLike, probability: ArrayLike | None = None) -> CurvePrior:
        """The moments of spectra measured from 100 Hz to 20 kHz.

        Args:
            spectra_db: `(N, 513)` level-aligned dB.
            kinds: `(N,)` numbers from 0 on.
            probability: `(N,)`, of each spectrum; default: uniform.

        Raises:
            ValueError: arrays of other lengths, or no spectrum.
        """
        x, kind = at_posterior_hz(np.atleast_2d(np.asarray(spectra_db, np.float64))), np.asarray(kinds)
        share = np.ones(len(x)) if probability is None else np.asarray(probability, np.float64)
        if not len(x) or kind.shape != (len(x),) or share.shape != (len(x),):
            raise ValueError(f"{len(x)} spectra, kinds {kind.shape} and probabilities {share.shape}; (N,) is needed")
        centre, pooled = _moments(x, share)
        rows = []
        for k in range(int(kind.max()) + 1):
            inside = kind == k
            n = int(inside.sum())
            own = _moments(x[inside], share[inside]) if n else (centre, pooled)
            mean = (n * own[0] + SHRINKAGE / 5 * centre) / (n + SHRINKAGE / 5)
            rows.append((mean, (n * own[1] + SHRINKAGE * pooled) / (n + SHRINKAGE)))
        means, covariances = zip(*rows, strict=True)
        return cls(np.array(means), np.array(covariances) + LEAST_DB**2 * np.eye(POSTERIOR_HZ.size))

    @classmethod
    def load(cls, path: str | Path = SHIPPED) -> CurvePrior:
        """Reads what `save` wrote; by default the shipped one."""
        with np.load(path, allow_pickle=False) as stored:
            mean, lower = (stored[name].astype(np.float64) for name in ("mean", "cholesky"))
        return cls(mean, lower @ lower.swapaxes(-1, -2))

    def save(self, path: str | Path) -> None:
        """Writes means and Cholesky factors in 16 bits."""
        lower = np.linalg.cholesky(self.covariance)
        file = io.BytesIO()
        np.savez_compressed(file, mean=self.mean.astype(np.float16), cholesky=lower.astype(np.float16))
        write_bytes(path, file.getvalue())


@dataclass(frozen=True, eq=False)
class Fan:
    """Curves that a measurement allows, aligned where it was measured.

    >>> from aether_lab import Curve
    >>> found = fan(Curve([100, 1000, 2000], [0, 3, 0]))
    >>> found.measured_hz, found.samples_db.shape, found.median_db.shape
    ((100.0, 2000.0), (256, 513), (513,))
    """

    name: str
    samples_db: Values  # (N, 513)
    measured_hz: tuple[float, float]

    @cached_property
    def median_db(self) -> Values:
        """`(513,)` dB."""
        return np.median(self.samples_db, axis=0)

    def band_db(self, share: float = 0.9) -> tuple[Values, Values]:
        """The band `(513,)`, `(513,)` in dB that holds this share of the curves at each bin.

        Raises:
            ValueError: the share is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise ValueError(f"share is {share}; it must be between 0 and 1")
        low, high = np.quantile(self.samples_db, [(1 - share) / 2, (1 + share) / 2], axis=0)
        return low, high

    @property
    def spread_db(self) -> Values:
        """The 90 % band as a standard deviation of a Gaussian, `(513,)` dB, for `correction(spread_db=…)`."""
        low, high = self.band_db(0.9)
        return (high - low) / (2 * 1.6449)


def fan(
    target: Measured, prior: CurvePrior | None = None, *, noise_db: float = 0.0, samples: int = 256, seed: int = 0
) -> Fan:
    """The posterior of a measurement: curves over the whole band, given the measured part.

    >>> from aether_lab import Curve
    >>> band = fan(Curve([100, 1000, 2000], [0, 3, 0])).band_db()
    >>> bool((band[1] - band[0])[200] > 3 * (band[1] - band[0])[20])  # at 9.4 kHz, and at 940 Hz
    True

    Args:
        target: anything `as_target` accepts.
        prior: by default the shipped one.
        noise_db: the standard deviation of the measurement itself, such as that of an average.
        samples: how many curves are drawn, at least 2.

    Raises:
        ValueError: as `as_target`, or an option out of range.
    """
    if not (np.isfinite(noise_db) and noise_db >= 0) or samples < 2:
        raise ValueError(f"noise_db is {noise_db} and samples {samples}; allowed are 0 dB or more, and 2 or more")
    prior = CurvePrior.load() if prior is None else prior
    measured = as_target(target)
    visible = _visible(measured)
    drawn = sample(prior, at_posterior_hz(measured.spectrum_db), visible, noise_db, samples, seed)
    at = np.log(np.maximum(FREQUENCIES, 1))
    curves = np.array([np.interp(at, np.log(POSTERIOR_HZ), row) for row in drawn])
    return Fan(measured.label, curves - (curves @ measured.weights)[:, None], measured.band_hz)


def hidden_fan(target: Measured, noise_db: float = 0.0) -> Fan | None:
    """The fan of a measurement of a part of the band, or one with noise; None where there is nothing to allow for.

    The top eighth of an octave counts as measured, which a response at 44.1 kHz lacks.
    """
    measured = as_target(target)
    return fan(measured, noise_db=noise_db) if noise_db or not _visible(measured)[:-1].all() else None


def widest_spread_db(targets: Iterable[Measured], noise_db: float = 0.0) -> Values | None:
    """The largest `spread_db` of the fans of some measurements, `(513,)` for `correction`, or None without fans."""
    fans = [found for each in targets if (found := hidden_fan(each, noise_db)) is not None]
    return np.max([each.spread_db for each in fans], axis=0) if fans else None


def _visible(measured: Target) -> NDArray[np.bool_]:
    """Which of `POSTERIOR_HZ` were measured."""
    low, high = measured.band_hz
    return (low * 0.999 <= POSTERIOR_HZ) & (high * 1.001 >= POSTERIOR_HZ)


def sample(
    prior: CurvePrior,
    level_db: Values,
    visible: NDArray[np.bool_],
    noise_db: float,
    count: int,
    seed: int = 0,
    degrees: float = DEGREES,
) -> Values:
    """Curves `(count, 62)` of the posterior, given the `visible` points of one at `POSTERIOR_HZ`.

    With infinite `degrees` the curves of a kind are Gaussian however unusual the visible points are.
    """
    rng = np.random.default_rng(seed)
    noise = np.diag(np.full(int(visible.sum()), noise_db**2))
    evidence, posteriors = [], []
    for mean, shape in zip(prior.mean, prior.covariance, strict=True):
        covariance = shape + LEVEL_DB**2
        seen, error = covariance[np.ix_(visible, visible)] + noise, level_db[visible] - mean[visible]
        lower = np.linalg.cholesky(seen)
        whitened = np.linalg.solve(lower, error)
        evidence.append(-0.5 * whitened @ whitened - np.log(np.diag(lower)).sum())
        regression = np.linalg.solve(seen, covariance[visible]).T
        unusual = (1 + TEMPER * (whitened @ whitened) / degrees) / (1 + TEMPER * error.size / degrees)
        left = covariance - regression @ covariance[visible]
        posteriors.append((mean + regression @ error, STRETCH**2 * unusual * left))
    share = np.exp(TEMPER * (np.array(evidence) - max(evidence)))
    drawn = []
    for n, (mean, covariance) in zip(rng.multinomial(count, share / share.sum()), posteriors, strict=True):
        lower = np.linalg.cholesky(covariance + 1e-3 * np.eye(mean.size))
        drawn.append(mean + rng.standard_normal((n, mean.size)) @ lower.T)
    return np.concatenate(drawn)


def at_posterior_hz(spectra_db: ArrayLike) -> Values:
    """Spectra `(..., 513)` at `POSTERIOR_HZ`, interpolated over log frequency."""
    rows, bins = np.asarray(spectra_db, np.float64), np.log(FREQUENCIES[1:])
    return np.apply_along_axis(lambda row: np.interp(np.log(POSTERIOR_HZ), bins, row[1:]), -1, rows)


def _moments(rows: Values, share: Values) -> tuple[Values, Values]:
    share = share / share.sum()
    mean = share @ rows
    return mean, ((rows - mean) * share[:, None]).T @ (rows - mean)
