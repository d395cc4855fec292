"""`static/constants.js`: the values that Python and JavaScript share, written from where Python defines them.

After a change of one of them, `python -m aether_lab.panels.constants` writes the file again.
"""

import dataclasses
import json
from typing import Any

from aether_lab.audio import midi_file, noise
from aether_lab.audio.motion import GLIDE, KINDS, LARGEST_RATIO, LIMITS, SPEED, Motion
from aether_lab.audio.render import (
    BAND_EDGE,
    HOP,
    INPUT_LIMIT,
    LEVEL_CORRECTION,
    LEVEL_POINTS,
    LEVEL_RANGE,
    LIMITER_KNEE,
)
from aether_lab.filters.biquad import CENTRE_RANGE, POWER_FLOOR, Q_RANGE
from aether_lab.filters.spec import AUDIBLE_HZ
from aether_lab.filters.time_varying import RELEASE, RISE
from aether_lab.model.knobs import KNOB
from aether_lab.model.presets import LONGEST_NAME
from aether_lab.model.space import Z_LIMIT
from aether_lab.model.vae import ENCODER_UNIT_DB, LOWEST_LINEAR_CENTRE, LOWEST_LOG_CENTRE, LOWEST_Q
from aether_lab.panels.bundle import STATIC
from aether_lab.panels.details import OFF_RAY
from aether_lab.panels.measuring import BY_EAR, EXPORTS, FITTING, ONSET, REFINEMENT, SPECTRUM
from aether_lab.panels.state import (
    DEFAULTS,
    KNOB_STEP,
    LONGEST_RECORDING,
    RESIDUAL_LIMIT,
    SLOT_NAMES,
    SOUND_RATE,
    SOURCES,
    VOLUME_RANGE,
)
from aether_lab.signals.files import write_bytes

PATH = STATIC / "constants.js"

_LIVE = ("source", "mix", "bypass", "volume_db", "record")

# Name in JavaScript, what it is with its unit, value. No two modules of `static/` may declare the same name.
_SHARED: tuple[tuple[str, str, Any], ...] = (
    ("AUDIBLE_HZ", "Hz", AUDIBLE_HZ),
    ("CENTRE_RANGE", "Valid centres of sections, fraction of Nyquist", CENTRE_RANGE),
    ("Q_RANGE", "Valid Q of sections", Q_RANGE),
    ("POWER_FLOOR", "Added to |H|² before the logarithm: silence reads -120 dB", POWER_FLOOR),
    (
        "LOWEST_CENTRE",
        "By frequency map, fraction of Nyquist",
        {"linear": LOWEST_LINEAR_CENTRE, "log": LOWEST_LOG_CENTRE},
    ),
    ("LOWEST_Q", "Added to the softplus of the decoder", LOWEST_Q),
    ("Z_LIMIT", "z is clipped to ± this before it is decoded", Z_LIMIT),
    ("QUANTUM", "Frames that a worklet renders at a time, and from one decoded z to the next", HOP),
    ("RISE", "A moving centre may rise by this a quantum, as a natural logarithm", RISE),
    ("RELEASE", "Power by which the ringing of a section falls with its excess over RISE", RELEASE),
    ("LEVEL_RANGE_HZ", "Hz: where the level of pink noise is read", LEVEL_RANGE),
    ("LEVEL_POINTS", "Frequencies at which the level is read", LEVEL_POINTS),
    ("LEVEL_CORRECTION", "Least and largest correction of the level, as a factor", LEVEL_CORRECTION),
    ("BAND_EDGE", "Fraction of a device's Nyquist from which sections fade out that it cannot hold", BAND_EDGE),
    ("LIMITER_KNEE", "The limiter passes samples below this (-3 dBFS) unchanged", LIMITER_KNEE),
    ("INPUT_LIMIT", "Input beyond ± this (+18 dBFS) is clipped", INPUT_LIMIT),
    ("MOTION_KINDS", "Kinds of `Motion`", KINDS),
    ("MOTION_LIMITS", "Largest value of each field of `Motion`; the smallest is 0. Hz, latent units, cycles", LIMITS),
    ("MOTION_DEFAULTS", "Fields of `Motion`; their units are those of `MotionFields`", dataclasses.asdict(Motion())),
    ("LARGEST_RATIO", "Largest of the two numbers of an orbit's ratio; the smallest is 1", LARGEST_RATIO),
    ("GLIDE", "Seconds: time constant with which z joins a motion that has been changed", GLIDE),
    ("SPEED", "Limits of the speed of z: latent units a second, and share of |z| a second", SPEED),
    ("KNOB", "Latent units: a knob reaches ± `limit`, in steps", {"limit": KNOB, "step": KNOB_STEP}),
    ("OFF_RAY", "How far details may be off a share of others, relative to the length of those", OFF_RAY),
    ("SOURCES", "What the live panel can filter", SOURCES),
    ("SOUND_RATE", "Hz: the rate of the sound and of its recordings", SOUND_RATE),
    (
        "MIDI_FILE",
        "First controller of a recorded motion, most of them, quanta in a quarter note, ticks in a quantum, value",
        {
            "first": midi_file.FIRST_CONTROLLER,
            "most": midi_file.MOST_CONTROLLERS,
            "blocks": midi_file.BLOCKS_PER_QUARTER,
            "ticks": midi_file.TICKS_PER_BLOCK,
            "largest": midi_file.LARGEST_VALUE,
        },
    ),
    ("LONGEST_RECORDING", "Seconds after which a recording ends by itself", LONGEST_RECORDING),
    ("RESIDUAL_LIMIT", "Sections of a residual that are played", RESIDUAL_LIMIT),
    ("VOLUME_RANGE", "dB, before the limiter", VOLUME_RANGE),
    ("LIVE_DEFAULTS", "Traits of the live panel; mix 0 to 1, volume in dB", {name: DEFAULTS[name] for name in _LIVE}),
    ("SLOT_NAMES", "Versions of z side by side", SLOT_NAMES),
    ("LONGEST_NAME", "Characters of a preset's name", LONGEST_NAME),
    ("SPECTRUM", "The grid of spectra and how they are made (`signals.spectrum`): Hz, dB, seconds", SPECTRUM),
    ("ONSET", "Where a response begins (`signals.onset`): seconds, and shares of the peak", ONSET),
    ("ENCODER_UNIT_DB", "dB: the unit of the encoder's input", ENCODER_UNIT_DB),
    ("REFINEMENT", "Least squares over z (`model.refinement`): damping and its factors, steps, kinds", REFINEMENT),
    ("FITTING", "Least squares over sections (`filters.least_squares`), with the ranges of `Sections`", FITTING),
    ("EXPORTS", "Comparison of files with their filter, and refits (`formats.response`, `formats.fir`)", EXPORTS),
    ("BY_EAR", "The search by ear (`model.belief`): Hz, dB, counts", BY_EAR),
    ("PINK_POLES", "One-pole sections of Kellet's filter at 44.1 kHz", noise.PINK_POLES),
    ("PINK_GAINS", "Gain of each section", noise.PINK_GAINS),
    ("PINK_DIRECT", "Share of the sample and of the one before it", noise.PINK_DIRECT),
    ("PINK_SCALE", "Factor from the filter's output to -20 dBFS RMS", noise.PINK_SCALE),
)


def constants_text() -> str:
    """The text of `static/constants.js`."""
    parts = ["// The values that JavaScript shares with Python, written by `python -m aether_lab.panels.constants`.\n"]
    for name, meaning, value in _SHARED:
        line = f"export const {name} = {_literal(value)};\n"
        if len(line) > 121 and isinstance(value, dict):
            fields = "".join(f"  {key}: {_literal(each)},\n" for key, each in value.items())
            line = f"export const {name} = {{\n{fields}}};\n"
        parts.append(f"/** {meaning}. */\n{line}")
    return "\n".join(parts)


def _literal(value: Any) -> str:
    """A value as JavaScript writes it: keys without quotes, whole numbers without a point."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name}: {_literal(each)}' for name, each in value.items())} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal, value))}]"
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value, allow_nan=False)


if __name__ == "__main__":
    write_bytes(PATH, constants_text().encode("utf-8"))
