"""Reconstruction error by stage, log-spectral distances in dB.

`mean_curve` and `pca2`, `pca4`, `pca8` are baselines: the mean of the training corpus and its first principal
components. `mu` is the VAE at the encoder mean; `refined` with z optimised by gradient, the error of the decoder;
`direct` the bank fitted without the network, the error of the bank.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from aether_lab.analysis.pca import pca_distances
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.spectrum import WEIGHTS, lsd
from aether_lab.signals.synthetic import synthetic_responses
from aether_lab.signals.target import Measured, as_target

PCA = (2, 4, 8)
STAGES = ("mean_curve", *(f"pca{k}" for k in PCA), "mu", "refined", "direct")
REFERENCE_SIZE = 2000  # synthetic responses
CHUNK = 64  # spectra fitted at a time; limits memory


def evaluate(
    space: FilterSpace,
    measured: Corpus | Measured,
    train: Corpus | None = None,
    progress: bool = False,
    stages: Sequence[str] = STAGES,
) -> dict:
    """Reconstruction error as plain JSON, dB: `{"overall": {stage: {"mean", "median", "p90"}}, "by_source": {…}}`.

    Args:
        measured: a corpus, or one target: anything `as_target` accepts.
        train: the corpus that the mean curve and PCA are fitted to. Default: for each source the other sources (five
            folds if there is one source); for one target `reference_corpus()`.
        progress: show a bar.
        stages: any of `STAGES`; `direct` and `refined` take nearly all of the time.

    Raises:
        ValueError: as `as_target`; an unknown stage; a corpus of one spectrum without `train`.

    >>> from aether_lab import Curve, FilterSpace, evaluate
    >>> curve = Curve([100, 1000, 10_000], [6, 0, -3])
    >>> report = evaluate(FilterSpace.load("2d"), curve, stages=["mean_curve", "mu"])
    >>> {stage: round(each["mean"], 1) for stage, each in report["overall"].items()}
    {'mean_curve': 3.5, 'mu': 1.0}
    """
    weights = WEIGHTS
    if not isinstance(measured, Corpus):
        target = as_target(measured)
        measured, weights = Corpus(target.spectrum_db[None], (target.name,), (target.name,)), target.weights
        train = train or reference_corpus()
    errors = distances(space, measured, train, progress, stages, weights)
    sources = np.asarray(measured.sources)

    def summary(chosen: np.ndarray) -> dict[str, dict[str, float]]:
        return {
            stage: {
                "mean": float(each[chosen].mean()),
                "median": float(np.median(each[chosen])),
                "p90": float(np.percentile(each[chosen], 90)),
            }
            for stage, each in errors.items()
        }

    by_source = {source: summary(sources == source) for source in sorted(set(measured.sources))}
    return {"overall": summary(np.full(len(measured), True)), "by_source": by_source}


def distances(
    space: FilterSpace,
    corpus: Corpus,
    train: Corpus | None = None,
    progress: bool = False,
    stages: Sequence[str] = STAGES,
    weights: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Reconstruction error of each spectrum of a corpus, `{stage: (N,) dB}`; other arguments as in `evaluate`.

    Args:
        weights: `(513,)`, sum 1, of the distance; default: `WEIGHTS`.
    """
    weights = WEIGHTS if weights is None else weights
    if not stages or not set(stages) <= set(STAGES):
        raise ValueError(f"stages are {tuple(stages)}; choose from {', '.join(STAGES)}")
    result = {stage: np.zeros(len(corpus)) for stage in STAGES if stage in stages}
    linear = {stage: k for stage, k in (("mean_curve", 0), *((f"pca{k}", k) for k in PCA)) if stage in stages}
    for held_out, others in _folds(corpus, train) if linear else ():
        for stage, k in linear.items():
            result[stage][held_out] = pca_distances(others, corpus.spectra_db[held_out], k, weights)
    responses: dict[str, Callable[[np.ndarray], Any]] = {
        "mu": lambda target: space.response_db(space.encode(target)[0]),
        "refined": lambda target: space.response_db(space.refine(target)),
        "direct": lambda target: fit_bank(target, space.settings).response_db(),
    }
    with tqdm(total=len(corpus), desc="fitting", unit="spectrum", disable=not progress) as bar:
        for begin in range(0, len(corpus), CHUNK):
            part = slice(begin, begin + CHUNK)
            target = corpus.spectra_db[part]
            for stage in result.keys() & responses:
                result[stage][part] = lsd(np.asarray(responses[stage](target), np.float64), target, weights)
            bar.update(len(target))
    return result


def reference_corpus() -> Corpus:
    """The reference for a single target: a fixed set of synthetic responses."""
    return synthetic_responses(REFERENCE_SIZE).corpus()


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


def _folds(corpus: Corpus, train: Corpus | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of test indices and the training spectra `(N, 513)` for them."""
    if train is not None:
        yield np.arange(len(corpus)), train.spectra_db
        return
    sources = np.asarray(corpus.sources)
    group = np.unique(sources, return_inverse=True)[1] if len(set(corpus.sources)) > 1 else np.arange(len(corpus)) % 5
    for g in np.unique(group):
        held_out = group == g
        if held_out.all():
            raise ValueError("the corpus has one spectrum; without train it must have at least two")
        yield np.flatnonzero(held_out), corpus.spectra_db[~held_out]
