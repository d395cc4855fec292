"""What the programs share with `render` and the decoder, each number from the module that owns it."""

import numpy as np

from aether_lab.audio import render
from aether_lab.audio.motion import GLIDE, HOP, SPEED
from aether_lab.filters import biquad, time_varying
from aether_lab.model.settings import ModelSettings
from aether_lab.model.vae import LOWEST_LINEAR_CENTRE, LOWEST_LOG_CENTRE, LOWEST_Q, Z_LIMIT

FREQUENCY = {
    "log": f"pow({LOWEST_LOG_CENTRE!r}, 1 - position)",
    "linear": f"{LOWEST_LINEAR_CENTRE!r} + (1 - {LOWEST_LINEAR_CENTRE!r}) * position",
}
"""The centre, a fraction of the space's Nyquist frequency, in C and in Faust."""


def constants(settings: ModelSettings) -> dict[str, str]:
    """The numbers that a program shares with `render`, each from the module that owns it."""
    values: dict[str, float] = {
        "RATE": float(settings.sample_rate),
        "LOWEST_RATE": render.SAMPLE_RATES[0],
        "HIGHEST_RATE": render.SAMPLE_RATES[1],
        "LEVEL_LOW": render.LEVEL_RANGE[0],
        "LEVEL_HIGH": render.LEVEL_RANGE[1],
        "LEVEL_LEAST": render.LEVEL_CORRECTION[0],
        "LEVEL_MOST": render.LEVEL_CORRECTION[1],
        "BAND_EDGE": render.BAND_EDGE,
        "KNEE": render.LIMITER_KNEE,
        "INPUT_LIMIT": render.INPUT_LIMIT,
        "SPEED_STEADY": SPEED["steady"],
        "SPEED_RELATIVE": SPEED["relative"],
        "GLIDE": GLIDE,
        "RISE": time_varying.RISE,
        "RISE_RATIO": float(np.exp(time_varying.RISE)),
        "RELEASE": time_varying.RELEASE,
        "CENTRE_LOW": biquad.CENTRE_RANGE[0],
        "CENTRE_HIGH": biquad.CENTRE_RANGE[1],
        "Q_LOW": biquad.Q_RANGE[0],
        "Q_HIGH": biquad.Q_RANGE[1],
        "LOWEST_Q": LOWEST_Q,
        "GAIN_LIMIT": settings.gain_limit_db,
        "Z_LIMIT": Z_LIMIT,
    }
    texts = {name: repr(float(value)) for name, value in values.items()}
    return {**texts, "BLOCK": str(HOP), "POINTS": str(render.LEVEL_POINTS)}
