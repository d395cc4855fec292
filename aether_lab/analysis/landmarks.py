"""Landmarks: example encodings, a few responses that represent a corpus (k-medoids)."""

from collections import Counter
from pathlib import PurePosixPath

import numpy as np

from aether_lab.analysis.landmark_names import names_of
from aether_lab.model.presets import Presets
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.kinds import KINDS
from aether_lab.signals.names import printable

MOST_OF_A_SOURCE = 4
"""Landmarks per source: one with hundreds of files is one room or one head."""

APART = 0.3
"""Smallest distance in z between two landmarks; closer ones would overlap on a map."""


def landmarks(space: FilterSpace, corpus: Corpus, count: int = 36) -> tuple[Presets, dict[str, str]]:
    """Names and encoder means of a few responses that represent a corpus, and the "source · file" of each.

    Distances are those of the knobs and kinds; a landmark has the details too.

    First the medoid of each source; then, greedily, the response that most lowers the mean distance in z to the nearest
    landmark, with equal weight per source (k-medoids: Kaufman and Rousseeuw, *Finding Groups in Data*, ch. 2, "BUILD").
    A source has at most four landmarks, and those chosen greedily are at least 0.3 from any other.

    Args:
        count: the largest number of landmarks.

    Raises:
        ValueError: a count below 1.
    """
    if count < 1:
        raise ValueError(f"count is {count}; it must be at least 1")
    z = np.asarray(space.encode(corpus.spectra_db, weights=corpus.weights)[0], np.float64)
    near = np.delete(z, np.s_[space.knobs : space.knobs + space.details], axis=1)
    apart = np.linalg.norm(near[:, None] - near[None], axis=-1)
    sources = np.array(corpus.sources)
    weight = np.array([1 / n for n in map(Counter(corpus.sources).get, corpus.sources) if n])
    chosen: list[int] = []
    for source in dict.fromkeys(corpus.sources):
        own = np.flatnonzero(sources == source)
        chosen.append(int(own[apart[np.ix_(own, own)].sum(1).argmin()]))
    chosen = chosen[:count]
    nearest = apart[chosen].min(0)
    while len(chosen) < count:
        gain = weight @ np.maximum(nearest[:, None] - apart, 0)
        used = Counter(sources[chosen])
        gain[[used[source] >= MOST_OF_A_SOURCE for source in corpus.sources]] = 0
        gain[nearest < APART] = 0
        if gain.max() <= 0:
            break
        chosen.append(int(gain.argmax()))
        nearest = np.minimum(nearest, apart[chosen[-1]])
    chosen.sort(key=lambda k: (_rank(corpus.kinds[k]), corpus.names[k]))
    named = dict(zip(names_of(corpus, chosen), chosen, strict=True))
    origins = {
        name: printable(f"{corpus.sources[k]} · {PurePosixPath(corpus.names[k]).name}") for name, k in named.items()
    }
    return Presets({name: np.round(z[k], 3) for name, k in named.items()}, space), origins


def _rank(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else len(KINDS)
