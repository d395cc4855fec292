"""Pseudo-random integers that every language can compute: the same seed gives the same numbers in the browser."""

import numpy as np
from numpy.typing import NDArray


def scramble(x: NDArray[np.integer]) -> NDArray[np.int64]:
    """A pseudo-random integer from 0 to 2**32 - 1 for each integer, modulo 2**32.

    Source: Wellons, *Prospecting for Hash Functions* (2018), lowbias32; reproducible in any language with 32-bit
    integer multiplication.
    """
    h = x.astype(np.uint64).astype(np.uint32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    h ^= h >> np.uint32(16)
    return h.astype(np.int64)
