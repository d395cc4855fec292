"""Model cards: what a space learned from, what its knobs do and how close it comes, as Markdown."""

import textwrap
from collections.abc import Iterable
from typing import Any

from aether_lab.analysis.disentanglement import SCORES
from aether_lab.analysis.reconstruction import STAGES


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head = list(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def card_text(card: dict[str, Any]) -> str:
    """The card of a model that `finish` has made, as Markdown."""
    sections = [
        f"# {card['name']}",
        card["about"],
        "## Reconstruction error",
        _errors(card),
        "## What its knobs do",
        _knobs(card),
        "## What it learned from",
        _origin(card),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _errors(card: dict[str, Any]) -> str:
    metrics = card["metrics"]
    errors = {"overall": metrics["overall"], **metrics["by_source"]}
    rows = [[source, *(f"{each[stage]['mean']:.2f}" for stage in STAGES)] for source, each in errors.items()]
    whose = (
        "the sources that it learned from, since no others were given"
        if metrics.get("seen")
        else "sources that were not trained on"
    )
    prose = f"""
        Mean log-spectral distance in dB on {whose}, as `aether_lab evaluate` prints. Mean curve and PCA are fitted on
        the training sources (the network also learned from synthetic responses); `mu` is the encoder's mean,
        `refined` the latent point optimised by gradient, `direct` the same bank fitted with no network.
    """
    return f"{_paragraph(prose)}\n\n{table(['source', *STAGES], rows)}"


def _knobs(card: dict[str, Any]) -> str:
    axes = card["axes"]
    columns = zip(card["captions"], axes["step_variation"], axes["step_ratio"], strict=True)
    knobs = [[f"z{i}", caption, f"{cv:.2f}", f"{ratio:.2f}"] for i, (caption, cv, ratio) in enumerate(columns)]
    codes = [[code, *(f"{each[s]['mean']:.3f}" for s in SCORES)] for code, each in card["disentanglement"].items()]
    prose = """
        How far each code goes with one known factor of synthetic responses (`aether_lab/analysis/disentanglement.py`),
        beside principal components, these turned by varimax, a code trained on the factors, and the factors
        themselves:
    """
    return "\n\n".join(
        [
            "On average over the space, per unit of each knob (`aether_lab/analysis/axes.py`):",
            table(["knob", "effect", "step variation (CV)", "peak-to-median step ratio"], knobs),
            _paragraph(prose),
            table(["code", *SCORES], codes),
            _paragraph(
                f"""The strongest section stands at most {axes["cancellation_p95_db"]} dB over the sum of all, at 95 %
                of frequencies and latent points."""
            ),
        ]
    )


def _origin(card: dict[str, Any]) -> str:
    sources = [[name, str(each["spectra"]), each["credit"]] for name, each in card["sources"].items()]
    training = ", ".join(f"{key} {value}" for key, value in card["training"].items())
    spread = ", ".join(f"z{i} {low:.2f} to {high:.2f}" for i, (low, high) in enumerate(card["learned_range"]))
    synthetic = ""
    if card["synthetic_responses"]:
        synthetic = f"""{100 * card["synthetic_share"]:.0f} % of the draws were from {card["synthetic_responses"]}
            synthetic responses (`aether_lab/signals/synthetic.py`). """
    prose = f"""{synthetic}The encoded means of the sources above have mean 0 and deviation 1 in each dimension; 95 % of
        them lie at {spread}."""
    last = f"""Training: {training}; {card["training_seconds"]} s on a CPU. The training distance ended at
        {card["training_distance"]:.2f} dB."""
    parts = [table(["source", "spectra", "credit"], sources), _paragraph(prose), _paragraph(last)]
    if card["licence"]:
        parts.append(f"Licence: {card['licence']}, with the credits above.")
    return "\n\n".join(parts)


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 116)
