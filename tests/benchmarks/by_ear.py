"""Filters found by ear, with simulated listeners, beside the same search over a ten-band equaliser.

`python tests/benchmarks/by_ear.py [model …]` prints the whole table.
"""

import json
import sys
from itertools import product
from pathlib import Path

import numpy as np
from timing import Skipped

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from listening_ear import Listener, SpaceFamily, TenBands, found, latent_optimised

from aether_lab.model.belief import Belief
from aether_lab.model.by_ear import NOISE_DB
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import read_folder

DATA = Path(__file__).parents[3] / "shared" / "data"
ANSWERS = (0, 10, 20, 25, 40)
NOISES_DB = (0.5, 1.0, 2.0)
CLEARLY_DB = (np.inf, 3.0, 4.0, 5.0)  # where listeners say "clearly": never, or from so many dB
FROM_A_SOURCE = 6
TARGETS = 40
WITHIN_DB = 0.7


def targets(count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Spectra of the test sources and their weights, at most six of a source, `(N, 513)` each.

    Raises:
        Skipped: there is no folder of them.
    """
    spectra, weights = [], []
    for folder, splits in ((DATA / "ir", DATA / "splits.json"), (DATA / "wide" / "ir", DATA / "wide" / "splits.json")):
        if not splits.exists():
            raise Skipped(f"no {splits}")
        for source in json.loads(splits.read_text())["test"]:
            corpus = read_folder(folder / source)
            rows = np.linspace(0, len(corpus) - 1, min(FROM_A_SOURCE, len(corpus))).round().astype(int)
            spectra.append(corpus.spectra_db[rows])
            weights.append(corpus.weights[rows])
    chosen = np.random.default_rng(0).permutation(sum(map(len, spectra)))[:count]
    return np.concatenate(spectra)[chosen].astype(np.float64), np.concatenate(weights)[chosen].astype(np.float64)


def searched(family, spectra, weights, noise_db, answers=ANSWERS, clearly_db=np.inf) -> np.ndarray:
    """Distances `(N, len(answers))` dB of the best filters after so many answers."""
    begin = [Belief.before(family, seed, NOISE_DB) for seed in range(3)]
    rows = []
    for number, (spectrum, weight) in enumerate(zip(spectra, weights, strict=True)):
        listener = Listener(spectrum, weight, noise_db, 1000 + number, clearly_db)
        rows.append(found(family, listener, answers, begin[number % 3]))
    return np.array(rows)


def by_ear_against_ten_bands() -> tuple[float, float, str, str]:
    """The row of `make bench`: 4d and a listener of 1 dB on 24 unseen targets."""
    space = FilterSpace.load("4d")
    spectra, weights = targets(24)
    least = latent_optimised(space, spectra, weights)
    ours = searched(SpaceFamily(space), spectra, weights, 1.0, (25,))[:, 0]
    peer = searched(TenBands(), spectra, weights, 1.0, (25,))[:, 0]
    share = (ours <= least + WITHIN_DB).mean()
    note = f"medians; {share:.0%} of 24 targets within {WITHIN_DB} dB of the latent-optimised {np.median(least):.2f}"
    return float(np.median(ours)), float(np.median(peer)), "dB, 25 answers", note


def main() -> None:
    """The table: for each listener the median distance after so many answers, and the share within 0.7 dB."""
    spectra, weights = targets(TARGETS)
    print(f"{len(spectra)} unseen targets; median distance in dB, and share within {WITHIN_DB} dB of the optimised one")
    least = {}
    for name in sys.argv[1:] or ("4d", "2d", "nested", "ten bands"):
        if name == "ten bands":
            family, bound = TenBands(), least.get("4d") or latent_optimised(FilterSpace.load("4d"), spectra, weights)
        else:
            space = FilterSpace.load(name)
            family, bound = SpaceFamily(space), latent_optimised(space, spectra, weights)
            least[name] = list(bound)
        for noise_db, clearly_db in product(NOISES_DB, CLEARLY_DB):
            distances = searched(family, spectra, weights, noise_db, clearly_db=clearly_db)
            cells = [
                f"{count}: {np.median(column):.2f} {np.mean(column <= np.asarray(bound) + WITHIN_DB):4.0%}"
                for count, column in zip(ANSWERS, distances.T, strict=True)
            ]
            says = "never" if clearly_db == np.inf else f"at {clearly_db:g} dB"
            head = f"{name:9} noise {noise_db:g} dB, clearly {says:7}, optimised {np.median(bound):.2f}"
            print(f"{head} | {' | '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
