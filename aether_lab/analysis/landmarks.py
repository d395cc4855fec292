"""Landmarks: some responses of a corpus that stand for all of it."""

from collections import Counter
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.model.presets import LONGEST_NAME, Presets
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus

FAMILIES = ("rooms", "plates", "cabinets", "microphones", "hrtf", "headphones")
"""What landmarks are of, by the first word of their name up to a slash. Others are of no family."""


MOST_OF_A_SOURCE = 4
"""Landmarks: a source with hundreds of files is still one room, or one head."""


APART = 0.3
"""Landmarks nearer to each other than this in z would be one point on a map, and hardly two filters."""


def landmarks(space: FilterSpace, corpus: Corpus, count: int = 36) -> Presets:
    """Some responses of a corpus that stand for all of it: their names, and where the encoder puts them.

    The first is the medoid of each source, the response from which the others of its source are the least far; each
    further one lowers most the mean distance in z from a response to the nearest landmark, every source weighing the
    same (greedy k-medoids: Kaufman and Rousseeuw, *Finding Groups in Data*, ch. 2, "BUILD"). A source has four at most,
    and none of these further ones lies nearer than 0.3 to another landmark.

    Args:
        count: at most so many; fewer where the sources have no more.

    Raises:
        ValueError: a count below 1.
    """
    if count < 1:
        raise ValueError(f"count is {count}; at least one landmark is needed")
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
