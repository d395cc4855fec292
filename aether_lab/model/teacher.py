"""A linear model of each kind of system, which a network with kinds follows while it trains."""

import jax.numpy as jnp
from flax import struct
from jax import Array


@struct.dataclass
class Teacher:
    """The curves at the latent points of each of `K` kinds: a mean, and a change per unit of each number of z.

    Levels in dB at `objective.EVALUATION_HZ`, with a weighted mean of 0 dB.
    """

    mean_db: Array  # (K, F)
    change_db: Array  # (K, Z, F)

    def curve_db(self, z: Array, kind: Array) -> Array:
        """Curves `(..., F)` dB at points `(..., Z)` of kinds, weights `(..., K)`."""
        return kind @ self.mean_db + jnp.einsum("...z,...k,kzf->...f", z, kind, self.change_db)
