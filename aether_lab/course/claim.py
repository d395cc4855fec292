"""`claim(holds, sentence)`: what a notebook says, checked on its own data and reported on yours."""

import os

OWN_DATA = "AETHER_LAB_IRS"
"""Environment variable: folders of the user's own impulse responses, on which no claim need hold."""


def claim(holds: object, sentence: str) -> None:
    """Prints whether a sentence holds for the data at hand.

    Raises:
        AssertionError: it does not, and the data are those that the course came with.

    >>> claim(1 < 2, "one is less than two")
    holds: one is less than two
    """
    if holds:
        print(f"holds: {sentence}")
    elif os.environ.get(OWN_DATA):
        print(f"does not hold on your data: {sentence}")
    else:
        raise AssertionError(f"does not hold: {sentence}")
