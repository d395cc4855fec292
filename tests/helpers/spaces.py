"""Untrained spaces with kinds, for tests."""

import numpy as np

from aether_lab.model.space import FilterSpace

KINDS = ("room", "cabinet", "ear")


def space_with_kinds(seed: int = 0, spread: float = 0.2, **settings) -> FilterSpace:
    """Random weights, among them those of `KINDS`, which differ by `spread`."""
    space = FilterSpace.untrained(seed, **{"num_filters": 8, "kinds": KINDS, **settings})
    rng = np.random.default_rng(seed)
    params = {
        name: {**layer, "kinds": spread * rng.normal(size=layer["kinds"].shape).astype(np.float32)}
        if "kinds" in layer
        else layer
        for name, layer in space.variables["params"].items()
    }
    kinds, width = params["decoder_0"]["bias"].shape
    biases = rng.normal(size=width) + 5 * spread * rng.normal(size=(kinds, width))
    params["decoder_0"]["bias"] = biases.astype(np.float32)
    return FilterSpace(space.settings, {"params": params}, space.card)
