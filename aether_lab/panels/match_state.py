"""What the match panel and its view say to each other about a match (`static/views/match.js`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from aether_lab.analysis.reconstruction import describe_errors
from aether_lab.filters.device_fit import DeviceFit
from aether_lab.filters.spec import Sections
from aether_lab.model.match import Match
from aether_lab.model.points import kind_text
from aether_lab.model.space import FilterSpace
from aether_lab.panels.state import rounded
from aether_lab.signals.names import pluralize, printable
from aether_lab.signals.spectrum import FREQUENCIES


def slider_values(sections: Sections) -> dict[str, Any]:
    """The slider values for `static/views/match.js`."""
    kind = "shelves" if sections.shelves else sections.topology
    low, high = sections.frequency_range_hz
    return {"count": sections.n_sections, "topology": kind, "low": low, "high": high, "rate": sections.sample_rate}


def sections_from(known: Sections, settings: dict[str, Any]) -> Sections:
    """`known` with the slider values."""
    return replace(
        known,
        n_sections=int(settings["count"]),
        topology="cascade" if settings["topology"] == "shelves" else settings["topology"],
        shelves=settings["topology"] == "shelves",
        frequency_range_hz=(float(settings["low"]), float(settings["high"])),
        sample_rate=float(settings["rate"]),
    )


def label(sections: Sections, device: DeviceFit | None = None) -> str:
    """For example "10 sections in series", or "6 bands of Spotify app"."""
    if device is not None:
        return f"{pluralize(len(device.settings), 'band')} of {printable(device.device.name)}"
    topology = "in parallel" if sections.topology == "parallel" else "in series"
    return f"{pluralize(sections.n_sections, 'section')} {topology}"


def state(match: Match, space: FilterSpace, device: DeviceFit | None) -> dict[str, Any]:
    """A match as JSON for the view, in Hz and dB.

    Args:
        device: the settings of a device that are on screen, for a copy or a correction.
    """
    centres = np.asarray(match.fitted.frequency_hz, np.float64)
    centres = centres[(centres > 20) & (centres < 20_000)]  # so that peaks are drawn at full height
    frequency = np.union1d(np.geomspace(20, 20_000, 361), centres)
    inside = (FREQUENCIES > 0) & (FREQUENCIES <= 20_000)
    recipes = {"encoded": match.encoded, "refined": match.refined, "fitted": match.fitted}
    curves = {name: recipe.level_db(frequency) for name, recipe in recipes.items()}
    at_bins = {name: recipe.level_db() for name, recipe in recipes.items()}
    level = match.fitted_db[1] - at_bins["fitted"][1]  # of a device, to that of the target; 0 without one
    curves["fitted"] = curves["fitted"] + level
    at_bins["fitted"] = match.fitted_db
    return {
        "name": printable(match.target.label),
        "notes": [printable(note) for note in match.target.notes],
        "sections": label(match.sections, device),
        "count": match.sections.n_sections,
        "explained": describe_errors(match.distance, space.settings.latent_dim),
        "band": list(match.band_hz),
        "z": match.z[: space.settings.latent_dim].tolist(),
        "kind": printable(kind_text(space, match.z)),
        "distance": match.distance,
        "frequency": frequency.tolist(),
        "curves": {name: rounded(level) for name, level in curves.items()},
        "target": {"frequency": FREQUENCIES[inside].tolist(), "level": rounded(match.target.spectrum_db[inside])},
        "error": {name: rounded((match.target.spectrum_db - level)[inside]) for name, level in at_bins.items()},
    }
