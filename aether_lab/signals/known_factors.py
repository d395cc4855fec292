"""Synthetic responses with known, independent factors."""

import numpy as np

from aether_lab.signals.synthetic import FACTORS, SyntheticResponses, synthetic_responses

KNOWN = {
    "tilt_db": (-3.0, 3.0),
    "low_cut_hz": (50.0, 800.0),
    "high_cut_hz": (3e3, 18e3),
    "main_db": (-12.0, 12.0),
    "notch_db": (-24.0, 0.0),
}
"""Factors and their ranges: tilt, two roll-offs, a bell at 1 kHz and a notch at 5 kHz. Each alone changes the spectrum
by 1.8 to 4.3 dB (rms, weighted as `spectrum.lsd`)."""

FIXED = {"low_cut_order": 2.0, "high_cut_order": 3.0, "main_hz": 1e3, "main_q": 0.7, "notch_hz": 5e3, "notch_q": 1.0}
"""Constant parameters, so that a factor means the same in every response."""


def known_responses(n: int = 2000, seed: int = 0, others: float = 0.5) -> SyntheticResponses:
    """Responses of all families whose `KNOWN` factors are independent of each other, of the family and of the rest.

    Args:
        others: 0 to 1, scales the shelves, bells, resonances, ripple and reflection of each family. At 0 the spectrum
            depends only on the known factors, a noise floor and the band limit of the file.

    Raises:
        ValueError: `n` below 1, or `others` outside 0 to 1.
    """
    if not 0 <= others <= 1:
        raise ValueError(f"others is {others}; allowed is 0 to 1")
    responses = synthetic_responses(n, seed)
    rng = np.random.default_rng((seed, 1))
    chosen: dict[str, float | np.ndarray] = dict(FIXED)
    for name, (low, high) in KNOWN.items():
        share = rng.uniform(size=n)
        chosen[name] = low * (high / low) ** share if FACTORS[name].log else low + (high - low) * share
    notches = np.zeros((n, FACTORS["notch_db"].count))  # the first only
    notches[:, 0] = chosen["notch_db"]
    chosen["notch_db"] = notches
    for name in ("low_shelf_db", "high_shelf_db", "bell_db", "resonance_db", "ripple_db", "comb_depth"):
        chosen[name] = others * responses.factors[name]
    return responses.with_factors(**chosen)


def known_factors(responses: SyntheticResponses) -> np.ndarray:
    """The `KNOWN` factors, `(N, K)`; log-distributed ones as their logarithm."""
    columns = [responses.factors[name] for name in KNOWN]
    columns = [values if values.ndim == 1 else values[:, 0] for values in columns]
    return np.stack([np.log(v) if FACTORS[k].log else v for k, v in zip(KNOWN, columns, strict=True)], axis=1)
