"""The ladder: how far a space is from spectra it never saw, each rung isolating one loss.

mean_curve · pca2 · pca4 · pca8 · mu · refined · direct: the mean of the training corpus; its linear components, the
yardstick for a z of as many numbers; the VAE at the encoder's mean; z refined by gradient (what is left is the
decoder's); the bank fitted directly (what is left is the bank's). All are log-spectral distances in dB.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from aether_lab.analysis.pca import pca_distances
from aether_lab.filters.fit import fit_recipe
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.spectrum import lsd, spectrum_db
from aether_lab.signals.synthetic import synthetic_bodies

PCA = (2, 4, 8)


RUNGS = ("mean_curve", *(f"pca{k}" for k in PCA), "mu", "refined", "direct")


YARDSTICK = 2000  # synthetic bodies


CHUNK = 64  # spectra fitted at a time: bounds memory, and lets the bar move


def distances(
    space: FilterSpace,
    corpus: Corpus,
    train: Corpus | None = None,
    progress: bool = False,
    rungs: Sequence[str] = RUNGS,
) -> dict[str, np.ndarray]:
    """`{rung: (N,) dB}` for every spectrum of a corpus.

    Args:
        train: what the mean curve and PCA are fitted on. Without it they are fitted, for each source of the corpus,
            on all the others; where there is one source only, for each fifth of its spectra on the other four.
        rungs: those of `RUNGS` that are wanted; `direct` and `refined` take nearly all of the time.
    """
    if not rungs or not set(rungs) <= set(RUNGS):
        raise ValueError(f"rungs are {tuple(rungs)}; choose from {', '.join(RUNGS)}")
    result = {rung: np.zeros(len(corpus)) for rung in RUNGS if rung in rungs}
    linear = {rung: k for rung, k in (("mean_curve", 0), *((f"pca{k}", k) for k in PCA)) if rung in rungs}
    for held_out, others in _folds(corpus, train) if linear else ():
        for rung, k in linear.items():
            result[rung][held_out] = pca_distances(others, corpus.spectra_db[held_out], k)
    responses: dict[str, Callable[[np.ndarray], Any]] = {
        "mu": lambda target: space.response_db(space.encode(target)[0]),
        "refined": lambda target: space.response_db(space.refine(target)),
        "direct": lambda target: fit_recipe(target, space.settings).response_db(),
    }
    with tqdm(total=len(corpus), desc="fitting", unit="spectrum", disable=not progress) as bar:
        for begin in range(0, len(corpus), CHUNK):
            part = slice(begin, begin + CHUNK)
            target = corpus.spectra_db[part]
            for rung in result.keys() & responses:
                result[rung][part] = lsd(np.asarray(responses[rung](target), np.float64), target)
            bar.update(len(target))
    return result


def of(
    space: FilterSpace, response: ImpulseResponse | ArrayLike, train: Corpus | None = None, rungs: Sequence[str] = RUNGS
) -> dict[str, float]:
    """The ladder of one response alone, `{rung: dB}`; `explained` says in words what it means.

    Args:
        response: an impulse response, of which the first channel counts, or a level-aligned spectrum `(513,)` dB.
        train: what the mean curve and PCA are fitted on; `YARDSTICK` synthetic bodies where nothing is given.

    Raises:
        ValueError: for a spectrum of another shape, a response that has none, or rungs that there are not.
    """
    if isinstance(response, ImpulseResponse):
        response = spectrum_db(response.samples[0], response.sample_rate)
    corpus = Corpus(np.asarray(response, np.float32)[None], ("response",), ("response",))
    found = distances(space, corpus, train or yardstick(), rungs=rungs)
    return {rung: float(each[0]) for rung, each in found.items()}


def yardstick() -> Corpus:
    """What one response alone is compared with: the same synthetic bodies for everyone."""
    return synthetic_bodies(YARDSTICK).corpus()


def explained(rungs: Mapping[str, float], latent_dim: int) -> str:
    """What costs the dB of one response, from its `mu`, `refined` and `direct`: the latent, the encoder or the bank.

    The encoder costs what refining z gains, the latent what fitting the bank with no network gains over that, and the
    bank what is left.
    """
    mu, refined, direct = (rungs[rung] for rung in ("mu", "refined", "direct"))
    costs = {"latent": max(refined - direct, 0.0), "encoder": max(mu - refined, 0.0), "bank": direct}
    meaning = {
        "latent": f"{latent_dim} numbers say too little about this curve; the bank fitted directly comes nearer",
        "encoder": "there are better knobs for this curve than the encoder finds: refine z",
        "bank": "its sections cannot follow this curve, whatever the knobs say",
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


def evaluate(
    space: FilterSpace,
    corpus: Corpus,
    train: Corpus | None = None,
    progress: bool = False,
    rungs: Sequence[str] = RUNGS,
) -> dict:
    """The ladder as plain JSON: `{"overall": {rung: {"mean", "median", "p90"}}, "by_source": {source: {…}}}`, dB.

    Arguments as those of `distances`.
    """
    found = distances(space, corpus, train, progress, rungs)
    sources = np.asarray(corpus.sources)

    def summary(chosen: np.ndarray) -> dict[str, dict[str, float]]:
        return {
            rung: {
                "mean": float(each[chosen].mean()),
                "median": float(np.median(each[chosen])),
                "p90": float(np.percentile(each[chosen], 90)),
            }
            for rung, each in found.items()
        }

    by_source = {source: summary(sources == source) for source in sorted(set(corpus.sources))}
    return {"overall": summary(np.full(len(corpus), True)), "by_source": by_source}
