"""Trains the shipped models, measures them, and writes them with their cards: `make models IRS=folder`.

The folder is one with a `splits.json` beside it. Models learn from its `train` sources and from synthetic bodies; the
ladder on the cards is for its `test` sources, which no model has seen.
"""

import argparse
import dataclasses
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from aether_lab.analysis.alignment import alignment
from aether_lab.analysis.axes import captions, effects, evenness, roughness, strength, summary
from aether_lab.analysis.codes import compare
from aether_lab.analysis.disentanglement import SCORES
from aether_lab.analysis.landmarks import landmarks
from aether_lab.analysis.reconstruction import STAGES, evaluate
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import train, with_bodies
from aether_lab.signals import synthetic
from aether_lab.signals.corpus import Corpus, read_folder, read_splits
from aether_lab.signals.files import write_bytes

BODIES = 20_000
# Of cabinets the train sources have 18 spectra, of microphones none: bodies of these come twice as often as others.
FAMILIES = (*synthetic.FAMILIES, "cabinets", "microphones")
# Of what is drawn: with three of four, and with most spectra varied, sources that were held out lay further away.
SHARE = 0.9
EVEN, SMOOTH = 0.35, 3.0  # what `axes.evenness` and `roughness` of a knob should at most be
# Of five seeds (`seeds.md`) the one with which training ended nearest, if its knobs are even and smooth. The test
# sources have no say in that.
MODELS = {
    "4d": (ModelSettings(latent_dim=4), Training(epochs=480, learning_rate=3e-3, augment=0.3, seed=3)),
    "2d": (ModelSettings(latent_dim=2), Training(epochs=240, learning_rate=3e-3, augment=0.3, evenness=10.0, seed=4)),
    "seed-4d": (ModelSettings(latent_dim=4, frequency_map="linear", polarity="positive"), Training(augment=0.3)),
}
ABOUT = {
    "4d": "Four knobs, 32 band-passes in parallel of alternating polarity, centres on a log map. The default.",
    "2d": "Two knobs, for the map of a plane; otherwise like `4d`.",
    "seed-4d": "Four knobs and the seed's exact output mapping: centres linear from 240 Hz, every section positive. "
    "Such a bank rolls off at 6 dB per octave at most; it ships for comparison.",
}
CREDITS = {
    "rooms/chrome_house": "Chris Rogers, Google, 2009 (web-audio-samples, Apache-2.0)",
    "rooms/chrome_warehouse": "Chris Rogers, Google (web-audio-samples, Apache-2.0)",
    "rooms/otala": "Gloria Dal Santo, Gian Marco De Bortoli, Sebastian J. Schlecht (flamo, MIT)",
    "rooms/openair_york": "openairlib.net, AudioLab, University of York: A. Duffell, A. Sridhar, Z. Li (CC BY 4.0)",
    "rooms/impulcifer_room": "Jaakko Pasanen (Impulcifer, MIT)",
    "plates/emt140": "Greg Hopkins, Hopkins Media Services (CC BY)",
    "cabinets/adventurekid": "Kristoffer Ekstrand, Adventure Kid Research & Technology (CC BY 4.0)",
    "hrtf/sadie_ku100": "SADIE database, University of York (resonance-audio, Apache-2.0)",
    "hrtf/mit_kemar": "Bill Gardner and Keith Martin, (C) 1994 MIT Media Laboratory",
    "hrtf/listen_irc1002": "Listen HRTF database, (C) 2002 IRCAM",
    "headphones/impulcifer": "Jaakko Pasanen (Impulcifer, MIT)",
    "headphones/thomson_hed415n": "spatialaudio, University of Rostock (CC0 1.0)",
}
LICENCE = "CC BY 4.0"


def learn(name: str, learned: Corpus, training: Training) -> tuple[FilterSpace, FilterSpace, float]:
    """A model as it was trained, the same with calibrated knobs, and the distance in dB that training ended with.

    Four knobs are turned until each goes with one factor if it can. Of two each carries several factors however they
    are turned; they are turned until the less even one is as even as it can be.
    """
    model = MODELS[name][0]
    drawn = synthetic.synthetic_bodies(BODIES, training.seed, FAMILIES)
    spectra, probability = with_bodies(learned, drawn.corpus(), SHARE)
    run = train(spectra, model, training, probability=probability)
    trained, distance = run.space, float(np.mean([epoch["distance"] for epoch in run.history[-20:]]))
    turned = trained.rotated(alignment(trained)) if model.latent_dim > 2 else evenest(trained, learned)
    strongest_first = np.argsort(-strength(turned.calibrated(learned.spectra_db)))  # so that the fast pair is heard
    knobs = turned.rotated(np.eye(model.latent_dim)[:, strongest_first]).calibrated(learned.spectra_db)
    return trained, knobs, distance


def evenest(plane: FilterSpace, learned: Corpus) -> FilterSpace:
    """A space of two dimensions along the axes that make its worse knob as even and smooth as can be; up is louder."""
    angles = np.radians(np.arange(0, 90, 5))
    rotations = [np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in angles]

    def worst(rotation: np.ndarray) -> float:
        space = plane.rotated(rotation).calibrated(learned.spectra_db)
        return float(max((evenness(space) / EVEN).max(), (roughness(space) / SMOOTH).max()))

    turned = plane.rotated(min(rotations, key=worst))
    return turned.rotated(np.diag([np.sign(effect.peaks[0].level_db) for effect in effects(turned)]))


def build(name: str, learned: Corpus, unseen: Corpus, folder: Path, seed: int | None = None) -> None:
    """Trains one model on `learned`, measures it on `unseen`, and writes `name.safetensors` and `name.md`."""
    training = MODELS[name][1] if seed is None else dataclasses.replace(MODELS[name][1], seed=seed)
    begin = time.perf_counter()
    trained, space, distance = learn(name, learned, training)
    seconds = time.perf_counter() - begin
    path = folder / f"{name}.safetensors"
    space.save(path, half=True)
    stored = FilterSpace.load(path)  # what users get, in 16 bits, is what is measured
    report = evaluate(stored, unseen, learned, progress=True)
    sources = {
        source: {"spectra": n, "credit": CREDITS.get(source, "")} for source, n in Counter(learned.sources).items()
    }
    card = {
        "name": name,
        "about": ABOUT[name],
        "licence": LICENCE,
        "sources": sources,
        "synthetic_bodies": BODIES,
        "training": dataclasses.asdict(training),
        "training_seconds": round(seconds),
        "training_distance": round(distance, 3),
        "learned_range": space.card["learned_range"],
        "captions": captions(stored),
        "landmarks": {name: list(z) for name, z in landmarks(stored, learned).items()},
        "character": summary(stored),
        "disentanglement": compare({"as trained": trained, "knobs": stored}),
        "metrics": {"test_sources": sorted(set(unseen.sources)), **report},
    }
    dataclasses.replace(space, card=card).save(path, half=True)
    write_bytes(folder / f"{name}.md", card_text(card).encode())


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head = list(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def card_text(card: dict) -> str:
    """A model card as Markdown."""
    ladder = {"overall": card["metrics"]["overall"], **card["metrics"]["by_source"]}
    rungs = [[source, *(f"{each[rung]['mean']:.2f}" for rung in STAGES)] for source, each in ladder.items()]
    character = card["character"]
    knobs = [
        [f"z{i}", caption, f"{character['evenness'][i]:.2f}", f"{character['roughness'][i]:.2f}"]
        for i, caption in enumerate(card["captions"])
    ]
    codes = [
        [code, *(f"{scores[score]['mean']:.3f}" for score in SCORES)]
        for code, scores in card["disentanglement"].items()
    ]
    sources = [[name, str(s["spectra"]), s["credit"]] for name, s in card["sources"].items()]
    training = ", ".join(f"{key} {value}" for key, value in card["training"].items())
    spread = ", ".join(f"z{i} {low:.2f} to {high:.2f}" for i, (low, high) in enumerate(card["learned_range"]))
    return "\n".join(
        [
            f"# {card['name']}",
            "",
            card["about"],
            "",
            "## How near it comes",
            "",
            "Mean log-spectral distance in dB on sources it never saw, as `python -m aether_lab evaluate` prints. Mean",
            "curve and PCA are fitted on the training sources; `mu` is the encoder's mean, `refined` the best z",
            "found by gradient, `direct` the same bank fitted with no network.",
            "",
            table(["source", *STAGES], rungs),
            "",
            "## What its knobs do",
            "",
            "On average over the space, per unit of each knob (`aether_lab/analysis/axes.py`):",
            "",
            table(
                ["knob", "effect", "evenness (variation of dB per unit)", "roughness (largest over median step)"], knobs
            ),
            "",
            "How far each knob goes with one factor of synthetic bodies (`aether_lab/analysis/disentanglement.py`),",
            "beside principal components, these turned by varimax, a code taught with the truth, and the",
            "factors themselves:",
            "",
            table(["code", *SCORES], codes),
            "",
            "The strongest section stands over the sum of all by at most",
            f"{card['character']['cancellation_p95_db']} dB at 95 % of frequencies and places.",
            "",
            "## What it learned from",
            "",
            table(["source", "spectra", "credit"], sources),
            "",
            f"{100 * SHARE:.0f} % of draws were from {card['synthetic_bodies']} synthetic bodies"
            " (`aether_lab/signals/synthetic.py`). The mean codes of the",
            "sources above have mean 0 and deviation 1 in each dimension; 95 % of them lie at",
            f"{spread}.",
            "",
            f"Training: {training}; {card['training_seconds']} s on a CPU, with `make models`. It ended",
            f"{card['training_distance']:.2f} dB away. What is luck: see `seeds.md`.",
            "",
            f"Licence: {card['licence']}, with the credits above.",
            "",
        ]
    )


def main() -> None:
    """Builds the models named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("irs", type=Path, help="folder of impulse responses with a splits.json beside it")
    parser.add_argument("names", nargs="*", default=list(MODELS), help=f"of {', '.join(MODELS)}; all by default")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--seed", type=int, help="in place of the model's own: to see what is luck")
    args = parser.parse_args()
    corpus, splits = read_folder(args.irs), read_splits(args.irs)
    if splits is None:
        raise SystemExit(f"{args.irs}: there is no splits.json beside it")
    for name in args.names:
        build(name, corpus.where(splits["train"]), corpus.where(splits["test"]), args.out, args.seed)


if __name__ == "__main__":
    main()
