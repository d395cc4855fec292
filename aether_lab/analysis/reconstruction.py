"""Reconstruction error by stage, log-spectral distances in dB over the band in which each spectrum was measured.

`mean_curve` and `pca2`, `pca4`, `pca8` are baselines: the mean and the first principal components of the mix that the
model learned from, measured and synthetic (`analysis.baseline`); `kinds_pca2`, `kinds_pca4`, `kinds_pca8` have one mean
and basis per kind of system. `mu` is the VAE at the encoder mean, with the knobs alone; `refined` with z optimised by
least squares, the error of the decoder; `direct` the bank fitted without the network, the error of the bank. In a space
with details `mu6` and `refined6` are these with six numbers, knobs and first details, as `pca6` is PCA with six scores.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from aether_lab.analysis.baseline import SIZES, Baseline, baseline_of, is_linear, linear_stages
from aether_lab.filters.spec import AUDIBLE_HZ
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.spectrum import BAND, erb_weights, lsd
from aether_lab.signals.target import Measured, as_target

FITTED = ("mu", "refined", "direct")
_FITTED = re.compile(r"(?P<what>mu|refined|direct)(?P<numbers>[1-9]\d{0,2})?")
STAGES = (*linear_stages(per_kind=False), *FITTED)
"""What `evaluate` reports by default."""

REFINE = 20  # steps of least squares
CHUNK = 64  # spectra fitted at a time; limits memory
UNKNOWN = "unknown"  # the kind of a source whose name does not say
POOR_DB, REPEATS = 0.2, 5  # of the direct fit: see `direct_distances`

Summary = dict[str, dict[str, float]]
"""`{stage: {"mean", "median", "p90"}}`, dB."""


def evaluate(
    space: FilterSpace,
    measured: Corpus | Measured,
    train: Corpus | None = None,
    progress: bool = False,
    stages: Sequence[str] = STAGES,
    baseline: Baseline | None = None,
) -> dict[str, Any]:
    """Reconstruction error as plain JSON, dB.

    `{"overall": {stage: {"mean", "median", "p90"}}, "by_source": {source: …}}` are over spectra. `"over_sources"` and
    `"by_kind": {kind: …}` are over the means of sources, so that every source weighs the same.

    Args:
        measured: a corpus, or one target: anything `as_target` accepts.
        train: the measured spectra that the model learned from. The baselines are fitted to these and the synthetic
            responses that the card of the space states, drawn as in training (`baseline.training_mix`); without
            `train` to the synthetic ones alone.
        progress: show a bar.
        stages: any of `all_stages`, and `pcaK` and `kinds_pcaK` with other K; `direct` and `refined` take nearly all of
            the time.
        baseline: replaces the one fitted to that mix: `Baseline.fit(train)` is fitted to measured spectra alone.

    Raises:
        ValueError: as `as_target`; an unknown stage; or a stage that `baseline` does not have.

    >>> from aether_lab import Curve, FilterSpace, evaluate
    >>> curve = Curve([100, 1000, 10_000], [6, 0, -3])
    >>> report = evaluate(FilterSpace.load("2d"), curve, stages=["mu"])
    >>> {stage: round(each["mean"], 1) for stage, each in report["overall"].items()}
    {'mu': 0.9}
    """
    if not isinstance(measured, Corpus):
        target = as_target(measured)
        bands = np.array([target.band_hz])
        measured = Corpus(target.spectrum_db[None], (target.name,), (target.name,), bands_hz=bands)
    errors = distances(space, measured, train, progress, stages, baseline)
    sources = np.asarray(measured.sources)
    names = sorted(set(measured.sources))
    kind = {source: kind or UNKNOWN for source, kind in zip(measured.sources, measured.kinds, strict=True)}
    means = {stage: np.array([each[sources == name].mean() for name in names]) for stage, each in errors.items()}
    kinds = np.array([kind[name] for name in names])
    return {
        "overall": _summary(errors),
        "over_sources": _summary(means),
        "by_kind": {each: _summary(means, kinds == each) for each in sorted(set(kinds))},
        "by_source": {name: _summary(errors, sources == name) for name in names},
    }


def distances(
    space: FilterSpace,
    corpus: Corpus,
    train: Corpus | None = None,
    progress: bool = False,
    stages: Sequence[str] = STAGES,
    baseline: Baseline | None = None,
) -> dict[str, np.ndarray]:
    """Reconstruction error of each spectrum of a corpus, `{stage: (N,) dB}`; arguments as in `evaluate`."""
    linear = [stage for stage in stages if is_linear(stage)]
    fitted = [stage for stage in fitted_stages(space) if stage in stages]
    if not stages or not set(stages) <= {*linear, *fitted}:
        choices = ", ".join(fitted_stages(space))
        raise ValueError(
            f"stages are {tuple(stages)}; choose from mean_curve, pcaK and kinds_pcaK (K scores), {choices}"
        )
    result: dict[str, np.ndarray] = {}
    if linear:
        baseline = baseline or baseline_of(space.card, train, linear)
        result = baseline.distances(corpus.spectra_db, corpus.weights, linear)
    return result | _fitted_distances(space, corpus, fitted, progress)


def prefixes(space: FilterSpace) -> tuple[int, ...]:
    """How many of its numbers a space is evaluated with: its knobs, and those with every second detail, and with all.

    >>> prefixes(FilterSpace.load("nested")), prefixes(FilterSpace.load("4d"))
    ((4, 6, 8), (4,))
    """
    return tuple(sorted({*range(space.knobs, space.settings.latent_dim, 2), space.settings.latent_dim}))


def fitted_stages(space: FilterSpace) -> tuple[str, ...]:
    """The stages of a space itself.

    >>> fitted_stages(FilterSpace.load("nested"))
    ('mu', 'mu6', 'mu8', 'refined', 'refined6', 'refined8', 'direct')
    """
    suffixes = ("", *prefixes(space)[1:])
    return (*(f"{what}{numbers}" for what in FITTED[:2] for numbers in suffixes), FITTED[2])


def all_stages(space: FilterSpace) -> tuple[str, ...]:
    """Every stage that tells something about a space: also PCA with as many scores as it has numbers.

    >>> all_stages(FilterSpace.untrained(latent_dim=3))[:5]
    ('mean_curve', 'pca2', 'pca3', 'pca4', 'pca8')
    """
    return (*linear_stages(sorted({*SIZES, *prefixes(space)})), *fitted_stages(space))


def direct_distances(
    spectra_db: np.ndarray, settings: ModelSettings, band_hz: tuple[float, float] = BAND, poor_db: float = POOR_DB
) -> np.ndarray:
    """The error of the bank fitted without the network, `(N,)` dB, for spectra `(N, 513)` measured in one band.

    One fit, the best of four starts, is a local optimum: for 67 curves of 15 sources the errors of six seeds differ by
    0.03 dB (median), for one of them by 1.6 dB, and their means are 0.12 to 0.22 dB. So a spectrum whose error is above
    `poor_db` is fitted with up to `REPEATS` seeds and the best fit counts: 0.11 dB in the mean. The best of all six
    seeds is 0.10 dB.
    """
    weights = erb_weights(*band_hz)
    fitted_hz = tuple(
        wide if end == narrow else end for end, narrow, wide in zip(band_hz, BAND, AUDIBLE_HZ, strict=True)
    )
    best = np.full(len(spectra_db), np.inf)
    for seed in range(REPEATS):
        poor = np.flatnonzero(best > poor_db)
        if len(poor):
            fitted = fit_bank(spectra_db[poor], settings, band_hz=fitted_hz, seed=seed)
            error = lsd(np.asarray(fitted.response_db(), np.float64), spectra_db[poor], weights)
            best[poor] = np.minimum(best[poor], error)
    return best


def _fitted_distances(
    space: FilterSpace, corpus: Corpus, stages: Sequence[str], progress: bool
) -> dict[str, np.ndarray]:
    """The `fitted_stages` of `distances`."""
    result = {stage: np.zeros(len(corpus)) for stage in stages}
    with tqdm(total=len(corpus), desc="fitting", unit="spectrum", disable=not (progress and stages)) as bar:
        for rows, band in _parts_of_one_band(corpus) if stages else ():
            padded = np.resize(rows, 1 << (len(rows) - 1).bit_length())  # few shapes to compile
            target, weights = corpus.spectra_db[padded], erb_weights(*band)
            measured = np.broadcast_to(weights, target.shape)
            for stage in stages:
                if stage == "direct":
                    result[stage][rows] = direct_distances(corpus.spectra_db[rows], space.settings, band)
                else:
                    what, numbers = _parsed(stage, space.knobs)
                    steps = REFINE if what == "refined" else 0
                    found = space.reconstruct(target, measured, numbers - space.knobs, refine=steps)
                    result[stage][rows] = lsd(np.asarray(found, np.float64), target, weights)[: len(rows)]
            bar.update(len(rows))
    return result


def _parsed(stage: str, knobs: int) -> tuple[str, int]:
    """One of `FITTED`, and how many numbers of z the stage uses; ("", 0) for another stage."""
    match = _FITTED.fullmatch(stage)
    return (match["what"], int(match["numbers"] or knobs)) if match else ("", 0)


def _parts_of_one_band(corpus: Corpus) -> Iterator[tuple[np.ndarray, tuple[float, float]]]:
    """Indices of at most `CHUNK` spectra that were measured in the same band, and this band in Hz."""
    bands, which = np.unique(corpus.bands_hz, axis=0, return_inverse=True)
    for k, (low, high) in enumerate(bands):
        rows = np.flatnonzero(which.reshape(-1) == k)
        for begin in range(0, len(rows), CHUNK):
            yield rows[begin : begin + CHUNK], (float(low), float(high))


def _summary(errors: Mapping[str, np.ndarray], chosen: Any = slice(None)) -> Summary:
    """Statistics of chosen errors."""
    return {
        stage: {
            "mean": float(each[chosen].mean()),
            "median": float(np.median(each[chosen])),
            "p90": float(np.percentile(each[chosen], 90)),
        }
        for stage, each in errors.items()
    }


def gains(errors: Mapping[str, float], knobs: int) -> dict[str, float]:
    """What a network gains over PCA with as many scores as it uses numbers, dB: `{stage: error - mu}`.

    >>> {stage: round(gain, 2) for stage, gain in gains({"mu": 2.17, "pca4": 2.19, "kinds_pca4": 1.91}, 4).items()}
    {'pca4': 0.02, 'kinds_pca4': -0.26}
    """
    return {
        stage: errors[stage] - errors[mu]
        for mu, numbers in _means(errors, knobs).items()
        for stage in linear_stages([numbers])[1:]
        if stage in errors
    }


def describe_gains(errors: Mapping[str, float], knobs: int) -> list[str]:
    """`gains` as lines, one for the knobs and one for each number of details.

    >>> describe_gains({"mu": 2.17, "refined": 2.12, "pca4": 2.19, "kinds_pca4": 1.91}, 4)
    ['4 numbers: network 2.17 dB, refined 2.12; PCA 2.19, gain 0.02; PCA that knows the kind 1.91, gain -0.26']
    """
    gained, lines = gains(errors, knobs), []
    for mu, numbers in _means(errors, knobs).items():
        refined = mu.replace("mu", "refined")
        parts = [f"{numbers} numbers: network {errors[mu]:.2f} dB"]
        if refined in errors:
            parts[0] += f", refined {errors[refined]:.2f}"
        for stage in linear_stages([numbers])[1:]:
            if stage in gained:
                name = "PCA that knows the kind" if stage.startswith("kinds") else "PCA"
                parts.append(f"{name} {errors[stage]:.2f}, gain {gained[stage]:.2f}")
        lines.append("; ".join(parts))
    return lines


def _means(errors: Mapping[str, float], knobs: int) -> dict[str, int]:
    """The stages of encoder means, and how many numbers each uses."""
    found = {stage: _parsed(stage, knobs) for stage in errors}
    return {stage: numbers for stage, (what, numbers) in found.items() if what == "mu"}


def describe_errors(errors: Mapping[str, float], latent_dim: int) -> str:
    """One sentence that attributes the error of a response to encoder, latent dimension and bank.

    From `mu`, `refined` and `direct` in dB: `mu` - `refined` is due to the encoder, `refined` - `direct` to the latent
    dimension, `direct` to the bank.
    """
    mu, refined, direct = (errors[stage] for stage in ("mu", "refined", "direct"))
    costs = {"latent": max(refined - direct, 0.0), "encoder": max(mu - refined, 0.0), "bank": direct}
    meaning = {
        "latent": f"{latent_dim} dimensions are too few for this curve; the bank fitted directly has a smaller error",
        "encoder": "a better z exists for this curve than the encoder mean; refine it",
        "bank": "no setting of its sections matches this curve",
    }
    shares = ", ".join(f"the {part} {cost:.2f}" for part, cost in sorted(costs.items(), key=lambda item: -item[1]))
    return f"Of {mu:.2f} dB, {shares}: {meaning[max(costs, key=lambda part: costs[part])]}."
