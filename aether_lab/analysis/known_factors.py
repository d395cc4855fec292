"""Synthetic responses whose factors are known, and independent of each other."""

import numpy as np

from aether_lab.signals.synthetic import FACTORS, SyntheticResponses, synthetic_responses

KNOWN = {
    "tilt_db": (-3.0, 3.0),
    "low_cut_hz": (50.0, 800.0),
    "high_cut_hz": (3e3, 18e3),
    "main_db": (-12.0, 12.0),
    "notch_db": (-24.0, 0.0),
}
"""The factors that a code is compared with, and the range they are drawn from: tilt, the two roll-offs, a bell in the
middle and a notch in the treble. Each alone moves the spectrum by 1.8 to 4.3 dB (rms, as `spectrum.lsd` weighs it)."""


FIXED = {"low_cut_order": 2.0, "high_cut_order": 3.0, "main_hz": 1e3, "main_q": 0.7, "notch_hz": 5e3, "notch_q": 1.0}
"""What must stay where it is for a factor to mean the same in every system."""


def known_responses(n: int = 2000, seed: int = 0, others: float = 0.5) -> SyntheticResponses:
    """Responses of all families whose `KNOWN` factors are independent of each other, of the family and of the rest.

    Args:
        others: share that is kept of the shelves, bells, resonances, ripple and reflection of each family. At 0 a
            spectrum holds nothing but the known factors, a noise floor and the end of the file's band.

    Raises:
        ValueError: `n` below 1, or `others` outside 0 to 1.
    """
    if not 0 <= others <= 1:
        raise ValueError(f"others is {others}; allowed is 0 to 1")
    systems = synthetic_responses(n, seed)
    rng = np.random.default_rng((seed, 1))
    chosen: dict[str, float | np.ndarray] = dict(FIXED)
    for name, (low, high) in KNOWN.items():
        even = rng.uniform(size=n)
        chosen[name] = low * (high / low) ** even if FACTORS[name].log else low + (high - low) * even
    notches = np.zeros((n, FACTORS["notch_db"].count))  # the first; a system has no other
    notches[:, 0] = chosen["notch_db"]
    chosen["notch_db"] = notches
    for name in ("low_shelf_db", "high_shelf_db", "bell_db", "resonance_db", "ripple_db", "comb_depth"):
        chosen[name] = others * systems.factors[name]
    return systems.with_factors(**chosen)


def known_factors(systems: SyntheticResponses) -> np.ndarray:
    """`(N, K)`: the `KNOWN` factors of systems, those drawn over a logarithm as their logarithm."""
    columns = [systems.factors[name] for name in KNOWN]
    columns = [values if values.ndim == 1 else values[:, 0] for values in columns]
    return np.stack([np.log(v) if FACTORS[k].log else v for k, v in zip(KNOWN, columns, strict=True)], axis=1)
