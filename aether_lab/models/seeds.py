"""Seed-to-seed variance of a model, a Markdown table from the cards that `build.py` wrote: `make seeds IRS=folder`.

Each folder contains one seed, `folder/name.safetensors`.
"""

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.analysis.card import table
from aether_lab.model.space import FilterSpace

HEAD = ("seed", "training", "mu", "refined", "direct", "gap", "variation", "ratio", "cancellation", "MIG", "unaligned")
DIGITS = (3, *[2] * 7, 3, 3)

TITLE = """# Seeds

The same model from several seeds, evaluated on held-out sources. In dB: the final training distance, the stages of
`python -m aether_lab evaluate`, the encoder's gap `mu` - `refined`, and the level of the strongest section over the
sum (95th percentile over frequencies and latent points). Of the worst axis: step variation (CV) and peak-to-median step
ratio. MIG of the aligned axes, and before the alignment (`unaligned`)."""


def row(card: dict[str, Any]) -> list[float]:
    """The figures of one card in the order of `HEAD` from `training` on; for axes, those of the worst."""
    overall, axes = card["metrics"]["overall"], card["axes"]
    mu, refined, direct = (overall[stage]["mean"] for stage in ("mu", "refined", "direct"))
    mig = [card["disentanglement"][code]["mig"]["mean"] for code in ("knobs", "as trained")]
    worst = max(axes["step_variation"]), max(axes["step_ratio"]), axes["cancellation_p95_db"]
    return [card["training_distance"], mu, refined, direct, mu - refined, *worst, *mig]


def rows(cards: dict[int, dict[str, Any]]) -> list[list[str]]:
    """One row per seed, then the mean and, for two or more seeds, the standard deviation."""
    figures = {str(seed): row(card) for seed, card in sorted(cards.items())}
    table_of_seeds = np.array(list(figures.values()))
    figures["mean"] = table_of_seeds.mean(0).tolist()
    if len(cards) > 1:
        figures["deviation"] = table_of_seeds.std(0, ddof=1).tolist()
    return [[name, *(f"{x:.{n}f}" for x, n in zip(each, DIGITS, strict=True))] for name, each in figures.items()]


def main() -> None:
    """Prints a table for each model name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="one folder per seed, with the same model names")
    cards_by_name: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for folder in parser.parse_args().folders:
        for file in sorted(folder.glob("*.safetensors")):
            card = FilterSpace.load(file).card
            cards_by_name[card["name"]][card["training"]["seed"]] = card
    print(TITLE)
    for name, cards in cards_by_name.items():
        tested = ", ".join(next(iter(cards.values()))["metrics"]["test_sources"])
        print(f"\n## {name}\n\nOn {tested}.\n\n{table(HEAD, rows(cards))}")


if __name__ == "__main__":
    main()
