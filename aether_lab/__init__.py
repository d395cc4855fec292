"""Explore a learned space of filters: drag latent knobs, see and hear the filter morph.

The line of data is also the order of the folders: impulse responses and curves (`signals`) → recipes and banks
(`filters`) → files (`formats`), the VAE (`model`), figures (`plots`) → sound (`audio`) → what a model is worth
(`analysis`) → `panels`. The names that a notebook uses stand in `__init__.pyi`, once; each is loaded when it is first
asked for, so that `import aether_lab` costs nothing.
"""

# Nothing is imported here: what a command loads before it handles Ctrl-C would end in a traceback (`interruption`).
_stub = None


def _attached():
    """`__getattr__`, `__dir__` and `__all__` as `__init__.pyi` has them."""
    global _stub
    if _stub is None:
        import lazy_loader

        _stub = lazy_loader.attach_stub(__name__, __file__)
    return _stub


def __getattr__(name: str):
    if name == "__version__":
        from importlib.metadata import version

        return version("aether_lab")
    load, _, names = _attached()
    if name == "__all__":
        return names
    if name not in names:
        raise AttributeError(f"aether_lab has no name {name!r}; it has {', '.join(names)}")
    return load(name)


def __dir__() -> list[str]:
    return _attached()[1]()
