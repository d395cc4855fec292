"""An untrained space with four knobs, four details and all kinds, which differ, and two landmarks."""

import numpy as np

from aether_lab.model.space import FilterSpace
from aether_lab.signals.kinds import KINDS


def space_with_kinds(**settings) -> FilterSpace:
    """As `FilterSpace.untrained`, by default of the sizes of the shipped space with kinds."""
    space = FilterSpace.untrained(**{"latent_dim": 8, "details": 4, "num_filters": 8, "kinds": KINDS, **settings})
    rng, params = np.random.default_rng(0), dict(space.variables["params"])
    for name, layer in params.items():
        if "kinds" in layer:
            params[name] = {**layer, "kinds": 0.2 * rng.normal(size=layer["kinds"].shape).astype(np.float32)}
    params["decoder_0"]["bias"] = rng.normal(size=params["decoder_0"]["bias"].shape).astype(np.float32)
    knobs = [rng.normal(size=space.settings.latent_dim).round(2).tolist() for _ in range(3)]
    kinds = np.eye(len(space.kinds))[[0, 1, -1]].tolist()
    landmarks = {f"place/{i}": [*z, *kind] for i, (z, kind) in enumerate(zip(knobs, kinds, strict=True))}
    return FilterSpace(space.settings, {"params": params}, {**space.card, "landmarks": landmarks})


SPACE = space_with_kinds()
SMALL = space_with_kinds(latent_dim=3, details=1, num_filters=4, kinds=("room", "ear"))
