"""The command `train`: a model of one's own, with its card."""

import argparse
import sys
import time
from contextlib import ExitStack, redirect_stdout
from pathlib import Path

from aether_lab.analysis.card import card_text
from aether_lab.analysis.finish import finish
from aether_lab.commands.common import read_corpus, splits_of
from aether_lab.filters.recipe import POLARITIES, TOPOLOGIES
from aether_lab.model import distributed
from aether_lab.model.run import Run, Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import SYNTHETIC, SYNTHETIC_SHARE, TRAINING_FAMILIES, train, with_synthetic
from aether_lab.model.vae import FREQUENCY_MAPS
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.files import write_bytes
from aether_lab.signals.locks import sole_writer
from aether_lab.signals.names import print_line as print  # file names may hold anything
from aether_lab.signals.synthetic import synthetic_responses


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    training, model = Training(), ModelSettings()
    sub.add_argument(
        "folder", nargs="+", type=Path, help="of impulse responses and curves, or a store built by `corpus`"
    )
    sub.add_argument("--out", required=True, metavar="M.safetensors", help="the model; its card M.md is written beside")
    sub.add_argument("--overwrite", action="store_true", help="replace the model and the card, at the end")
    before = sub.add_mutually_exclusive_group()
    before.add_argument("--resume", action="store_true", help="continue from the checkpoint, if there is one")
    before.add_argument("--restart", action="store_true", help="discard the checkpoint of an interrupted run")
    sub.add_argument(
        "--sources", choices=("train", "test"), help="only these sources of the splits.json beside each FOLDER"
    )
    share = f"number of synthetic responses, {SYNTHETIC_SHARE:.0%} of the draws".replace("%", "%%")
    sub.add_argument("--synthetic", type=int, default=SYNTHETIC, help=f"{share}; 0 for none")
    sub.add_argument("--epochs", type=int, default=training.epochs)
    sub.add_argument("--steps", type=int, default=training.steps_per_epoch, help="per epoch")
    sub.add_argument("--batch", type=int, default=training.batch_size)
    sub.add_argument("--learning-rate", type=float, default=training.learning_rate)
    sub.add_argument("--beta", type=float, default=training.beta, help="final weight of the KL term")
    sub.add_argument("--uniformity", type=float, default=training.uniformity, help="weight of the step variation")
    sub.add_argument("--smoothness", type=float, default=training.smoothness, help="weight of swings between low bins")
    sub.add_argument(
        "--supervision", type=float, default=training.supervision, help="weight of knobs that follow known factors"
    )
    sub.add_argument("--seed", type=int, default=training.seed)
    sub.add_argument("--latent", type=int, default=model.latent_dim, help="dimensions of z")
    sub.add_argument("--filters", type=int, default=model.num_filters)
    sub.add_argument("--topology", choices=TOPOLOGIES, default=model.topology)
    sub.add_argument("--polarity", choices=POLARITIES, default=model.polarity)
    sub.add_argument("--gain-limit", type=float, default=model.gain_limit_db, metavar="DB", help="of each section")
    sub.add_argument("--map", choices=FREQUENCY_MAPS, default=model.frequency_map, help="of centre frequencies")
    several = sub.add_argument_group("several hosts", "call the same command on each; the first one writes the model")
    several.add_argument("--distributed", action="store_true", help="join the others; Slurm and Open MPI list them")
    several.add_argument("--coordinator", metavar="HOST:PORT", help="of the first; JAX_COORDINATOR_ADDRESS by default")
    several.add_argument("--num-processes", type=int, metavar="N", help="JAX_NUM_PROCESSES by default")
    several.add_argument("--process-id", type=int, metavar="K", help="0 to N - 1; JAX_PROCESS_ID by default")


def run(args: argparse.Namespace) -> None:
    """Trains, finishes and saves a model with its card."""
    if args.distributed or distributed.is_requested(args.coordinator):
        distributed.start(args.coordinator, args.num_processes, args.process_id)
    out = Path(args.out)
    with ExitStack() as lock, redirect_stdout(sys.stdout if distributed.is_first() else None):
        with distributed.together():
            if distributed.is_first():
                _check_folder(out)
                lock.enter_context(sole_writer(out))
        _train(args, out)
    distributed.finished()


def _train(args: argparse.Namespace, out: Path) -> None:
    checkpoint = out.with_name(out.name + ".checkpoint")
    with distributed.together():
        model, training = _settings(args)
        if distributed.is_first():
            _check_lost(args, out, checkpoint)
        corpus, unseen = _sources(args)
        synthetic = (
            synthetic_responses(args.synthetic, args.seed, TRAINING_FAMILIES).corpus() if args.synthetic else None
        )
        mix, probability = with_synthetic(corpus, synthetic)
        if args.restart and distributed.is_first():
            checkpoint.unlink(missing_ok=True)
    epochs_before = []
    begin = time.perf_counter()
    trained = train(
        mix,
        model,
        training,
        probability=probability,
        checkpoint=checkpoint,
        resume=args.resume,
        progress=distributed.is_first() and sys.stderr.isatty(),
        on_epoch=lambda run: epochs_before.append(len(run.history) - 1),
    )
    resumed = epochs_before[0] if epochs_before else len(trained.history)
    if resumed:
        print(f"resumed after epoch {resumed}")
    space = finish(
        trained,
        corpus,
        unseen,
        name=out.stem,
        synthetic=args.synthetic,
        synthetic_share=SYNTHETIC_SHARE if args.synthetic else 0.0,
        seconds=None if resumed else time.perf_counter() - begin,  # of a resumed run, only the last part was timed
        progress=distributed.is_first() and sys.stderr.isatty(),
    )
    if distributed.is_first():
        write_bytes(out.with_suffix(".md"), card_text(space.card).encode())
        space.save(out)
        checkpoint.unlink(missing_ok=True)
    _print(trained, space, unseen, out)


def _settings(args: argparse.Namespace) -> tuple[ModelSettings, Training]:
    model = ModelSettings(
        latent_dim=args.latent,
        num_filters=args.filters,
        frequency_map=args.map,
        topology=args.topology,
        polarity=args.polarity,
        gain_limit_db=args.gain_limit,
    )
    return model, Training(
        epochs=args.epochs,
        steps_per_epoch=args.steps,
        batch_size=args.batch,
        learning_rate=args.learning_rate,
        beta=args.beta,
        uniformity=args.uniformity,
        smoothness=args.smoothness,
        supervision=args.supervision,
        seed=args.seed,
    )


def _check_folder(out: Path) -> None:
    if out.suffix != ".safetensors":
        raise ValueError(f"--out {out}: a model file ends in .safetensors")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"--out {out}: there is no folder {out.parent}")


def _check_lost(args: argparse.Namespace, out: Path, checkpoint: Path) -> None:
    """Refuses what would lose a model, a card or an interrupted run, before anything is read."""
    for path in (out, out.with_suffix(".md")):
        if path.exists() and not args.overwrite:
            raise ValueError(f"{path}: is there already; choose another --out, or add --overwrite")
    if checkpoint.exists() and not (args.resume or args.restart):
        raise ValueError(
            f"{checkpoint}: of an interrupted run; continue it with --resume, or discard it with --restart"
        )
    if args.resume and not checkpoint.exists():
        print(f"nothing to resume: there is no {checkpoint}; training starts with the first epoch")


def _sources(args: argparse.Namespace) -> tuple[Corpus, Corpus | None]:
    """What is learned from, and the held-out sources if there are splits."""
    corpus = read_corpus(args.folder)
    if not args.sources:
        return corpus, None
    splits = splits_of(args.folder)
    if splits is None:
        raise ValueError(f"--sources {args.sources}: there is no splits.json beside {args.folder[0]}")
    held_out = corpus.where(splits["train" if args.sources == "test" else "test"])
    corpus = corpus.where(splits[args.sources])
    print(f"{len(corpus)} of them in the {args.sources!r} sources of splits.json")
    return corpus, held_out


def _print(trained: Run, space: FilterSpace, unseen: Corpus | None, out: Path) -> None:
    last, error = trained.history[-1], space.card["metrics"]["overall"]["mu"]["mean"]
    print(f"{out}: distance {last['distance']:.2f} dB, KL {last['kl']:.1f} nats after {last['step']} steps")
    whose = "spectra it learned from" if unseen is None else f"{len(unseen)} spectra of the held-out sources"
    print(f"{out.with_suffix('.md')}: the card; {error:.2f} dB at the encoder's mean on {whose}")
    for k, (name, caption) in enumerate(zip(space.card["names"], space.card["captions"], strict=True)):
        print(f"  z{k} {name}" + f": {caption}" * (k < space.knobs))
