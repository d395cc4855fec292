"""`claim(holds, sentence)`: what a notebook says, checked on its own data and reported on yours."""

import os

from aether_lab.signals.course_corpus import FOLDER_VARIABLE


def claim(holds: object, sentence: str) -> None:
    """Prints whether a sentence holds for the data at hand.

    Raises:
        AssertionError: it does not, and `AETHER_LAB_IRS` names no folder of the user's own.

    >>> claim(1 < 2, "one is less than two")
    holds: one is less than two
    """
    if holds:
        print(f"holds: {sentence}")
    elif os.environ.get(FOLDER_VARIABLE):
        print(f"does not hold on your data: {sentence}")
    else:
        raise AssertionError(f"does not hold: {sentence}")
