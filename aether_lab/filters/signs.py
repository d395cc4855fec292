"""Signs of the sections of a parallel bank: any sequence as one of the two polarities of a `Recipe`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MUTED_DB = -200.0  # gain of a band-pass that must not sound


def arranged(signs: Sequence[float], *columns: Sequence[float], gain_db: Sequence[float]) -> tuple[str, list[list]]:
    """The polarity, and the columns and gains in dB in an order that has these signs.

    Sections add, so their order is free: other signs than all + or +, -, +, … are interleaved, and where one kind runs
    out, muted sections stand in its place.

    >>> arranged([1, 1, -1], [100, 200, 300], gain_db=[6, 3, 0])
    ('alternating', [[100, 300, 200], [6, 0, 3]])
    >>> arranged([-1], [100], gain_db=[6])
    ('alternating', [[100, 100], [-200.0, 6]])
    """
    values = [list(column) for column in (*columns, gain_db)]
    plus, minus = ([i for i, sign in enumerate(signs) if (sign < 0) is negative] for negative in (False, True))
    alternate = np.where(np.arange(len(signs)) % 2 == 1, -1, 1)
    if not minus or np.array_equal(np.sign(signs), alternate):
        return ("alternating" if minus else "positive"), values
    order: list[int | None] = []
    for i in range(max(len(plus), len(minus))):
        order += [plus[i] if i < len(plus) else None, minus[i] if i < len(minus) else None]
    while order[-1] is None:
        order.pop()
    kept = [[column[0 if i is None else i] for i in order] for column in values]
    kept[-1] = [MUTED_DB if i is None else values[-1][i] for i in order]
    return "alternating", kept
