"""Exercises of notebook 08: how many sections, where the energy is, reading an equaliser's list, and its inverse."""

import re
from typing import Any

import numpy as np

from aether_lab.course.exercise import WrongAnswer, exercise
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.export import export


@exercise(
    "08.1",
    "Write `fewest(distances, limit)`: of a dictionary from the number of sections to the distance in dB, the smallest "
    "number whose distance is below `limit`; `None` if there is none.",
    (
        "Go through the numbers from small to large; the dictionary need not be sorted.",
        "`sorted(distances)` has the numbers in order, and `distances[n]` is the distance of one.",
        "`next((n for n in sorted(distances) if distances[n] < limit), None)`.",
    ),
    is_code=True,
)
def _fewest(fewest: Any) -> str:
    measured = {12: 0.2, 2: 3.3, 8: 0.38, 4: 1.5, 6: 0.52}
    for limit, truth in ((0.45, 8), (1.0, 6), (4.0, 2), (0.1, None)):
        if (found := fewest(measured, limit)) != truth:
            raise WrongAnswer(f"of {measured} below {limit:g} dB it is {truth}, and yours is {found}")
    return "Below 0.45 dB these distances need 8 sections, 24 numbers."


@_fewest.solution
def fewest(distances: Any, limit: Any) -> Any:
    """The first number, from small to large, that is near enough."""
    return next((n for n in sorted(distances) if distances[n] < limit), None)


@_fewest.wrong
def _nearest(distances: Any, limit: Any) -> Any:
    return min(distances, key=distances.get)


@exercise(
    "08.2",
    "Write `time_of_energy(h, rate, share)`: the time in seconds after which a share of the energy of an impulse "
    "response `h` has arrived.",
    (
        "Energy is the sum of squares. `np.cumsum` has the sum so far at every sample.",
        "Divide the running sum by the whole, and find the first sample at which it reaches `share`.",
        "`e = np.cumsum(h**2) / np.sum(h**2)`, then `np.searchsorted(e, share) / rate`.",
    ),
    is_code=True,
)
def _energy(time_of_energy: Any) -> str:
    rate = 8000.0
    decay = 10 ** (-3 * np.arange(8000) / rate / 0.6)  # 60 dB in 0.6 s
    for h, share, truth in (
        (np.eye(1, 100, 40)[0], 0.99, 40 / rate),
        (decay, 0.99, 0.6 * 2 / 6),
        (-decay, 0.5, 0.6 * np.log10(2) / 6),
    ):
        found = float(time_of_energy(h, rate, share))
        if abs(found - truth) > 1.5 / rate:
            what = "an impulse after 40 samples" if len(h) == 100 else "an exponential decay of 60 dB in 0.6 s"
            raise WrongAnswer(
                f"of {what}, {share:.0%} have arrived after {1000 * truth:.1f} ms; yours says {1000 * found:.1f} ms"
            )
    return "Of an exponential decay of 60 dB in T, 99 % arrive within T / 3."


@_energy.solution
def time_of_energy(h: Any, rate: Any, share: Any) -> Any:
    """The running sum of squares as a share of the whole, and the first sample that reaches it."""
    energy = np.cumsum(h**2) / np.sum(h**2)
    return np.searchsorted(energy, share) / rate


@_energy.wrong
def _time_of_amplitude(h: Any, rate: Any, share: Any) -> Any:
    amplitude = np.cumsum(np.abs(h)) / np.sum(np.abs(h))
    return np.searchsorted(amplitude, share) / rate


@exercise(
    "08.3",
    "Write `read_list(text)`: of a file of EqualizerAPO, the preamp in dB and an array `(S, 3)` with frequency, Q and "
    "gain of each section.",
    (
        "A line is `Filter 1: ON PK Fc 1000.00 Hz Gain 6.000 dB Q 1.0000`: split it at the blanks.",
        "Of `line.split()`, frequency, gain and Q are the words 5, 8 and 11, counted from 0; note the order.",
        "Look for lines that start with `Filter` or `Preamp:`, and return `float(...), np.array(rows)`.",
    ),
    is_code=True,
)
def _list(read_list: Any) -> str:
    rng = np.random.default_rng(0)
    for count in (1, 4):
        recipe = Recipe.of(
            np.sort(rng.uniform(50, 15_000, count)), rng.uniform(0.5, 4, count), rng.uniform(-9, 9, count)
        )
        file = export(recipe, "equalizerapo", name="Preamp and Filter, a name of words")
        preamp, rows = read_list(file.content.decode())
        written = file.recipe
        truth = np.stack([np.asarray(each) for each in (written.frequency_hz, written.q, written.gain_db)], axis=1)
        level = float(written.preamp_db[()]) if written.preamp_db is not None else 0.0
        rows = np.asarray(rows, float)
        if rows.shape != truth.shape:
            raise WrongAnswer(f"a file of {count} sections must give an array {truth.shape}; yours has {rows.shape}")
        if not np.allclose(rows, truth, rtol=1e-3, atol=1e-2):
            raise WrongAnswer(
                f"the first section has frequency, Q and gain {truth[0].round(3).tolist()}; yours are "
                f"{rows[0].round(3).tolist()}"
            )
        if abs(float(preamp) - level) > 0.01:
            raise WrongAnswer(f"the preamp is {level:.3f} dB; yours is {float(preamp):.3f} dB")
    return "What your code reads is what was written."


@_list.solution
def read_list(text: Any) -> Any:
    """One regular expression for a section, and one for the preamp; `re.M` makes `^` the start of a line."""
    preamp = re.search(r"^Preamp: (\S+) dB", text, re.M)
    lines = re.findall(r"^Filter +\d+: ON PK Fc (\S+) Hz Gain (\S+) dB Q (\S+)", text, re.M)
    return float(preamp[1]) if preamp else 0.0, np.array([[f, q, gain] for f, gain, q in lines], float)


@_list.wrong
def _without_preamp(text: Any) -> Any:
    lines = re.findall(r"^Filter +\d+: ON PK Fc (\S+) Hz Gain (\S+) dB Q (\S+)", text, re.M)
    return 0.0, np.array(lines, float)


@exercise(
    "08.4",
    "Write `inverse(recipe)`: the cascade of peaking sections that undoes a cascade of peaking sections.",
    (
        "In series responses in dB add. Which response adds to 0?",
        "A peaking section with the gain negated has the negative response in dB, with the same frequency and Q.",
        "`Recipe.of(recipe.frequency_hz, recipe.q, -recipe.gain_db)`.",
    ),
    is_code=True,
)
def _inverse(inverse: Any) -> str:
    recipe = Recipe.of([120, 900, 4000], [0.7, 3.0, 1.5], [6.0, -12.0, 4.0])
    found = inverse(recipe)
    if not isinstance(found, Recipe):
        raise WrongAnswer(f"the answer is a {type(found).__name__}; it must be a Recipe")
    grid = np.geomspace(20, 20_000, 300)
    both = np.asarray(recipe.response_db(grid), float) + np.asarray(found.response_db(grid), float)
    if np.ptp(both) > 1e-3:
        k = int(np.abs(both).argmax())
        raise WrongAnswer(f"both in series are not flat: {both[k]:+.1f} dB at {grid[k]:.0f} Hz")
    return f"Both in series are flat to {np.ptp(both):.0e} dB. A band-pass of a parallel bank has no such inverse."


@_inverse.solution
def inverse(recipe: Any) -> Any:
    """The gain of every section negated; zeros and poles change places."""
    return Recipe.of(recipe.frequency_hz, recipe.q, -recipe.gain_db)


@_inverse.wrong
def _inverse_of_q(recipe: Any) -> Any:
    return Recipe.of(recipe.frequency_hz, 1 / recipe.q, -recipe.gain_db)
