"""Seed-to-seed variance: figures of one model trained from several seeds, in Markdown. `make seeds IRS=folder`.

Reads the cards of files that `build.py` has written, `folder/name.safetensors` of one name per seed; measures nothing.
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

The same model from several seeds, on sources it never saw. In dB: the distance that training ended with, the stages of
`python -m aether_lab evaluate`, the encoder's gap `mu` - `refined`, and how far the strongest section stands over the
sum at 95 % of frequencies and latent points. Of all knobs the worst: step variation (CV) and peak-to-median step
ratio. MIG of the knobs, and before they were aligned (`unaligned`)."""


def row(card: dict[str, Any]) -> list[float]:
    """The figures of one card, in the order of `HEAD` from `training` on; of knobs, the worst."""
    overall, axes = card["metrics"]["overall"], card["axes"]
    mu, refined, direct = (overall[rung]["mean"] for rung in ("mu", "refined", "direct"))
    mig = [card["disentanglement"][code]["mig"]["mean"] for code in ("knobs", "as trained")]
    worst = max(axes["step_variation"]), max(axes["step_ratio"]), axes["cancellation_p95_db"]
    return [card["training_distance"], mu, refined, direct, mu - refined, *worst, *mig]


def rows(cards: dict[int, dict[str, Any]]) -> list[list[str]]:
    """One row per seed, then their mean and, of two or more, their standard deviation."""
    figures = {str(seed): row(card) for seed, card in sorted(cards.items())}
    all_of_them = np.array(list(figures.values()))
    figures["mean"] = all_of_them.mean(0).tolist()
    if len(cards) > 1:
        figures["deviation"] = all_of_them.std(0, ddof=1).tolist()
    return [[name, *(f"{x:.{n}f}" for x, n in zip(each, DIGITS, strict=True))] for name, each in figures.items()]


def main() -> None:
    """Prints a table for each name of model that is found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="one per seed, of models of the same names")
    found: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for folder in parser.parse_args().folders:
        for file in sorted(folder.glob("*.safetensors")):
            card = FilterSpace.load(file).card
            found[card["name"]][card["training"]["seed"]] = card
    print(TITLE)
    for name, cards in found.items():
        print(f"\n## {name}\n\n{table(HEAD, rows(cards))}")


if __name__ == "__main__":
    main()
