"""Exercises of notebook 10: a split by source, a choice from a table, and the distance of a draw."""

from typing import Any

import numpy as np

from aether_lab.course.exercise import WrongAnswer, exercise


@exercise(
    "10.1",
    "Write `split(sources, test)`: of the source of each response and the sources to test on, two arrays with the "
    "indices of the training and of the test responses.",
    (
        "A response belongs to the test part if its *source* is one of `test`, whatever its index.",
        "`np.isin(sources, test)` has one truth value for each response.",
        "With `held = np.isin(sources, test)`, return `np.flatnonzero(~held), np.flatnonzero(held)`.",
    ),
    is_code=True,
)
def _split(split: Any) -> str:
    rng = np.random.default_rng(0)
    for count in (8, 40):
        sources = [f"source {k}" for k in rng.integers(0, 5, count)]
        test = sorted(set(sources))[:2]
        learned, held = (np.asarray(each, int) for each in split(sources, test))
        if shared := {sources[i] for i in learned} & {sources[i] for i in held}:
            raise WrongAnswer(f"{', '.join(sorted(shared))} has responses in both parts: that is leakage")
        if sorted([*learned, *held]) != list(range(count)):
            raise WrongAnswer(
                f"of {count} responses {len(learned)} and {len(held)} are in the parts; each must be in one"
            )
        if {sources[i] for i in held} != set(test):
            raise WrongAnswer(f"the test part holds {sorted({sources[i] for i in held})}, and {test} were asked for")
    return "No source has responses in both parts."


@_split.solution
def split(sources: Any, test: Any) -> Any:
    """Whether each response is of a test source, and the indices of both answers."""
    held = np.isin(sources, test)
    return np.flatnonzero(~held), np.flatnonzero(held)


@_split.wrong
def _split_by_index(sources: Any, test: Any) -> Any:
    order = np.random.default_rng(0).permutation(len(sources))
    return order[len(order) // 4 :], order[: len(order) // 4]


@exercise(
    "10.2",
    "Write `choose(error_db, draw_db, tolerance)`: of a table with one error and one distance of random draws in each "
    "row, the index of the row with the smallest `draw_db` among those whose error is at most the smallest error plus "
    "`tolerance`.",
    (
        "First find the smallest error, then which rows are near enough to it.",
        "Rows that are not near enough must lose: give them an infinite distance.",
        "`np.argmin(np.where(error_db <= error_db.min() + tolerance, draw_db, np.inf))`.",
    ),
    is_code=True,
)
def _choose(choose: Any) -> str:
    rng = np.random.default_rng(1)
    tables = [(np.array([2.32, 2.36, 2.43, 4.95]), np.array([3.8, 4.0, 2.1, 1.5]))]
    tables += [(rng.uniform(2, 4, 6), rng.uniform(1, 5, 6)) for _ in range(5)]
    for error, draw in tables:
        near = [k for k in range(len(error)) if error[k] <= error.min() + 0.2]
        truth = min(near, key=lambda k: draw[k])
        if (found := int(choose(error, draw, 0.2))) != truth:
            raise WrongAnswer(
                f"errors {error.round(2).tolist()}, draws {draw.round(2).tolist()}, tolerance 0.2: "
                f"row {truth} is the one, and yours is row {found}"
            )
    return "The third row of the table of β: 0.1 dB of error for draws that are half as far from real responses."


@_choose.solution
def choose(error_db: Any, draw_db: Any, tolerance: Any) -> Any:
    """The nearest draws among the rows whose error is near the smallest."""
    return np.argmin(np.where(error_db <= error_db.min() + tolerance, draw_db, np.inf))


@_choose.wrong
def _smallest_error(error_db: Any, draw_db: Any, tolerance: Any) -> Any:
    return np.argmin(error_db)


@exercise(
    "10.3",
    "A model of 4 numbers has 1.8 dB at the encoder mean and 1.5 dB with the best z; the bank, fitted directly, has "
    "0.3 dB. How many dB are due to the four numbers and their decoder, and neither to the encoder nor to the bank?",
    (
        "Three differences: what the encoder misses, what the latent space cannot hold, what the bank cannot follow.",
        "The encoder misses 1.8 - 1.5. The bank cannot follow the last 0.3.",
        "1.5 - 0.3.",
    ),
)
def _latent(answer: Any) -> str:
    if abs(float(answer) - 1.2) > 0.01:
        raise WrongAnswer(f"{float(answer):.1f} dB would be another stage")
    return "1.2 dB are lost between the best z and the bank: by the four numbers, or by a decoder that uses them badly."


_latent.solution(lambda: 1.2)
_latent.wrong(lambda: 0.3)
