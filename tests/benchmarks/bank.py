"""The bank's response and its sound, beside SciPy's."""

from dataclasses import replace

import jax
import numpy as np
import scipy.signal
from timing import median_seconds

from aether_lab.filters.recipe import Recipe
from aether_lab.signals.spectrum import FREQUENCIES

SECONDS = 10
HOP = 128


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


def _noise() -> np.ndarray:
    return np.random.default_rng(1).standard_normal(SECONDS * 48_000).astype(np.float32)


def at_rest_against_sosfilt() -> tuple[float, float, str, str]:
    recipe, x = _recipe(), _noise()
    rows = recipe.sos()

    def peer() -> np.ndarray:
        return sum(scipy.signal.sosfilt(row[None], x) for row in rows)

    ours = SECONDS / median_seconds(lambda: recipe.filter(x).block_until_ready(), 3)
    reference = peer()
    error = np.linalg.norm(np.asarray(recipe.filter(x)) - reference) / np.linalg.norm(reference)
    note = f"32 sections, scipy.signal.sosfilt one by one; differ by {20 * np.log10(error):.0f} dB"
    return ours, SECONDS / median_seconds(peer, 3), "x real time", note


def in_motion_against_sosfilt() -> tuple[float, float, str, str]:
    """The peer has new coefficients every 128 samples too, but in steps, which click."""
    recipe, x = _recipe((SECONDS * 48_000 // HOP,)), _noise()
    swing = 1 + 0.05 * np.sin(np.arange(len(recipe.q)) / 50)[:, None].astype(np.float32)
    recipe = replace(recipe, frequency_hz=recipe.frequency_hz * swing)
    rows, blocks = recipe.sos(), x.reshape(-1, HOP)

    def peer() -> np.ndarray:
        y, states = np.zeros(blocks.shape), np.zeros((32, 1, 2))
        for block, samples, sections in zip(y, blocks, rows, strict=True):
            for i, row in enumerate(sections):
                out, states[i] = scipy.signal.sosfilt(row[None], samples, zi=states[i])
                block += out
        return y

    ours = SECONDS / median_seconds(lambda: recipe.filter(x).block_until_ready(), 3)
    note = "32 sections that move, mono; scipy.signal.sosfilt for each block, in steps"
    return ours, SECONDS / median_seconds(peer, 1), "x real time", note
