"""One of each kind of figure."""

import jax.numpy as jnp
import numpy as np
from bokeh.models import UIElement

from aether_lab import plots
from aether_lab.audio import motion
from aether_lab.filters.recipe import Recipe
from aether_lab.signals.spectrum import FREQUENCIES

OCTAVES = np.log2(np.maximum(FREQUENCIES, 20) / 1000)


def figures() -> dict[str, UIElement]:
    """One of each kind of figure, by name."""
    curves = {f"curve {k}": k + OCTAVES for k in range(9)}
    recipe = Recipe(24_000 * jnp.array([0.01, 0.1]), jnp.array([1.0, 4.0]), jnp.array([3.0, -6.0]))
    z = motion.sweep(0, 2, steps=5)
    stages = {f"stage {k}": {"mean": 3.0 / k, "median": 2.0 / k, "p90": 5.0 / k} for k in range(1, 8)}
    history = [{"step": 100 * k, "distance": 5 / k, "kl": float(k), "validation": 6 / k} for k in range(1, 5)]
    families = {f"family {k}": {"a": (k, 0), "b": (0, k)} for k in range(12)}
    return {
        "curves": plots.curves(curves, title="Nine curves"),
        "response": plots.response(recipe, target_db=OCTAVES),
        "sweep": plots.sweep(z[:, 0], np.stack([z[:, :1] * OCTAVES, -z[:, :1] * OCTAVES]), captions=["up", "down"]),
        "map": plots.map_2d(motion.grid(9), motion.grid(9)[..., :1] * OCTAVES, points=np.zeros((3, 2))),
        "points": plots.latent_points(families, here=(1, 1), labels=("z0", "z1")),
        "corpus": plots.corpus(np.arange(6.0)[:, None] + OCTAVES, list("ababcd")),
        "training": plots.training(history),
        "reconstruction": plots.reconstruction({"overall": stages, "by_source": {"rooms/a": stages}}),
    }
