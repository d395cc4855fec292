"""Trains the shipped models, evaluates them, and writes them with their cards: `make models IRS="folder folder"`.

`--models curves` writes the curves of `fan` alone, which need no network.

The folders have a `splits.json` beside them. Models train on its `train` sources and on synthetic responses; the errors
on the cards are for its held-out `test` sources.
"""

import argparse
import dataclasses
import time
from pathlib import Path

from aether_lab.analysis.card import card_text
from aether_lab.analysis.finish import finish, measured_errors
from aether_lab.analysis.linear_start import linear_start, linear_teacher
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import TRAINING_FAMILIES, train, with_synthetic
from aether_lab.models.credits import CREDITS
from aether_lab.models.curves import build_curves
from aether_lab.signals.corpus import Corpus, read_folder, read_splits
from aether_lab.signals.files import write_bytes
from aether_lab.signals.kinds import KINDS
from aether_lab.signals.synthetic import synthetic_responses


@dataclasses.dataclass(frozen=True)
class Shipped:
    """How a shipped model is made: what its card says, settings, training, and what it learns from.

    `folders`: of the folders given, its measured sources are those of so many, the first ones; default: of all.
    """

    about: str
    model: ModelSettings
    training: Training
    synthetic: int = 80_000
    synthetic_share: float = 0.7
    folders: int | None = None


# Of five seeds (`seeds.md`) the one with the smallest training distance whose traversals are uniform and smooth. The
# test sources do not affect the choice. `baseline-4d` is older: trained when `objective.UNDER_SHARE` was 1.
MODELS = {
    "4d": Shipped(
        "Four dimensions, 32 parallel band-passes of alternating polarity, up to 60 dB each, centres on a log map. Its "
        "knobs learned to follow known factors of synthetic responses. The default.",
        ModelSettings(latent_dim=4, gain_limit_db=60.0),
        Training(epochs=360, uniformity=1.5, smoothness=0.2, supervision=2.0, seed=1),
    ),
    "2d": Shipped(
        "Two dimensions, for a map of the plane. The bank is that of `4d`.",
        ModelSettings(latent_dim=2, gain_limit_db=60.0),
        Training(epochs=240, uniformity=10.0, smoothness=0.2, seed=3),
    ),
    "nested": Shipped(
        "Four knobs and four details in the order of their share, for nine kinds of systems: its first 2, 4, 6 and 8 "
        "numbers are each a space. The bank is that of `4d`. Training began with the principal components of each "
        "kind, and stayed near them.",
        ModelSettings(latent_dim=8, details=4, kinds=KINDS, gain_limit_db=60.0),
        Training(epochs=300, learning_rate=2e-3, augment=0.3, uniformity=10.0, beta=0.01, seed=1),
        synthetic=20_000,
    ),
    "baseline-4d": Shipped(
        "Four dimensions and the output mapping of the original prototype: centres linear from 240 Hz, all sections "
        "positive. Such a bank rolls off at 6 dB per octave at most; it ships for comparison.",
        ModelSettings(latent_dim=4, frequency_map="linear", polarity="positive"),
        Training(epochs=120, learning_rate=2e-3, smoothness=0.0),
        synthetic=20_000,
        synthetic_share=0.9,
        folders=1,
    ),
}
LICENCE = "CC BY 4.0"


def build(
    name: str, learned: Corpus, unseen: Corpus, folder: Path, seed: int | None = None, numbers: int | None = None
) -> None:
    """Trains a model on `learned`, evaluates it on `unseen`, and writes `name.safetensors` and `name.md`.

    An interrupted training is continued from `name.checkpoint` in the folder. With `numbers`, the model has so many
    knobs and no details: one that is dedicated to a size, to compare those of `nested` with.
    """
    shipped = MODELS[name]
    if numbers is not None:
        shipped = dataclasses.replace(shipped, model=dataclasses.replace(shipped.model, latent_dim=numbers, details=0))
    training = shipped.training if seed is None else dataclasses.replace(shipped.training, seed=seed)
    synthetic = synthetic_responses(shipped.synthetic, training.seed, TRAINING_FAMILIES)
    mix, probability = with_synthetic(learned, synthetic.corpus(), shipped.synthetic_share)
    checkpoint, begin = folder / f"{name}.checkpoint", time.perf_counter()
    resumed = checkpoint.exists()
    teacher = linear_teacher(shipped.model, mix, probability) if shipped.model.kinds else None
    start = linear_start(shipped.model, teacher, training.seed) if teacher else None
    run = train(
        mix,
        shipped.model,
        training,
        probability=probability,
        start=start,
        teacher=teacher,
        checkpoint=checkpoint,
        resume=True,
    )
    space = finish(
        run,
        learned,
        unseen,
        name=name,
        about=shipped.about,
        licence=LICENCE,
        credit=CREDITS,
        synthetic=shipped.synthetic,
        synthetic_share=shipped.synthetic_share,
        seconds=None if resumed else time.perf_counter() - begin,
        seeds=5,
        half=True,
        progress=True,
    )
    write_bytes(folder / f"{name}.md", card_text(space.card).encode())
    space.save(folder / f"{name}.safetensors", half=True)
    checkpoint.unlink()


def evaluate_again(name: str, corpus: Corpus, unseen: Corpus, folder: Path) -> None:
    """Evaluates the model in `name.safetensors` again and writes it with its new card; the weights stay.

    PCA is fitted to the sources of `corpus` that its card names. For new sources to test on, or a new baseline.

    Raises:
        ValueError: `corpus` lacks a source of the card.
    """
    space = FilterSpace.load(folder / f"{name}.safetensors")
    if missing := sorted(set(space.card["sources"]) - set(corpus.sources)):
        raise ValueError(f"{name} learned from {', '.join(missing)}, which these folders lack")
    metrics = measured_errors(space, space.card, corpus.where(space.card["sources"]), unseen, progress=True)
    space = dataclasses.replace(space, card={**space.card, "about": MODELS[name].about, "metrics": metrics})
    write_bytes(folder / f"{name}.md", card_text(space.card).encode())
    space.save(folder / f"{name}.safetensors", half=True)


def main() -> None:
    """Builds the named models, and the curves, or all."""
    names = [*MODELS, "curves"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("irs", type=Path, nargs="+", help="folders of measurements with a splits.json beside each")
    parser.add_argument("--models", nargs="+", choices=names, default=names, metavar="NAME", help="default: all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--seed", type=int, help="instead of the model's own seed, to measure seed-to-seed variance")
    parser.add_argument("--numbers", type=int, help="that many knobs and no details instead, to compare `nested` with")
    parser.add_argument("--evaluate", action="store_true", help="evaluate the models that are there; train none")
    args = parser.parse_args()
    corpus, splits = read_folder(*args.irs), _splits(args.irs)
    learned, unseen = corpus.where(splits["train"]), corpus.where(splits["test"])
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.models:
        if name == "curves":
            build_curves(learned, args.out, LICENCE)
        elif args.evaluate:
            evaluate_again(name, learned, unseen, args.out)
        else:
            own = _splits(args.irs[: MODELS[name].folders])["train"]
            build(name, corpus.where(own), unseen, args.out, args.seed, args.numbers)


def _splits(folders: list[Path]) -> dict[str, list[str]]:
    if (splits := read_splits(*folders)) is None:
        raise SystemExit(f"{' '.join(map(str, folders))}: no splits.json beside these folders")
    return splits


if __name__ == "__main__":
    main()
