"""Reconstruction error by stage: how far a space is from spectra it never saw, and what each part of it costs.

mean_curve · pca2 · pca4 · pca8 · mu · refined · direct: the mean of the training corpus; its principal components, the
baseline for a z of as many numbers; the VAE at the encoder's mean; z optimised by gradient (what is left is the
decoder's); the bank fitted directly (what is left is the bank's). All are log-spectral distances in dB.
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
CHUNK = 64  # spectra fitted at a time: bounds memory, and lets the bar move


def evaluate(
    space: FilterSpace,
    measured: Corpus | Measured,
    train: Corpus | None = None,
    progress: bool = False,
    stages: Sequence[str] = STAGES,
) -> dict:
    """Reconstruction error as plain JSON, dB: `{"overall": {stage: {"mean", "median", "p90"}}, "by_source": {…}}`.

    Args:
        measured: a corpus, or one measured thing: what `as_target` takes.
        train: what the mean curve and PCA are fitted on. Without it they are fitted, for each source of a corpus, on
            all the others; where there is one source only, for each fifth of its spectra on the other four. One
            measured thing is compared with `reference_corpus()`.
        progress: show a bar.
        stages: those of `STAGES` that are wanted; `direct` and `refined` take nearly all of the time.

    Raises:
        ValueError: as `as_target`; a stage that does not exist; one spectrum alone in a corpus without `train`.
    """
    weights = WEIGHTS
    if not isinstance(measured, Corpus):
        target = as_target(measured)
        measured, weights = Corpus(target.spectrum_db[None], (target.name,), (target.name,)), target.weights
        train = train or reference_corpus()
    found = distances(space, measured, train, progress, stages, weights)
    sources = np.asarray(measured.sources)

    def summary(chosen: np.ndarray) -> dict[str, dict[str, float]]:
        return {
            stage: {
                "mean": float(each[chosen].mean()),
                "median": float(np.median(each[chosen])),
                "p90": float(np.percentile(each[chosen], 90)),
            }
            for stage, each in found.items()
        }

    by_source = {source: summary(sources == source) for source in sorted(set(measured.sources))}
    return {"overall": summary(np.full(len(measured), True)), "by_source": by_source}


def distances(
    space: FilterSpace,
    corpus: Corpus,
    train: Corpus | None = None,
    progress: bool = False,
    stages: Sequence[str] = STAGES,
    weights: np.ndarray = WEIGHTS,
) -> dict[str, np.ndarray]:
    """`{stage: (N,) dB}` for every spectrum of a corpus; arguments as those of `evaluate`.

    Args:
        weights: `(513,)`, where the spectra were measured, for the distance; sum 1.
    """
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
    """What one response alone is compared with: the same synthetic responses for everyone."""
    return synthetic_responses(REFERENCE_SIZE).corpus()


def describe_errors(errors: Mapping[str, float], latent_dim: int) -> str:
    """In words, what costs the dB of one response, from its `mu`, `refined` and `direct`.

    The encoder costs what optimising z gains, the latent dimension what fitting the bank with no network gains over
    that, and the bank what is left.
    """
    mu, refined, direct = (errors[stage] for stage in ("mu", "refined", "direct"))
    costs = {"latent": max(refined - direct, 0.0), "encoder": max(mu - refined, 0.0), "bank": direct}
    meaning = {
        "latent": f"{latent_dim} numbers are too few for this curve; the bank fitted directly is closer",
        "encoder": "there are better knobs for this curve than the encoder finds: refine z",
        "bank": "its sections cannot follow this curve, wherever the knobs stand",
    }
    shares = ", ".join(f"the {part} {cost:.2f}" for part, cost in sorted(costs.items(), key=lambda item: -item[1]))
    return f"Of {mu:.2f} dB, {shares}: {meaning[max(costs, key=lambda part: costs[part])]}."


def _folds(corpus: Corpus, train: Corpus | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Which spectra are judged (indices), and the spectra `(N, 513)` that the mean and PCA are fitted on for them."""
    if train is not None:
        yield np.arange(len(corpus)), train.spectra_db
        return
    sources = np.asarray(corpus.sources)
    group = np.unique(sources, return_inverse=True)[1] if len(set(corpus.sources)) > 1 else np.arange(len(corpus)) % 5
    for g in np.unique(group):
        held_out = group == g
        if held_out.all():
            raise ValueError("one spectrum alone has nothing to be compared with: give a folder of several")
        yield np.flatnonzero(held_out), corpus.spectra_db[~held_out]
