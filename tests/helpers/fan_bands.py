"""How well bands of `model.posterior` hold the hidden points of measured spectra, and the Gaussians to compare with."""

import os
from pathlib import Path

import numpy as np

from aether_lab.model.posterior import DEGREES, POSTERIOR_HZ, CurvePrior, at_posterior_hz, sample
from aether_lab.signals.corpus import read_folder, read_splits

DATA = Path(os.environ.get("AETHER_LAB_IRS", Path(__file__).parents[3] / "shared" / "data" / "ir"))
AT = np.arange(POSTERIOR_HZ.size)
HIDDEN = [AT >= 41, AT < 21, (AT >= 21) & (AT < 41), AT >= 21, AT < 41, (AT < 21) | (AT >= 41)]
"""One or two of three thirds of the band."""


def measured_corpus(part):
    """The `train` or `test` sources of both folders of measured responses; None where they are not here."""
    roots = [root for root in (DATA, DATA.parent / "wide" / "ir") if (root.parent / "splits.json").is_file()]
    if not roots:
        return None
    return read_folder(*roots).where(read_splits(*roots)[part])


def few_of_each(corpus, count=4):
    """At most `count` spectra of each source that reach from 100 Hz to 20 kHz."""
    whole = (corpus.bands_hz == [100, 20_000]).all(1)
    chosen = []
    for source in dict.fromkeys(corpus.sources):
        own = np.flatnonzero(whole & (np.array(corpus.sources) == source))
        chosen.extend(own[np.unique(np.linspace(0, len(own) - 1, count).astype(int))] if len(own) else [])
    return corpus.at(np.array(chosen))


def bands(corpus, prior, degrees=DEGREES):
    """Every hidden point, and the low end, the middle and the high end of its 90 % band, `(4, n)` dB."""
    found = []
    for hidden in HIDDEN:
        for row in at_posterior_hz(corpus.spectra_db):
            drawn = sample(prior, row, ~hidden, 0.0, 160, degrees=degrees)[:, hidden]
            found.append([row[hidden], *np.quantile(drawn, [0.05, 0.5, 0.95], axis=0)])
    return np.concatenate(found, axis=1)


def coverage(found):
    """The share of the points that lies in its band."""
    x, low, _, high = found
    return ((x >= low) & (x <= high)).mean()


def width_at_90(found):
    """The mean width in dB of the bands, after all are stretched until they hold 90 % of the points."""
    x, low, middle, high = found
    side = np.where(x >= middle, high - middle, middle - low)
    return np.quantile(np.abs(x - middle) / side, 0.9) * (high - low).mean()


def one_gaussian(prior):
    """One Gaussian of all kinds, each weighing the same."""
    return CurvePrior(prior.mean.mean(0)[None], (prior.covariance.mean(0) + np.cov(prior.mean.T))[None])


def pca_gaussian(prior, size=8):
    """One Gaussian of `size` components and the variance that they leave."""
    whole = one_gaussian(prior)
    values, vectors = np.linalg.eigh(whole.covariance[0])
    top = (vectors[:, -size:] * values[-size:]) @ vectors[:, -size:].T
    rest = np.diag(np.maximum(np.diag(whole.covariance[0] - top), 0.05))
    return CurvePrior(whole.mean, (top + rest)[None])
