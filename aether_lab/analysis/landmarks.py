"""Landmarks: example encodings, a few responses that represent a corpus (k-medoids)."""

from collections import Counter
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.model.presets import LONGEST_NAME, Presets
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus

FAMILIES = ("rooms", "plates", "cabinets", "microphones", "hrtf", "headphones")
"""Families of landmarks, the first part of a source's name; sources of no family come last."""

MOST_OF_A_SOURCE = 4
"""Landmarks per source: one with hundreds of files is one room or one head."""

APART = 0.3
"""Smallest distance in z between two landmarks; closer ones would overlap on a map."""


def landmarks(space: FilterSpace, corpus: Corpus, count: int = 36) -> Presets:
    """Names and encoder means of a few responses that represent a corpus.

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
    z = np.asarray(space.encode(corpus.spectra_db)[0], np.float64)
    apart = np.linalg.norm(z[:, None] - z[None], axis=-1)
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
    named: dict[str, ArrayLike] = {}
    for k in sorted(chosen, key=lambda k: (_rank(corpus.sources[k]), corpus.names[k])):
        short = _readable(corpus.names[k], corpus.sources[k])
        same = sum(name == short or name.startswith(f"{short} (") for name in named)
        named[f"{short} ({same + 1})" if same else short] = np.round(z[k], 3)
    return Presets(named, space)


def _rank(source: str) -> int:
    family = source.split("/")[0]
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


def _readable(name: str, source: str) -> str:
    """`"rooms/otala/a_1.wav#L"` as `"rooms/otala · a_1 L"`."""
    path, _, part = name.partition("#")
    short = f"{source} · {PurePosixPath(path).stem} {part}".strip()
    return "".join(c if c.isprintable() else " " for c in short)[: LONGEST_NAME - 6].strip()  # room for " (12)"
