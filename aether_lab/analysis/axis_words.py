"""Words for the two ends of a direction in z, such as dark and bright, from what it does to the response."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.filters.spec import AUDIBLE_HZ
from aether_lab.signals.spectrum import FREQUENCIES

SPLITS_HZ = (250.0, 4000.0)
"""Between bass, mids and treble: the ends of the bass and of the high mids in `knob_names.BANDS`."""

LEAST_DB = 0.5
"""A direction that changes the balance of the bands by less from end to end has no words."""

_CONTRASTS = (  # of bass, mids and treble, each of length 1 and without a level
    (("dark", "bright"), (-1, 0, 1)),
    (("thin", "full"), (2, -1, -1)),
    (("scooped", "forward"), (-1, 2, -1)),
    (("dull", "crisp"), (-1, -1, 2)),
)


def axis_words(changes_db: Sequence[ArrayLike]) -> list[str]:
    """For each direction the contrast that describes it best, of those that an earlier one has not taken.

    >>> rising = 3 * np.log2(np.maximum(FREQUENCIES, 20) / 1000)
    >>> axis_words([rising, -rising, 0 * rising])
    ['dark ↔ bright', 'thin ↔ full', '']

    Args:
        changes_db: `(513,)` each, the response at the one end less that at the other, dB.
    """
    octaves = np.diff(np.log2(np.maximum(FREQUENCIES, FREQUENCIES[1] / 2)), prepend=0)  # every octave counts alike
    low, high = AUDIBLE_HZ
    edges = (max(low, FREQUENCIES[1]), *SPLITS_HZ, high)
    bands = [(low <= FREQUENCIES) & (high > FREQUENCIES) for low, high in pairwise(edges)]
    words: list[str] = []
    taken: set[tuple[str, str]] = set()
    for change in changes_db:
        levels = [np.average(np.asarray(change)[band], weights=octaves[band]) for band in bands]
        scores = {
            ends: float(np.dot(levels, contrast) / np.linalg.norm(contrast))
            for ends, contrast in _CONTRASTS
            if ends not in taken
        }
        ends, score = max(scores.items(), key=lambda item: abs(item[1]))
        if abs(score) < LEAST_DB:
            words.append("")
            continue
        taken.add(ends)
        words.append(" ↔ ".join(ends if score > 0 else ends[::-1]))
    return words
