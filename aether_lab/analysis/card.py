"""Model cards as Markdown: reconstruction error, axes, and training data."""

import re
import textwrap
from collections.abc import Iterable
from typing import Any

from aether_lab.analysis.disentanglement import SCORES
from aether_lab.analysis.reconstruction import describe_gains
from aether_lab.signals.names import pluralize, printable


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; names in it are those of folders and are shown as text."""
    head = list(head)
    rows = [[markdown(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def markdown(text: str) -> str:
    """Text from outside on one line of Markdown, without links, HTML, code or further cells.

    >>> markdown("a|b <img> [x](y)")
    'a\\\\|b &lt;img> \\\\[x](y)'
    """
    return re.sub(r"([\\`|\[])", r"\\\1", printable(text)).replace("<", "&lt;")


def card_text(card: dict[str, Any]) -> str:
    """The card written by `finish`, as Markdown."""
    sections = [
        f"# {markdown(card['name'])}",
        card["about"],
        "## Reconstruction error",
        _errors(card),
        "## Latent axes",
        _knobs(card),
        "## Training data",
        _origin(card),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _errors(card: dict[str, Any]) -> str:
    metrics = card["metrics"]
    over_sources, by_kind = metrics.get("over_sources"), metrics.get("by_kind", {})
    errors = {"mean over sources": over_sources} if over_sources else {}
    errors |= {"mean over spectra" if over_sources else "overall": metrics["overall"]}
    errors |= {f"all of kind {kind}": each for kind, each in by_kind.items()} | metrics["by_source"]
    stages = list(metrics["overall"])
    rows = [[source, *(f"{each[stage]['mean']:.2f}" for stage in stages)] for source, each in errors.items()]
    whose = (
        "the training sources, because no held-out sources were passed" if metrics.get("seen") else "held-out sources"
    )
    prose = f"""
        Mean log-spectral distance in dB on {whose}, as `aether_lab evaluate` prints. {_baseline(metrics)} `mu` is the
        encoder mean, `refined` the latent point optimised by least squares, `direct` the same bank fitted without the
        network.
    """
    parts = [_paragraph(prose), table(["source", *stages], rows)]
    if "gain" in metrics:
        means = {stage: each["mean"] for stage, each in over_sources.items()}
        knobs = int(next(iter(metrics["gain"])).removeprefix("pca"))
        lines = [f"- {line}" for line in describe_gains(means, knobs)]
        parts.append("Mean over sources, dB:\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _baseline(metrics: dict[str, Any]) -> str:
    """What PCA was fitted to; a card without that entry is of a model whose PCA was fitted to measured spectra only."""
    if "pca_fitted_to" not in metrics:
        return """Mean curve and PCA are fitted to the training sources (the network was also trained on synthetic
            responses);"""
    return f"""Mean curve and PCA are fitted to what the network learned from, with the same probabilities:
        {metrics["pca_fitted_to"]}. `kinds_pca` has a mean and components per kind of system, of which the best kind is
        taken for each spectrum."""


def _knobs(card: dict[str, Any]) -> str:
    axes = card["axes"]
    titles = card.get("names", [f"z{i}" for i in range(len(card["captions"]))])
    columns = {"step variation (CV)": "step_variation", "peak-to-median step ratio": "step_ratio"}
    if "kind_agreement" in axes:
        columns["agreement of kinds"] = "kind_agreement"
    knobs = [
        [f"z{i}", titles[i], card["captions"][i], *(f"{value:.2f}" for value in measured)]
        for i, measured in enumerate(zip(*(axes[key] for key in columns.values()), strict=True))
    ]
    codes = [[code, *(f"{each[s]['mean']:.3f}" for s in SCORES)] for code, each in card["disentanglement"].items()]
    prose = """
        Disentanglement on synthetic responses with known factors (`aether_lab/analysis/disentanglement.py`): the
        encoder means, principal components, these rotated by varimax, a code regressed on the factors, and the factors
        themselves:
    """
    every = " in every kind" if card.get("kinds") else ""
    return "\n\n".join(
        [
            "Effect per unit, averaged over the space (`aether_lab/analysis/axes.py`):",
            table(["axis", "name", "effect", *columns], knobs),
            *_beside_knobs(card),
            _paragraph(prose),
            table(["code", *SCORES], codes),
            _paragraph(
                f"""At 95 % of frequencies and latent points the strongest section is at most
                {axes["cancellation_p95_db"]} dB above the sum of all{every}."""
            ),
        ]
    )


def _beside_knobs(card: dict[str, Any]) -> list[str]:
    """What is said of details and kinds, if there are any."""
    details, kinds = card.get("details", 0), card.get("kinds", [])
    said = []
    if kinds:
        said.append(
            f"""After the knobs a latent point has {pluralize(details, "detail")} and a weight for each kind:
            {markdown(", ".join(kinds))}. Step variation and ratio are those of the worst kind. The agreement of kinds
            is the mean correlation between the effects of a knob in two kinds."""
        )
    elif details:
        said.append(f"After the knobs a latent point has {pluralize(details, 'detail')}.")
    return [_paragraph(text) for text in said]


def _origin(card: dict[str, Any]) -> str:
    sources = [[name, str(each["spectra"]), each["credit"]] for name, each in card["sources"].items()]
    training = ", ".join(f"{key} {value}" for key, value in card["training"].items())
    kinds = len(card.get("kinds", []))
    ranges = card["learned_range"][: len(card["learned_range"]) - kinds]
    limits = ", ".join(f"z{i} {low:.2f} to {high:.2f}" for i, (low, high) in enumerate(ranges))
    synthetic = ""
    if card["synthetic_responses"]:
        synthetic = f"""{100 * card["synthetic_share"]:.0f} % of the draws were from {card["synthetic_responses"]}
            synthetic responses (`aether_lab/signals/synthetic.py`). """
    where = "dimension and kind" if kinds else "dimension"
    but = " (but details have other means)" if card.get("details") else ""
    prose = f"""{synthetic}The encoded means of the sources above have mean 0 and the same standard deviation in each
        {where}{but}, 1 or less, so that most are within ±2 in all knobs; 95 % of each are within {limits}."""
    seconds = card["training_seconds"]
    time = "" if seconds is None else f"; {seconds} s on a CPU"
    last = f"""Training: {training}{time}. The final training distance is
        {card["training_distance"]:.2f} dB."""
    parts = [table(["source", "spectra", "credit"], sources), _paragraph(prose), _paragraph(last)]
    if card["licence"]:
        parts.append(f"Licence: {card['licence']}, with the credits above.")
    return "\n\n".join(parts)


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 116)
