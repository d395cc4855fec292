"""The bank's response and its sound, beside SciPy's."""

import jax
import numpy as np
import scipy.signal
from timing import median_seconds

from aether_lab.filters.recipe import Recipe
from aether_lab.signals.spectrum import FREQUENCIES


def _recipe(leading: tuple[int, ...] = ()) -> Recipe:
    rng = np.random.default_rng(0)
    frequency = np.broadcast_to(np.geomspace(72, 20_400, 32), (*leading, 32))
    q, gain_db = rng.uniform(1, 8, (*leading, 32)), rng.uniform(-12, 12, (*leading, 32))
    return Recipe(*(jax.numpy.asarray(a, "float32") for a in (frequency, q, gain_db)), "parallel", "alternating")


def response_against_freqz() -> tuple[float, float, str, str]:
    recipe = _recipe((64,))
    respond = jax.jit(Recipe.response_db)
    w, rows = np.pi * FREQUENCIES / 24_000, recipe.sos()

    def peer() -> np.ndarray:
        return np.array([sum(scipy.signal.freqz(row[:3], row[3:], w)[1] for row in bank) for bank in rows])

    ours = median_seconds(lambda: respond(recipe).block_until_ready())
    error = np.abs(np.asarray(respond(recipe)) - 10 * np.log10(np.abs(peer()) ** 2 + 1e-12))[:, 1:-1].max()
    return 1000 * ours, 1000 * median_seconds(peer, 3), "ms", f"scipy.signal.freqz per section; agree to {error:.1g} dB"


def playing_against_sosfilt() -> tuple[float, float, str, str]:
    recipe, seconds = _recipe(), 10
    x = np.random.default_rng(1).standard_normal(seconds * 48_000).astype(np.float32)
    rows = recipe.sos()

    def peer() -> np.ndarray:
        return sum(scipy.signal.sosfilt(row[None], x) for row in rows)

    ours = seconds / median_seconds(lambda: recipe.filter(x).block_until_ready(), 3)
    reference = peer()
    error = np.linalg.norm(np.asarray(recipe.filter(x)) - reference) / np.linalg.norm(reference)
    note = f"32 sections; ours may move, sosfilt may not; differ by {20 * np.log10(error):.0f} dB"
    return ours, seconds / median_seconds(peer, 3), "x real time", note
