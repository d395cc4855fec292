"""What the match panel and its view say to each other about a correction (`static/views/match_purpose.js`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from aether_lab.filters.correction import MAX_BOOST_DB, Correction
from aether_lab.panels.picture import Curve, levels, picture
from aether_lab.panels.state import rounded
from aether_lab.signals.names import printable
from aether_lab.signals.target import Measured, as_target
from aether_lab.signals.target_curves import Goal, Tilt, target_curve

MODES, GOALS = ("copy", "correct"), ("flat", "tilt", "file")

RANGES = {"tilts": {"min": -3.0, "max": 3.0, "step": 0.1}, "boosts": {"min": 0, "max": 18, "step": 1}}
"""Of the sliders: dB per octave, and dB."""

COPY: dict[str, Any] = {"mode": "copy", "goal": "flat", "tilt": -0.8, "boost": MAX_BOOST_DB, "name": ""}
"""The switch at the start: no correction; `name` is that of the file of a target."""


def named(target: Goal, max_boost_db: float) -> tuple[Tilt | Measured, dict[str, Any]]:
    """A target as it is kept, and the values of the switch and the sliders for it.

    Raises:
        ValueError: as `target_curve`.
    """
    label = target_curve(target, np.array([1000.0])).label
    shown = {**COPY, "mode": "correct", "boost": float(max_boost_db)}
    if isinstance(target, str) and label.startswith(("flat", "tilt ")):
        target = 0.0 if label == "flat" else float(label.split()[1])
    if isinstance(target, int | float | np.number):
        target = Tilt(target)  # type: ignore[arg-type]
    if isinstance(target, Tilt):
        goal = {"goal": "tilt", "tilt": float(target.slope)} if target.slope else {"goal": "flat"}
        return target, {**shown, **goal}
    return as_target(target), {**shown, "goal": "file", "name": printable(label)}


def check(purpose: Any) -> None:
    """Refuses a message of the browser that is none.

    Raises:
        ValueError: another mode or goal, or a value that is no number.
    """
    if not isinstance(purpose, dict) or purpose.get("mode") not in MODES or purpose.get("goal") not in GOALS:
        raise ValueError(f"purpose is {purpose!r:.80}; modes are {' and '.join(MODES)}, goals {', '.join(GOALS)}")
    for name in ("tilt", "boost"):
        value = purpose.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name} is {value!r:.40}; it must be a number of dB")


def goal_of(purpose: dict[str, Any], kept: Goal) -> Goal:
    """The target that the switch and the sliders name; `kept` is the file."""
    if purpose["goal"] == "file":
        return kept
    return Tilt(purpose["tilt"] if purpose["goal"] == "tilt" else 0.0)


def state(made: Correction) -> dict[str, Any]:
    """A correction as JSON for the view, in Hz and dB."""
    before, after = made.distance["before"], made.distance["after"]
    target = f"{made.target_label}, {made.band_hz[0]:.0f} to {made.band_hz[1]:.0f} Hz"
    return {
        "frequency": made.frequency_hz.tolist(),
        "target_name": printable(made.target_label),
        "curves": {
            "measured": rounded(made.measured_db),
            "goal": rounded(made.target_db),
            "corrected": rounded(made.corrected_db),
            "gain": rounded(made.gain_db),
        },
        "residual": rounded(made.residual_db),
        "before": before,
        "after": after,
        "headroom": made.headroom_db,
        "band": list(made.band_hz),
        "explained": f"Corrected to {printable(target)}: {before:.2f} dB off before, {after:.2f} dB after. "
        f"The preamp is {made.preamp_db:+.1f} dB, so that no frequency is above 0 dB; it takes "
        f"{made.headroom_db:.1f} dB of headroom.",
        "notes": [printable(note) for note in made.notes],
    }


def correction_picture(shown: dict[str, Any]) -> str:
    """The SVG of what the view shows, for readers without a program."""
    made = shown["correction"]
    hertz, curves = made["frequency"], made["curves"]
    drawn = [
        Curve("corrected", curves["corrected"], "sum", hertz),
        Curve(made["target_name"], curves["goal"], "other", hertz),
        Curve(shown["name"], curves["measured"], "target", hertz),
    ]
    return picture(f"{shown['name']}. {made['explained']}", levels(drawn))
