"""Explore a learned space of filters: drag latent knobs, see and hear the filter morph.

The line of data is also the order of the modules: impulse responses → spectra → VAE → recipe → bank response and
audio → panels. The names below are what a notebook uses; each is loaded when it is first asked for, so that
`import aether_lab` costs nothing.
"""

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aether_lab import audio as audio
    from aether_lab import bodies as bodies
    from aether_lab import export as export
    from aether_lab import ladder as ladder
    from aether_lab import motion as motion
    from aether_lab import plots as plots
    from aether_lab import spectra as spectra
    from aether_lab.bodies import synthetic_bodies as synthetic_bodies
    from aether_lab.corpus import Corpus as Corpus
    from aether_lab.corpus import read_folder as read_folder
    from aether_lab.curves import Curve as Curve
    from aether_lab.curves import read_curve as read_curve
    from aether_lab.curves import read_target as read_target
    from aether_lab.curves import spectrum_of as spectrum_of
    from aether_lab.fit import Sections as Sections
    from aether_lab.fit import fit_recipe as fit_recipe
    from aether_lab.fit import residual as residual
    from aether_lab.impulse import ImpulseResponse as ImpulseResponse
    from aether_lab.impulse import read as read
    from aether_lab.ladder import evaluate as evaluate
    from aether_lab.maps import MapPanel as MapPanel
    from aether_lab.match import MatchPanel as MatchPanel
    from aether_lab.match import MorphPanel as MorphPanel
    from aether_lab.match import match_target as match_target
    from aether_lab.page import write_page as write_page
    from aether_lab.panels import LatentPanel as LatentPanel
    from aether_lab.panels import LivePanel as LivePanel
    from aether_lab.places import Places as Places
    from aether_lab.recipe import Recipe as Recipe
    from aether_lab.space import FilterSpace as FilterSpace
    from aether_lab.store import build_corpus as build_corpus
    from aether_lab.store import open_corpus as open_corpus
    from aether_lab.training import Training as Training
    from aether_lab.training import train as train
    from aether_lab.vae import ParametricVAE as ParametricVAE

_HOMES = {
    "ImpulseResponse": "impulse",
    "read": "impulse",
    "Curve": "curves",
    "read_curve": "curves",
    "read_target": "curves",
    "spectrum_of": "curves",
    "Corpus": "corpus",
    "read_folder": "corpus",
    "build_corpus": "store",
    "open_corpus": "store",
    "synthetic_bodies": "bodies",
    "ParametricVAE": "vae",
    "Recipe": "recipe",
    "FilterSpace": "space",
    "Places": "places",
    "Training": "training",
    "train": "training",
    "evaluate": "ladder",
    "fit_recipe": "fit",
    "Sections": "fit",
    "residual": "fit",
    "write_page": "page",
    "LatentPanel": "panels",
    "LivePanel": "panels",
    "MapPanel": "maps",
    "match_target": "match",
    "MatchPanel": "match",
    "MorphPanel": "match",
}
_MODULES = ("spectra", "motion", "audio", "plots", "bodies", "export", "ladder")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return metadata.version("aether_lab")
    if name in _MODULES:
        return import_module(f"aether_lab.{name}")
    if name in _HOMES:
        return getattr(import_module(f"aether_lab.{_HOMES[name]}"), name)
    raise AttributeError(f"aether_lab has no name {name!r}; it has {', '.join([*_HOMES, *_MODULES])}")


def __dir__() -> list[str]:
    return sorted([*_HOMES, *_MODULES, "__version__"])
