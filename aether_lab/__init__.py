"""Explore a learned space of filters: drag latent knobs, see and hear the filter morph.

The line of data is also the order of the folders: impulse responses and curves (`signals`) → recipes and banks
(`filters`) → files (`formats`), the VAE (`model`), figures (`plots`) → sound (`audio`) → what a model is worth
(`analysis`) → `panels`. The names that a notebook uses stand in `__init__.pyi`, once; each is loaded when it is first
asked for, so that `import aether_lab` costs nothing.
"""

from typing import Any

import lazy_loader

_getattr, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("aether_lab")
    if name not in __all__:
        raise AttributeError(f"aether_lab has no name {name!r}; it has {', '.join(__all__)}")
    return _getattr(name)
