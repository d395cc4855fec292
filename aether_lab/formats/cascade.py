"""Cascades: refits of parallel banks, and the exact series of second-order sections."""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.linalg
import scipy.signal

from aether_lab.filters import biquad
from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.format import Coefficients, ExportContext, Format, Values, in_float64, preamp_db
from aether_lab.formats.response import CHECKED, USED, complex_response, level_db, peak_search_hz

REFIT_RANGE = 60.0  # dB under the peak, below which a refit sees no more
REFIT_POINTS = 400


def as_cascade(recipe: Recipe, sections: Sections = Sections(), sample_rate: float | None = None) -> Recipe:
    """A cascade with the response of any recipe `(S,)`, as near as so many sections come; float64.

    It runs at `sample_rate` Hz, that of the recipe unless told otherwise, and is fitted as it responds there.

    Raises:
        ValueError: sections that are no cascade.
    """
    given = in_float64(recipe)
    if given.topology == "cascade":
        return given
    if sections.topology != "cascade":
        raise ValueError(f"sections of a {sections.topology} bank; a list of bands is a cascade")
    rate = given.sample_rate if sample_rate is None else float(sample_rate)
    low, high = sections.frequency_range_hz
    fitting = dataclasses.replace(
        sections, frequency_range_hz=(low, min(high, biquad.CENTRE_RANGE[1] * rate / 2)), sample_rate=rate
    )
    frequency = np.geomspace(CHECKED[0], min(CHECKED[1], USED * rate / 2, USED * given.sample_rate / 2), REFIT_POINTS)
    target = level_db(given, frequency)
    target = np.maximum(target, target.max() - REFIT_RANGE)
    return in_float64(fit_recipe(target, fitting, frequency_hz=frequency))


def series_sos(recipe: Recipe) -> Values:
    """`(n, 6)` rows whose cascade (`scipy.signal.sosfilt`) is the whole recipe `(S,)`, a parallel bank too.

    Every band-pass has the zeros of `1 - z^-2`. The others are those of `Σ g_k / (1 + a1_k z^-1 + a2_k z^-2)`, found
    as generalised eigenvalues of its state space (Emami-Naeini & Van Dooren, "Computation of zeros of linear
    multivariable systems", Automatica 18, 1982), with one block per section: multiplied out as polynomials, 8 sections
    lose 50 dB already.
    """
    exact = in_float64(recipe)
    rows = exact.sos()
    if exact.topology == "cascade":
        return rows
    gain, a1, a2 = rows[:, 0], rows[:, 4], rows[:, 5]
    n = 2 * len(rows)
    system, mass = np.zeros((n + 1, n + 1)), np.diag([1.0] * n + [0.0])
    real, discriminant = -a1 / 2, a1**2 / 4 - a2
    for i, (g, sigma, d) in enumerate(zip(gain, real, discriminant, strict=True)):
        at = slice(2 * i, 2 * i + 2)
        if d < 0:  # a rotation: poles sigma ± j omega
            omega = np.sqrt(-d)
            system[at, at] = [[sigma, omega], [-omega, sigma]]
            system[n, at] = [g * (sigma**2 - omega**2) / omega, 2 * g * sigma]
        else:  # two real poles in a row
            first, second = sigma + np.sqrt(d), sigma - np.sqrt(d)
            system[at, at] = [[first, 1], [0, second]]
            system[n, at] = [g * first**2, g * (first + second)]
        system[2 * i + 1, n] = 1
        system[n, n] += g
    zeros = scipy.linalg.eigvals(system, mass)
    zeros = zeros[np.isfinite(zeros)]
    zeros = zeros[np.argsort(np.abs(zeros))[2:]]  # two are z = 0, of z² in the numerators
    upper = zeros[zeros.imag > 1e-12 * np.abs(zeros)]
    alone = zeros[np.abs(zeros.imag) <= 1e-12 * np.abs(zeros)].real
    zeros = np.concatenate([upper, upper.conj(), alone, [1.0, -1.0]])
    root = np.emath.sqrt(discriminant)
    poles = np.concatenate([real + root, real - root])
    w = np.pi * np.geomspace(1e-3, 0.9, 400)
    whole = complex_response(Coefficients(rows, True), w)
    best = int(np.argmax(np.abs(whole)))
    product = np.exp(np.log(np.exp(1j * w[best]) - zeros).sum() - np.log(np.exp(1j * w[best]) - poles).sum())
    return scipy.signal.zpk2sos(zeros, poles, float((whole[best] / product).real))


def below_full_scale(recipe: Recipe, kind: Format) -> tuple[Recipe, float]:
    """The recipe with a preamp that keeps its response, as the file rounds it, at or under 0 dB; and what that cost."""
    bare = dataclasses.replace(recipe, preamp_db=np.zeros(()))
    rounded = kind.read(kind.write(ExportContext(bare, recipe.sample_rate, [])), recipe.sample_rate)
    headroom = -max(0.0, float(level_db(rounded, peak_search_hz(recipe)).max()))
    given = preamp_db(recipe)
    if given <= headroom:
        return recipe, 0.0
    preamp = np.floor(1000 * headroom - 1) / 1000  # a thousandth more: a peak may lie between two frequencies
    return dataclasses.replace(recipe, preamp_db=np.asarray(preamp)), preamp - given
