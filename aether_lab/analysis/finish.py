"""From trained weights to a product: knobs that are aligned, calibrated and named, landmarks, and a card.

The shipped models and a user's own are finished here, alike.
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from aether_lab.analysis.alignment import alignment
from aether_lab.analysis.axes import axis_properties, captions, effects, step_ratio, step_variation, travel_db
from aether_lab.analysis.codes import compare
from aether_lab.analysis.landmarks import landmarks
from aether_lab.analysis.reconstruction import evaluate
from aether_lab.model.run import Run
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus

UNIFORM, SMOOTH = 0.35, 3.0  # what the step variation and the step ratio of a knob should at most be
EVALUATED = 200  # spectra of a corpus that is reported on, evenly chosen where there are more


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
    seconds: float = 0.0,
    seeds: int = 1,
    half: bool = False,
    progress: bool = False,
) -> FilterSpace:
    """A trained run as a space with aligned and calibrated knobs, captions, landmarks and the full card.

    Args:
        run: what `train` returned.
        corpus: what it learned from, without the synthetic responses.
        unseen: what reconstruction is reported on; without it, the corpus itself, and the card says so.
        name, about, licence, credit: for the card; `credit` of each source.
        synthetic, synthetic_share: how many synthetic responses it learned from as well, and their share of the draws.
        seconds: that training took.
        seeds: sets of synthetic responses on which disentanglement is scored.
        half: round the weights to the 16 bits of `FilterSpace.save(half=True)` before anything is measured.
        progress: show a bar.
    """
    trained = run.space
    space = aligned(trained, corpus)
    if half:
        space = space.rounded()
    judged = corpus if unseen is None else unseen
    if len(judged) > EVALUATED and unseen is None:
        judged = judged.at(np.linspace(0, len(judged) - 1, EVALUATED).astype(int))
    report = evaluate(space, judged, corpus if len(corpus) > 1 else None, progress=progress)
    distance = float(np.mean([epoch["distance"] for epoch in run.history[-20:]]))
    sources = Counter(corpus.sources)
    card: dict[str, Any] = {
        "name": name,
        "about": about,
        "licence": licence,
        "sources": {source: {"spectra": n, "credit": (credit or {}).get(source, "")} for source, n in sources.items()},
        "synthetic_responses": synthetic,
        "synthetic_share": synthetic_share,
        "training": dataclasses.asdict(run.training),
        "training_seconds": round(seconds),
        "training_distance": round(distance, 3),
        "learned_range": space.card["learned_range"],
        "captions": captions(space),
        "landmarks": {place: list(z) for place, z in landmarks(space, corpus).items()},
        "axes": axis_properties(space),
        "disentanglement": compare({"as trained": trained, "knobs": space}, seeds=range(seeds)),
        "metrics": {"seen": unseen is None, "test_sources": sorted(set(judged.sources)), **report},
    }
    return dataclasses.replace(space, card=card)


def aligned(trained: FilterSpace, corpus: Corpus) -> FilterSpace:
    """The space with knobs that go with one factor each where they can, the strongest first, calibrated to the corpus.

    Three knobs and more are turned by `alignment`. Of two each carries several factors however they are turned; they
    are turned until the less uniform one is as uniform as it can be.
    """
    dims = trained.latent_dim
    if dims > 2:
        turned = trained.rotated(alignment(trained))
    else:
        turned = most_uniform(trained, corpus) if dims == 2 else trained
    strongest_first = np.argsort(-travel_db(turned.calibrated(corpus.spectra_db)))  # so that the fast pair is heard
    return turned.rotated(np.eye(dims)[:, strongest_first]).calibrated(corpus.spectra_db)


def most_uniform(plane: FilterSpace, corpus: Corpus) -> FilterSpace:
    """A space of two dimensions along the axes whose worse knob is the most uniform and smooth; up is louder."""
    angles = np.radians(np.arange(0, 90, 5))
    rotations = [np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in angles]

    def worst(rotation: np.ndarray) -> float:
        space = plane.rotated(rotation).calibrated(corpus.spectra_db)
        return float(max((step_variation(space) / UNIFORM).max(), (step_ratio(space) / SMOOTH).max()))

    turned = plane.rotated(min(rotations, key=worst))
    signs = [np.sign(effect.peaks[0].level_db) or 1.0 for effect in effects(turned)]
    return turned.rotated(np.diag(signs))
