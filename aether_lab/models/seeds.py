"""Seed-to-seed variance of a model, a Markdown table from the cards that `build.py` wrote: `make seeds IRS=folder`.

Each folder contains one seed, `folder/name.safetensors`.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.analysis.card import table
from aether_lab.analysis.reconstruction import fitted_stages, prefixes
from aether_lab.model.space import FilterSpace

HEAD = ("seed", "training", "mu", "refined", "direct", "gap", "variation", "ratio", "cancellation", "MIG", "unaligned")
DIGITS = (3, *[2] * 7, 3, 3)

ERRORS = ("mu", "refined", "gain")

TITLE = """# Seeds

The same model from several seeds, evaluated on held-out sources. In dB: the final training distance, the stages of
`python -m aether_lab evaluate`, the encoder's gap `mu` - `refined`, and the level of the strongest section over the
sum (95th percentile over frequencies and latent points). Of the worst axis: step variation (CV) and peak-to-median step
ratio. MIG of the aligned axes, and before the alignment (`unaligned`).

Of a space with details also, for each of its sizes, means over sources: `mu`, `refined`, and the gain of `refined` over
PCA of as many numbers."""


def row(card: dict[str, Any]) -> list[float]:
    """The figures of one card in the order of `HEAD` from `training` on; for axes, those of the worst."""
    overall, axes = card["metrics"]["overall"], card["axes"]
    mu, refined, direct = (overall[stage]["mean"] for stage in ("mu", "refined", "direct"))
    mig = [card["disentanglement"][code]["mig"]["mean"] for code in ("knobs", "as trained")]
    worst = max(axes["step_variation"]), max(axes["step_ratio"]), axes["cancellation_p95_db"]
    return [card["training_distance"], mu, refined, direct, mu - refined, *worst, *mig]


def errors_by_size(space: FilterSpace) -> list[float]:
    """`ERRORS`, means over sources: each for all `prefixes` of the space."""
    means = {stage: each["mean"] for stage, each in space.card["metrics"]["over_sources"].items()}
    sizes = prefixes(space)
    fitted = [means[stage] for stage in fitted_stages(space)[: 2 * len(sizes)]]
    refined = fitted[len(sizes) :]
    return [*fitted, *(means[f"pca{size}"] - error for size, error in zip(sizes, refined, strict=True))]


def rows(figures: dict[str, list[float]], digits: Sequence[int]) -> list[list[str]]:
    """One row per seed, then the mean and, for two or more seeds, the standard deviation."""
    of_seeds = np.array(list(figures.values()))
    figures = {**figures, "mean": of_seeds.mean(0).tolist()}
    if len(of_seeds) > 1:
        figures["deviation"] = of_seeds.std(0, ddof=1).tolist()
    return [[name, *(f"{x:.{n}f}" for x, n in zip(each, digits, strict=True))] for name, each in figures.items()]


def main() -> None:
    """Prints a table for each model name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="one folder per seed, with the same model names")
    found: dict[str, dict[int, FilterSpace]] = defaultdict(dict)
    for folder in parser.parse_args().folders:
        for file in sorted(folder.glob("*.safetensors")):
            space = FilterSpace.load(file)
            found[space.card["name"]][space.card["training"]["seed"]] = space
    print(TITLE)
    for name, spaces in found.items():
        of_seeds = {str(seed): space for seed, space in sorted(spaces.items())}
        one = next(iter(of_seeds.values()))
        print(f"\n## {name}\n\nOn {', '.join(one.card['metrics']['test_sources'])}.\n")
        print(table(HEAD, rows({seed: row(space.card) for seed, space in of_seeds.items()}, DIGITS)))
        if one.details:
            head = ["seed", *(f"{stage} {size}" for stage in ERRORS for size in prefixes(one))]
            figures = {seed: errors_by_size(space) for seed, space in of_seeds.items()}
            print(f"\n{table(head, rows(figures, [2] * len(head[1:])))}")


if __name__ == "__main__":
    main()
