"""Post-processing of a training run: aligned, calibrated and captioned axes, landmarks, and a card.

The shipped models and a user's own take the same steps.
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from aether_lab.analysis.alignment import agreeing, alignment, most_uniform, pairs
from aether_lab.analysis.axes import axis_properties, captions, effects, names, travel_db
from aether_lab.analysis.baseline import baseline_of, is_linear
from aether_lab.analysis.codes import compare
from aether_lab.analysis.landmarks import landmarks
from aether_lab.analysis.reconstruction import all_stages, evaluate, gains
from aether_lab.model.run import Run
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.names import printable

INSIDE, INSIDE_OF_KINDS = 0.92, 0.98
"""Share of the training spectra whose knobs are all within ±2, without and with kinds; of held-out sources it is about
nine tenths. A larger one makes knobs coarser, and random points less like measured spectra."""

EVALUATED = 200  # the largest number of training spectra that are evaluated


def finish(
    run: Run,
    corpus: Corpus,
    unseen: Corpus | None = None,
    *,
    name: str = "model",
    about: str = "",
    licence: str = "",
    credit: Mapping[str, str] | None = None,
    synthetic: int = 0,
    synthetic_share: float = 0.0,
    seconds: float | None = None,
    seeds: int = 1,
    half: bool = False,
    progress: bool = False,
) -> FilterSpace:
    """The space of a training run, with aligned and calibrated axes, captions, landmarks and a complete card.

    Args:
        run: the result of `train`.
        corpus: its training corpus, without the synthetic responses.
        unseen: a held-out corpus for the reconstruction error; default: the training corpus, as the card then states.
        name, about, licence, credit: entries of the card; `credit` by source.
        synthetic, synthetic_share: the number of synthetic training responses, those of the seed of the training
            (`baseline.training_mix`), and their share of the draws. PCA is fitted to this mix.
        seconds: the training time; None where it is unknown, as after a resumed run.
        seeds: sets of synthetic responses for the disentanglement scores.
        half: round the weights to the 16 bits of `FilterSpace.save(half=True)` before the evaluation.
        progress: show a bar.

    >>> from aether_lab import ModelSettings, Training, finish, synthetic_responses, train
    >>> corpus = synthetic_responses(8).corpus()
    >>> settings = Training(epochs=1, steps_per_epoch=2, batch_size=8, augment=0, uniformity=0)
    >>> run = train(corpus.spectra_db, ModelSettings(1, 4), settings, progress=False)
    >>> space = finish(run, corpus, name="mine")
    >>> space.card["name"], len(space.card["captions"]), space.card["metrics"]["seen"]
    ('mine', 1, True)
    """
    trained = run.space
    space = aligned(trained, corpus)
    if half:
        space = space.rounded()
    learned = {
        "synthetic_responses": synthetic,
        "synthetic_share": synthetic_share,
        "training": dataclasses.asdict(run.training),
    }
    metrics = measured_errors(space, learned, corpus, unseen, progress)
    found = effects(space)
    places, origins = landmarks(space, corpus)
    distance = float(np.mean([epoch["distance"] for epoch in run.history[-20:]]))
    sources = Counter(corpus.sources)
    card: dict[str, Any] = {
        "name": printable(name),
        "about": about,
        "licence": licence,
        "sources": {source: {"spectra": n, "credit": (credit or {}).get(source, "")} for source, n in sources.items()},
        **learned,
        "training_seconds": None if seconds is None else round(seconds),
        "training_distance": round(distance, 3),
        "learned_range": space.card["learned_range"],
        "details": space.details,
        "kinds": list(space.kinds),
        "names": names(space, found),
        "captions": captions(space, found),
        "landmarks": {name: list(z) for name, z in places.items()},
        "landmark_sources": origins,
        "axes": axis_properties(space),
        "disentanglement": compare({"as trained": trained, "knobs": space}, seeds=range(seeds)),
        "metrics": metrics,
    }
    return dataclasses.replace(space, card=card)


def measured_errors(
    space: FilterSpace,
    learned: Mapping[str, Any],
    corpus: Corpus,
    unseen: Corpus | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """The entry `metrics` of a card: the reconstruction error of a space beside PCA of the mix that it learned from.

    Args:
        learned: the entries of the card on synthetic responses and training, for `baseline.training_mix`.
        corpus, unseen, progress: as in `finish`.
    """
    evaluated = corpus if unseen is None else unseen
    if len(evaluated) > EVALUATED and unseen is None:
        evaluated = evaluated.at(np.linspace(0, len(evaluated) - 1, EVALUATED).astype(int))
    stages = all_stages(space)
    baseline = baseline_of(learned, corpus, [stage for stage in stages if is_linear(stage)])
    report = evaluate(space, evaluated, progress=progress, stages=stages, baseline=baseline)
    means = {stage: each["mean"] for stage, each in report["over_sources"].items()}
    return {
        "seen": unseen is None,
        "test_sources": sorted(set(evaluated.sources)),
        "pca_fitted_to": baseline.fitted_on,
        "gain": gains(means, space.knobs),
        **report,
    }


def aligned(trained: FilterSpace, corpus: Corpus) -> FilterSpace:
    """The space with rotated axes, calibrated to the corpus; more of a knob is more level, or more treble.

    Three or more axes are rotated by `alignment`, two by `most_uniform`: two axes carry several factors each under any
    rotation. The axis with the longest traversal is the first. With details or kinds the order of the pairs of knobs
    matters, and the same holds within each pair: first the kinds are made to agree, then all turn alike.
    """
    inside = INSIDE_OF_KINDS if trained.kinds else INSIDE
    even = trained.calibrated(corpus)
    if trained.kinds:
        even = even.rotated(agreeing(even)).calibrated(corpus)
    together = not trained.kinds and not trained.details
    if together and trained.knobs > 2:
        turned = trained.rotated(alignment(trained)).calibrated(corpus)
    else:
        turned = even.rotated(most_uniform(even)).calibrated(corpus)
    travel = -travel_db(turned)  # the first two are the fast pair of a motion
    blocks = [slice(0, trained.knobs)] if together else pairs(trained.knobs)
    order = np.concatenate([block.start + np.argsort(travel[block]) for block in blocks])
    turned = turned.rotated(np.eye(trained.knobs)[:, order]).calibrated(corpus, inside)
    signs = [effect.sign for effect in effects(turned)]  # at its final scale, as the card names them
    return turned.rotated(np.diag(signs)).calibrated(corpus, inside)
