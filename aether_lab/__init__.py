"""Explore a learned space of filters: drag latent knobs, see and hear the filter morph.

The line of data is also the order of the modules: impulse responses → spectra → VAE → recipe → bank response and
audio → panels. The names below are what a notebook uses; each is loaded when it is first asked for, so that
`import aether_lab` costs nothing.
"""

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aether_lab import plots as plots
    from aether_lab.analysis import reconstruction as ladder  # noqa: F401
    from aether_lab.analysis.reconstruction import evaluate as evaluate
    from aether_lab.audio import motion as motion
    from aether_lab.filters.fit import Sections as Sections
    from aether_lab.filters.fit import fit_recipe as fit_recipe
    from aether_lab.filters.fit import residual as residual
    from aether_lab.filters.recipe import Recipe as Recipe
    from aether_lab.formats import export as export
    from aether_lab.model.presets import Places as Places
    from aether_lab.model.space import FilterSpace as FilterSpace
    from aether_lab.model.training import Training as Training
    from aether_lab.model.training import train as train
    from aether_lab.model.vae import ParametricVAE as ParametricVAE
    from aether_lab.panels.latent_panel import LatentPanel as LatentPanel
    from aether_lab.panels.latent_panel import LivePanel as LivePanel
    from aether_lab.panels.map_panel import MapPanel as MapPanel
    from aether_lab.panels.match_panel import MatchPanel as MatchPanel
    from aether_lab.panels.match_panel import MorphPanel as MorphPanel
    from aether_lab.panels.match_panel import match_target as match_target
    from aether_lab.panels.page import write_page as write_page
    from aether_lab.signals import spectrum as spectra  # noqa: F401
    from aether_lab.signals import synthetic as bodies  # noqa: F401
    from aether_lab.signals.audio_files import ImpulseResponse as ImpulseResponse
    from aether_lab.signals.audio_files import read as read
    from aether_lab.signals.corpus import Corpus as Corpus
    from aether_lab.signals.corpus import read_folder as read_folder
    from aether_lab.signals.corpus_store import build_corpus as build_corpus
    from aether_lab.signals.corpus_store import open_corpus as open_corpus
    from aether_lab.signals.curve_files import Curve as Curve
    from aether_lab.signals.curve_files import read_curve as read_curve
    from aether_lab.signals.curve_files import read_target as read_target
    from aether_lab.signals.curve_files import spectrum_of as spectrum_of
    from aether_lab.signals.synthetic import synthetic_bodies as synthetic_bodies

_HOMES = {
    "ImpulseResponse": "signals.audio_files",
    "read": "signals.audio_files",
    "Curve": "signals.curve_files",
    "read_curve": "signals.curve_files",
    "read_target": "signals.curve_files",
    "spectrum_of": "signals.curve_files",
    "Corpus": "signals.corpus",
    "read_folder": "signals.corpus",
    "build_corpus": "signals.corpus_store",
    "open_corpus": "signals.corpus_store",
    "synthetic_bodies": "signals.synthetic",
    "ParametricVAE": "model.vae",
    "Recipe": "filters.recipe",
    "FilterSpace": "model.space",
    "Places": "model.presets",
    "Training": "model.training",
    "train": "model.training",
    "evaluate": "analysis.reconstruction",
    "fit_recipe": "filters.fit",
    "Sections": "filters.fit",
    "residual": "filters.fit",
    "write_page": "panels.page",
    "LatentPanel": "panels.latent_panel",
    "LivePanel": "panels.latent_panel",
    "MapPanel": "panels.map_panel",
    "match_target": "panels.match_panel",
    "MatchPanel": "panels.match_panel",
    "MorphPanel": "panels.match_panel",
}
_MODULES = {
    "spectra": "signals.spectrum",
    "motion": "audio.motion",
    "plots": "plots",
    "bodies": "signals.synthetic",
    "export": "formats.export",
    "ladder": "analysis.reconstruction",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return metadata.version("aether_lab")
    if name in _MODULES:
        return import_module(f"aether_lab.{_MODULES[name]}")
    if name in _HOMES:
        return getattr(import_module(f"aether_lab.{_HOMES[name]}"), name)
    raise AttributeError(f"aether_lab has no name {name!r}; it has {', '.join([*_HOMES, *_MODULES])}")


def __dir__() -> list[str]:
    return sorted([*_HOMES, *_MODULES, "__version__"])
