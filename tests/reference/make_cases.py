"""Writes the cases that Python and JavaScript are both held to: `python tests/reference/make_cases.py`.

`response_cases.json`: banks and their magnitude from `scipy.signal.freqz_sos` in float64, from the cookbook's own
coefficients written out here, so that nothing of aether_lab takes part.
`section_cases.json`: sections of a cascade, shelves of any Q among them, likewise.
`decoder_cases.json`: a small model, as `page.model_state` describes it, with what the package's network makes of some z
when it runs in float64. In it null stands for NaN. `kinds` is a model of three kinds, whose second and third layer are
those of the other model.
"""

import json
from pathlib import Path

import jax
import numpy as np
from scipy.signal import freqz_sos

HERE = Path(__file__).parent


def section(kind: str, frequency: float, q: float, gain_db: float) -> list[float]:
    """`[b0 b1 b2 1 a1 a2]`: Bristow-Johnson's BPF with constant 0 dB peak gain, peakingEQ, lowShelf or highShelf."""
    w0 = np.pi * frequency
    alpha, A = np.sin(w0) / (2 * q), 10 ** (gain_db / 40)
    if kind == "bandpass":
        b, a = [alpha, 0, -alpha], [1 + alpha, -2 * np.cos(w0), 1 - alpha]
    elif kind in ("lowshelf", "highshelf"):
        low = 1 if kind == "lowshelf" else -1  # the high shelf: the low one with -cos(w0), and the middle negated
        cos, root = low * np.cos(w0), 2 * np.sqrt(A) * alpha
        b = [(A + 1) - (A - 1) * cos + root, low * 2 * ((A - 1) - (A + 1) * cos), (A + 1) - (A - 1) * cos - root]
        b = [A * each for each in b]
        a = [(A + 1) + (A - 1) * cos + root, low * -2 * ((A - 1) + (A + 1) * cos), (A + 1) + (A - 1) * cos - root]
    else:
        b = [1 + alpha * A, -2 * np.cos(w0), 1 - alpha * A]
        a = [1 + alpha / A, -2 * np.cos(w0), 1 - alpha / A]
    return [value / a[0] for value in (*b, *a)]


def response(topology: str, polarity: str, recipe: dict, fractions: np.ndarray) -> np.ndarray:
    parameters = list(zip(recipe["frequency"], recipe["q"], recipe["gain_db"], strict=True))
    w = np.pi * fractions
    if topology == "cascade":
        rows = np.array([section("peaking", *each) for each in parameters])
        return 20 * np.log10(np.abs(freqz_sos(rows, w)[1]))
    total = np.zeros(w.size, complex)
    for k, (frequency, q, gain_db) in enumerate(parameters):
        sign = -1 if polarity == "alternating" and k % 2 else 1
        total += sign * 10 ** (gain_db / 20) * freqz_sos([section("bandpass", frequency, q, 0.0)], w)[1]
    return 10 * np.log10(np.abs(total) ** 2 + 1e-12)


def response_cases() -> list[dict]:
    random = np.random.default_rng(7)
    fractions = np.concatenate([[0.0, 1e-4], np.geomspace(20 / 24e3, 20e3 / 24e3, 60), [0.9995, 1.0]])
    banks = {
        "wide": (random.uniform(0.01, 0.99, 32), random.uniform(0.1, 3, 32), random.uniform(-20, 20, 32)),
        "narrow": (np.geomspace(0.002, 0.98, 32), np.geomspace(5, 200, 32), random.uniform(-20, 20, 32)),
        "flat": (np.geomspace(0.002, 0.9, 16), np.full(16, 1.4), np.zeros(16)),
        "edges": (np.array([1e-4, 0.9995, 0.5]), np.array([0.025, 1000.0, 1000.0]), np.array([20.0, 20.0, -20.0])),
        "single": (np.array([0.05]), np.array([2.0]), np.array([6.0])),
    }
    cases = []
    for name, (frequency, q, gain_db) in banks.items():
        recipe = {"frequency": frequency.tolist(), "q": q.tolist(), "gain_db": gain_db.tolist()}
        for topology, polarity in (("parallel", "positive"), ("parallel", "alternating"), ("cascade", "positive")):
            level = response(topology, polarity, recipe, fractions)
            bank = {"name": f"{name}, {topology}, {polarity}", "topology": topology, "polarity": polarity}
            cases.append(
                {**bank, **recipe, "fractions": fractions.tolist(), "response_db": np.round(level, 9).tolist()}
            )
    return cases


def section_cases() -> list[dict]:
    hertz = [20, 55, 149, 400, 1080, 2900, 7900, 21_000]
    found = []
    for kind in ("peaking", "lowshelf", "highshelf"):
        for q, frequency, gain_db in (
            (0.1, 900, 12),
            (0.4, 90, -9),
            (np.sqrt(0.5), 3000, 6),
            (1.3, 350, 15),
            (5, 6e3, -20),
        ):
            fractions = np.array(hertz) / 24e3
            row = section(kind, frequency / 24e3, q, gain_db)
            level = 20 * np.log10(np.abs(freqz_sos([row], np.pi * fractions)[1]))
            fields = {"type": kind, "frequency": frequency, "Q": float(q), "gain": gain_db}
            found.append({**fields, "hertz": hertz, "response_db": np.round(level, 9).tolist()})
    return found


def decoder_cases() -> dict:
    from aether_lab.model.space import FilterSpace
    from aether_lab.panels.state import model_state

    space = FilterSpace.untrained(seed=3, latent_dim=4, num_filters=8)
    weights = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), space.variables)
    random = np.random.default_rng(11)
    places = [[0.0] * 4, *random.normal(size=(6, 4)).tolist(), [2.0] * 4, [-2.0] * 4, [40.0, -40.0, 0.0, 7.0]]
    # Where the decoder's guards act, written as they are given and as they are meant.
    guarded = [([1e9, 0.0, -1e9, 0.0], [1e6, 0.0, -1e6, 0.0]), ([None, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0])]
    cases = []
    for frequency_map in ("log", "linear"):
        network = space.settings.network.clone(frequency_map=frequency_map)
        for given, meant in [*((z, z) for z in places), *guarded]:
            frequency, q, gain_db = (
                np.asarray(out).tolist() for out in network.apply(weights, np.array(meant), method="decode")
            )
            recipe = {"frequency": frequency, "q": q, "gain_db": gain_db}
            cases.append({"frequency_map": frequency_map, "z": given, **recipe})
    state = {**model_state(space), "programs": {}}  # which no decoder needs
    return {"model": state, "cases": cases, "kinds": kind_cases(space.variables["params"])}


def kind_cases(others: dict) -> dict:
    from aether_lab.model.latent import split
    from aether_lab.model.space import FilterSpace
    from aether_lab.panels.state import model_state

    space = FilterSpace.untrained(seed=4, latent_dim=3, details=1, num_filters=8, kinds=("room", "cabinet", "ear"))
    random, params = np.random.default_rng(12), dict(space.variables["params"])
    for name in ("decoder_0", "linear"):  # coarse enough that the sum of two weights is exact in float32
        shapes = {part: leaf.shape for part, leaf in params[name].items()}
        params[name] = {
            part: (np.round(random.normal(size=shape) * 1024) / 4096).astype(np.float32)
            for part, shape in shapes.items()
        }
    params |= {name: others[name] for name in ("decoder_1", "decoder_2")}
    space = FilterSpace(space.settings, {"params": params}, space.card)
    weights = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), space.variables)
    mixtures = [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0.25, 0.5, 0.25], [0.3, 0, 6], [0, 0, 0], [-1, 2, 0.5], [-1, -1, 0]]
    cases = []
    for mixture in mixtures:
        z = [*random.normal(size=3).round(3).tolist(), *map(float, mixture)]
        numbers, kind = split(space.settings, jax.numpy.asarray(z))
        frequency, q, gain_db = space.settings.network.apply(weights, numbers, kind, method="decode")
        recipe = {"frequency": frequency.tolist(), "q": q.tolist(), "gain_db": gain_db.tolist()}
        cases.append({"frequency_map": "log", "z": z, **recipe})
    state = model_state(space)
    return {"model": {**state, "layers": state["layers"][:1], "programs": {}}, "cases": cases}


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    made = {"response_cases": response_cases(), "section_cases": section_cases(), "decoder_cases": decoder_cases()}
    for name, cases in made.items():
        (HERE / f"{name}.json").write_text(json.dumps(cases, indent=None, separators=(",", ":")) + "\n")
