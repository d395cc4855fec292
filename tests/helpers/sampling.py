"""How many generated cases a test tries."""

import os


def sampled(total: int, part: int) -> int:
    """`part` of a test's cases, or where the environment variable `AETHER_LAB_ALL_CASES` is set, `total`.

    Cases are drawn by a fixed seed from every kind, so that fewer of them are the first of the same series.
    """
    return total if os.environ.get("AETHER_LAB_ALL_CASES") else part
