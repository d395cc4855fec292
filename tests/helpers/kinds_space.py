"""A space with four knobs, four details and all kinds, of the sizes of the shipped one, and three landmarks."""

import dataclasses

import numpy as np
import spaces

from aether_lab.model.space import FilterSpace
from aether_lab.signals.kinds import KINDS


def space_with_kinds(**settings) -> FilterSpace:
    """As `spaces.space_with_kinds`, with landmarks in the first, the second and the last kind."""
    space = spaces.space_with_kinds(**{"latent_dim": 8, "details": 4, "kinds": KINDS, **settings})
    rng = np.random.default_rng(1)
    numbers = [rng.normal(size=space.settings.latent_dim).round(2).tolist() for _ in range(3)]
    kinds = np.eye(len(space.kinds))[[0, 1, -1]].tolist()
    landmarks = {f"place/{i}": [*z, *kind] for i, (z, kind) in enumerate(zip(numbers, kinds, strict=True))}
    return dataclasses.replace(space, card={**space.card, "landmarks": landmarks})


SPACE = space_with_kinds()
SMALL = space_with_kinds(latent_dim=3, details=1, num_filters=4, kinds=("room", "ear"))
