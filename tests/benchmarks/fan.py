"""The 90 % bands of `fan` beside those of one Gaussian, on held-out folds of the training sources and on test sources.

`AETHER_LAB_IRS=folder python tests/benchmarks/fan.py [folds] [test]` prints a table. The constants of
`model/posterior.py` and `models/curves.py` were chosen by such folds, in which also spectra up to 19.8 kHz were judged;
look at the test sources once, when all is chosen.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from fan_bands import bands, coverage, few_of_each, measured_corpus, one_gaussian, pca_gaussian, width_at_90

from aether_lab.model.posterior import DEGREES, CurvePrior
from aether_lab.models.curves import prior_of
from aether_lab.signals.corpus import Corpus

FOLDS = 5
ROWS = {
    "kinds, Student's t": (lambda prior: prior, DEGREES),
    "kinds, Gaussian": (lambda prior: prior, np.inf),
    "one Student's t": (one_gaussian, DEGREES),
    "one Gaussian": (one_gaussian, np.inf),
    "one Gaussian of 8 components": (pca_gaussian, np.inf),
}


def folds(learned: Corpus) -> list[tuple[CurvePrior, Corpus]]:
    """For each fold, what the other sources say, and spectra of its own sources."""
    sources = np.random.default_rng(0).permutation(sorted(set(learned.sources)))
    parts = [sources[k::FOLDS] for k in range(FOLDS)]
    others = [[name for name in sources if name not in part] for part in parts]
    return [
        (prior_of(learned.where(other)), few_of_each(learned.where(part)))
        for part, other in zip(parts, others, strict=True)
    ]


def print_table(title: str, pairs: list[tuple[CurvePrior, Corpus]]) -> None:
    count = sum(len(corpus) for _, corpus in pairs)
    print(f"{title}, {count} spectra: share of the hidden points in the band; its width in dB when it holds 90 %")
    for name, (arranged, degrees) in ROWS.items():
        found = np.concatenate([bands(corpus, arranged(prior), degrees) for prior, corpus in pairs], axis=1)
        print(f"  {name:30} {100 * coverage(found):5.1f} %  {width_at_90(found):5.2f} dB", flush=True)


def main() -> None:
    chosen = sys.argv[1:] or ["folds", "test"]
    learned, unseen = measured_corpus("train"), measured_corpus("test")
    if learned is None or unseen is None:
        raise SystemExit("no measured responses: set AETHER_LAB_IRS to their folder, with splits.json beside it")
    if "folds" in chosen:
        print_table(f"{FOLDS} folds of the training sources", folds(learned))
    if "test" in chosen:
        print_table("test sources", [(CurvePrior.load(), few_of_each(unseen))])


if __name__ == "__main__":
    main()
