"""The state that Python sends to the browser: a model and a motion as JSON, and shared constants."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.audio.motion import Motion
from aether_lab.audio.recorded_motion import SOUND_RATE as SOUND_RATE  # what a notebook takes from here
from aether_lab.instrument.write import program_templates
from aether_lab.model.presets import Presets, model_name
from aether_lab.model.space import FilterSpace
from aether_lab.panels.layer_state import layer_state
from aether_lab.signals.kinds import kind_of
from aether_lab.signals.names import printable
from aether_lab.signals.spectrum import FREQUENCIES

SOURCES = ("pink", "white", "pulses", "saw", "drums", "file", "microphone")
"""The sources of the live panel."""

LONGEST_RECORDING = 600.0
"""Seconds after which a recording ends by itself."""

RESIDUAL_LIMIT = 64
"""The largest number of residual sections (`static/worklet/residual.js`)."""

KNOB_STEP = 0.01
"""From one position of a knob to the next."""

SLOT_NAMES = "ABCD"
"""The versions of z that a panel keeps side by side (`panels/slots.py`)."""

VOLUME_RANGE = (-60.0, 12.0)
"""dB: what `volume_db` may be, before the limiter."""


def model_state(space: FilterSpace) -> dict[str, Any]:
    """Decoder, bank and card of a space as JSON for `static/dsp/decoder.js`.

    `programs` are the space as an instrument, for `static/dsp/instrument.js`.
    """
    settings, linear = space.settings, space.decoder_linear
    return {
        **card_state(space),
        "num_filters": space.num_filters,
        "frequency_map": settings.frequency_map,
        "gain_limit_db": float(settings.gain_limit_db),
        "topology": settings.topology,
        "polarity": settings.polarity,
        "sample_rate": float(settings.sample_rate),
        "learned_range": np.asarray(space.learned_range, np.float64).tolist(),
        "layers": [layer_state(*layer) for layer in space.decoder_layers],
        "linear": None if linear is None else layer_state(*linear),
        "programs": program_templates(space),
    }


def card_state(space: FilterSpace) -> dict[str, Any]:
    """What the views show of a card, its text in the form of `names.printable`."""
    return {
        "name": printable(model_name(space)),
        "latent_dim": space.latent_dim,
        "knobs": space.knobs,
        "details": space.details,
        "kinds": [printable(kind) for kind in space.kinds],
        "captions": [printable(str(caption)) for caption in space.card.get("captions", [])][: space.knobs],
        "names": [printable(str(name)) for name in space.card.get("names", [])][: space.knobs],
        "landmarks": {printable(name): list(z) for name, z in Presets.landmarks(space).items()},
        "landmark_kinds": {printable(name): kind for name, kind in landmark_kinds(space).items()},
    }


def landmark_kinds(space: FilterSpace) -> dict[str, str]:
    """The kind of each landmark, "" where its source does not say."""
    origins = space.card.get("landmark_sources", {})
    return {name: kind_of(str(origins.get(name, name)).split(" · ")[0]) for name in Presets.landmarks(space)}


def motion_state(motion: Motion) -> dict[str, Any]:
    """A motion as JSON for `static/dsp/motion.js`, without its centre, which is z, and its phases, which continue.

    Nor has it `knobs`, which are those of the space.
    """
    state = dataclasses.asdict(motion)
    for name in ("centre", "phase", "slow_phase", "knobs"):
        del state[name]
    return {**state, "ratio": list(motion.ratio), "points": [list(point) for point in motion.points]}


DEFAULTS: dict[str, Any] = {
    "target": {},
    "references": [],
    "residual": {},
    "locked": [],
    "full_details": [],
    "slots": {},
    "slot": "A",
    "presets": {},
    "playing": False,
    "source": "pink",
    "motion": motion_state(Motion()),
    "mix": 1.0,
    "bypass": False,
    "volume_db": 0.0,
    "record": False,
    "record_motion": False,
    "replay": False,
    "recorded_motion": {},
    "ear": {},
}
"""What the traits of `LiveView` and the state of a page begin with, except the space, z and the processor."""


def curve_state(spectrum_db: np.ndarray, name: str) -> dict[str, Any]:
    """A spectrum `(513,)` dB as a named curve in Hz and dB, without DC, for the log axis."""
    return {"frequency": FREQUENCIES[1:].tolist(), "level": rounded(spectrum_db[1:], 2), "name": printable(name)}


def rounded(level_db: ArrayLike, decimals: int = 3) -> list[float]:
    """Levels in dB as JSON."""
    return np.round(np.asarray(level_db, np.float64), decimals).tolist()
