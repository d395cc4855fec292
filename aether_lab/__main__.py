"""`python -m aether_lab`: train, evaluate, sweep, render and write the page from a terminal.

Errors of the user's are told in one line, with exit status 2; ^C leaves the checkpoint of the last epoch.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab import plots
from aether_lab.analysis.axes import axis_properties, captions
from aether_lab.analysis.card import card_text
from aether_lab.analysis.codes import compare
from aether_lab.analysis.disentanglement import SCORES
from aether_lab.analysis.finish import finish
from aether_lab.analysis.reconstruction import STAGES, describe_errors, evaluate, reference_corpus
from aether_lab.audio import motion, render
from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.recipe import POLARITIES, TOPOLOGIES, Recipe
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.formats.export import FORMATS, export, read_back
from aether_lab.formats.response import USED
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import SYNTHETIC, SYNTHETIC_SHARE, TRAINING_FAMILIES, train, with_synthetic
from aether_lab.model.vae import FREQUENCY_MAPS
from aether_lab.panels import page
from aether_lab.signals.audio_files import SUFFIXES
from aether_lab.signals.corpus import Corpus, pluralize, read_folder, read_splits
from aether_lab.signals.corpus_index import is_store, open_corpus, store_beside
from aether_lab.signals.corpus_store import build_corpus
from aether_lab.signals.files import write_bytes
from aether_lab.signals.impulse_response import HIGHEST_RATE, LOWEST_RATE
from aether_lab.signals.spectrum import FREQUENCIES, erb_weights, lsd
from aether_lab.signals.synthetic import synthetic_responses
from aether_lab.signals.target import as_target


def _corpus(folders: list[Path]) -> Corpus:
    """Of folders of impulse responses, and of stores that the command `corpus` has built."""
    read = partial(read_folder, progress=sys.stderr.isatty())
    first, *more = (open_corpus(folder) if is_store(folder) else read(folder) for folder in folders)
    return _report(sum(more, first))


def _report(corpus: Corpus) -> Corpus:
    print(f"{pluralize(len(corpus), 'spectrum', 'spectra')} of {pluralize(len(set(corpus.sources)), 'source')}")
    for path, reason in corpus.skipped:
        print(f"skipped {path}: {reason}", file=sys.stderr)
    return corpus


def _build(args: argparse.Namespace) -> None:
    out = args.out or store_beside(args.folder)
    _report(build_corpus(args.folder, out=out, retry=args.retry, progress=sys.stderr.isatty()))
    print(out)


def _train(args: argparse.Namespace) -> None:
    out = Path(args.out)
    if out.suffix != ".safetensors":
        raise ValueError(f"--out {out}: a model file ends in .safetensors")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"--out {out}: there is no folder {out.parent}")
    corpus, unseen = _corpus(args.folder), None
    if args.sources:
        splits = read_splits(args.folder[0])
        if splits is None:
            raise ValueError(f"--sources {args.sources}: there is no splits.json beside {args.folder[0]}")
        corpus, unseen = corpus.where(splits["train"]), corpus.where(splits["test"])
        if args.sources == "test":
            corpus, unseen = unseen, corpus
        print(f"{len(corpus)} of them in the {args.sources!r} sources of splits.json")
    synthetic = None
    if args.synthetic:
        synthetic = synthetic_responses(args.synthetic, args.seed, TRAINING_FAMILIES).corpus()
    spectra, probability = with_synthetic(corpus, synthetic)
    model = ModelSettings(
        latent_dim=args.latent,
        num_filters=args.filters,
        frequency_map=args.map,
        topology=args.topology,
        polarity=args.polarity,
    )
    training = Training(
        epochs=args.epochs,
        steps_per_epoch=args.steps,
        batch_size=args.batch,
        learning_rate=args.learning_rate,
        beta=args.beta,
        uniformity=args.uniformity,
        seed=args.seed,
    )
    checkpoint = out.with_name(out.name + ".checkpoint")
    epochs_before = []
    begin = time.perf_counter()
    run = train(
        spectra,
        model,
        training,
        probability=probability,
        checkpoint=checkpoint,
        resume=args.resume,
        on_epoch=lambda run: epochs_before.append(len(run.history) - 1),
    )
    resumed = epochs_before[0] if epochs_before else len(run.history)
    if resumed:
        print(f"resumed after epoch {resumed}")
    space = finish(
        run,
        corpus,
        unseen,
        name=out.stem,
        synthetic=args.synthetic,
        synthetic_share=SYNTHETIC_SHARE if args.synthetic else 0.0,
        seconds=time.perf_counter() - begin,
        progress=sys.stderr.isatty(),
    )
    space.save(out)
    write_bytes(out.with_suffix(".md"), card_text(space.card).encode())
    checkpoint.unlink(missing_ok=True)
    last, error = run.history[-1], space.card["metrics"]["overall"]["mu"]["mean"]
    print(f"{out}: distance {last['distance']:.2f} dB, KL {last['kl']:.1f} nats after {last['step']} steps")
    whose = "spectra it learned from" if unseen is None else f"{len(unseen)} spectra of the test sources"
    print(f"{out.with_suffix('.md')}: the card; {error:.2f} dB at the encoder's mean on {whose}")
    for k, caption in enumerate(space.card["captions"]):
        print(f"  z{k} {caption}")


def _evaluate(args: argparse.Namespace) -> None:
    space, measured, reference = FilterSpace.load(args.model), args.folder, None
    if args.folder.is_file():
        if args.folder.suffix.lower() in SUFFIXES:  # each channel and measurement of it
            measured = _corpus([args.folder])
            measured = dataclasses.replace(measured, sources=measured.names)
        reference = reference_corpus()
        print(f"mean curve and PCA fitted on {len(reference)} synthetic responses")
    else:
        measured, splits = _corpus([args.folder]), read_splits(args.folder)
        if splits:
            measured, reference = measured.where(splits["test"]), measured.where(splits["train"])
            if not len(measured) or not len(reference):
                raise ValueError(f"{args.folder}: the splits.json beside it names no source that lies in it")
            print(
                f"PCA fitted on {len(reference)} spectra of the train sources, "
                f"figures for {len(measured)} of the test ones"
            )
    report = evaluate(space, measured, reference, progress=True)
    width = max(map(len, report["by_source"]))
    print(f"{'mean dB':{width}} " + "".join(f"{stage:>11}" for stage in STAGES))
    one = len(report["by_source"]) == 1 and args.folder.is_file()
    for source, errors in {**report["by_source"], **({} if one else {"overall": report["overall"]})}.items():
        print(f"{source:{width}} " + "".join(f"{errors[stage]['mean']:11.2f}" for stage in STAGES))
    for statistic in () if one else ("median", "p90"):
        numbers = "".join(f"{report['overall'][stage][statistic]:11.2f}" for stage in STAGES)
        print(f"{f'overall {statistic}':{width}} {numbers}")
    print(describe_errors({stage: each["mean"] for stage, each in report["overall"].items()}, space.latent_dim))
    if args.json:
        write_bytes(args.json, json.dumps(report, indent=1).encode())


def _knobs(args: argparse.Namespace) -> None:
    if args.seeds < 1:
        raise ValueError(f"--seeds {args.seeds}: at least one set of systems is needed")
    spaces = {name: FilterSpace.load(name) for name in args.model}
    knobs: dict[str, Any] = {
        name: {"captions": captions(space), **axis_properties(space)} for name, space in spaces.items()
    }
    for name, found in knobs.items():
        print(f"{name}: sections at most {found['cancellation_p95_db']} dB over their sum (95 %)")
        for k, (caption, even, rough) in enumerate(
            zip(found["captions"], found["step_variation"], found["step_ratio"], strict=True)
        ):
            print(f"  z{k} {caption:36} step variation {even:.2f}, peak-to-median step {rough:.2f}")
    scores = compare(spaces, seeds=range(args.seeds))
    width = max(map(len, scores))
    print(f"{'mean of ' + str(args.seeds):{width}} " + "".join(f"{score:>17}" for score in SCORES))
    for name, each in scores.items():
        print(f"{name:{width}} " + "".join(f"{each[s]['mean']:10.3f} ±{each[s]['sd']:.3f}" for s in SCORES))
    if args.json:
        write_bytes(args.json, json.dumps({"knobs": knobs, "scores": scores}, indent=1).encode())


def _sweep(args: argparse.Namespace) -> None:
    space = FilterSpace.load(args.model)
    z = np.stack([motion.sweep(k, space.latent_dim, args.curves) for k in range(space.latent_dim)])
    frequency = np.geomspace(20, 20_000, 400)  # the 513 bins are coarse below 200 Hz
    curves = np.asarray(space.decode(z).response_db(frequency))
    figure = plots.sweep(z[0, :, 0], curves, space.card.get("captions"), frequency)
    print(plots.save(figure, args.out))


def _page(args: argparse.Namespace) -> None:
    print(page.write_page(FilterSpace.load(args.model), args.out))


def _render(args: argparse.Namespace) -> None:
    space = FilterSpace.load(args.model)
    moved = motion.Motion(
        kind=args.motion,
        centre=_point("--centre", args.centre) if args.centre else (0.0,) * space.latent_dim,
        rate=args.rate,
        slow_rate=args.slow_rate,
        radius=args.radius,
        slow_radius=args.slow_radius,
        swap=args.swap,
        points=tuple(_point("--point", point) for point in args.point),
        closed=not args.back,
        seed=args.seed,
        stereo_offset=args.stereo_offset,
    )
    residual = Recipe.from_json(Path(args.residual).read_text(encoding="utf-8")) if args.residual else None
    print(render.render_file(args.dry, args.out, space, moved, args.mix, residual, progress=sys.stderr.isatty()))


def _recipe(args: argparse.Namespace) -> None:
    target = as_target(args.target)
    name, out = _format_and_path(args)
    if not LOWEST_RATE <= args.rate <= HIGHEST_RATE:
        raise ValueError(f"--rate {args.rate:g}: allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz")
    if args.through_model and args.model is None:
        raise ValueError("--through-model: say with --model which")
    source = target.label
    if args.model is None:
        low, high = AUDIBLE_HZ[0], min(AUDIBLE_HZ[1], USED * args.rate / 2)
        spec = Sections(
            args.sections,
            args.topology,
            shelves=args.shelves,
            frequency_range_hz=(low, high),
            sample_rate=args.rate,
        )
        recipe = fit_recipe(target, spec)
    else:
        space = FilterSpace.load(args.model)
        z = np.asarray(space.refine(target))
        recipe = space.decode(z)
        print(f"z = {', '.join(f'{value:.3f}' for value in z)} in {args.model}")
        source += f", through {args.model}" if args.through_model else f", from {args.model} on"
        if not args.through_model:
            recipe = fit_bank(target, space.settings, band_hz=target.common_band_hz(*AUDIBLE_HZ), start=recipe)
    refit, rate = Sections(args.sections, shelves=args.shelves), args.rate
    made = export(recipe, name, sample_rate=rate, sections=refit, name=source)
    found = read_back(made.content, name, np.minimum(FREQUENCIES, 0.49 * rate), rate)
    low, high = target.band_hz
    weights = erb_weights(low, min(high, 0.45 * rate))
    distance = lsd(found - weights @ (found - target.spectrum_db), target.spectrum_db, weights)
    print(f"{made.save(out)}: {FORMATS[name].title}, {made.recipe.n_sections} sections, {rate:g} Hz")
    print(f"from {source}, {low:.0f} to {high:.0f} Hz: LSD {distance:.2f} dB")
    print(f"the file read back, 20 Hz to 20 kHz: worst {made.worst_db:.2g} dB, rms {made.rms_db:.2g} dB off the filter")
    for note in made.notes:
        print(note)


def _format_and_path(args: argparse.Namespace) -> tuple[str, Path]:
    """Of `--format` and `--out`, where either may be left to the other."""
    suffix = Path(args.out).suffix.lower().replace(".yaml", ".yml") if args.out else ""
    named = [name for name, each in FORMATS.items() if each.suffix == suffix]
    if args.format is None and suffix and len(named) != 1:
        which = f"which of {' and '.join(named)}" if named else f"one of {', '.join(FORMATS)}"
        raise ValueError(f"--out {args.out}: say with --format {which}")
    name = args.format or (named[0] if named else "json")
    out = Path(args.out or Path(args.target).stem)
    out = out if out.suffix and args.out else out.with_name(out.name + FORMATS[name].suffix)
    if out.exists() and out.samefile(args.target):
        raise ValueError(f"--out {out}: that is the file to be matched; name another")
    return name, out


def _point(flag: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ValueError(f"{flag} {text}: numbers with commas between are needed, such as 0,1.5,-2,0") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m aether_lab", description="Explore a learned space of filters.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], None], words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, formatter_class=argparse.ArgumentDefaultsHelpFormatter, help=words)
        added.set_defaults(run=run)
        return added

    steps, model = Training(), ModelSettings()
    sub = command("corpus", _build, "spectra of a large folder, kept on disk; goes on where it was interrupted")
    sub.add_argument("folder", type=Path, help="WAV, FLAC, AIFF, OGG and SOFA files are read, recursively")
    sub.add_argument("--out", type=Path, help="what train and evaluate take for a folder; FOLDER.corpus by default")
    sub.add_argument("--retry", action="store_true", help="read files again that were skipped")

    sub = command("train", _train, "train a model on folders of impulse responses")
    sub.add_argument("folder", nargs="+", type=Path, help="of impulse responses, or what `corpus` has made of one")
    sub.add_argument("--out", required=True, metavar="M.safetensors", help="the model; M.safetensors.checkpoint beside")
    sub.add_argument("--sources", choices=("train", "test"), help="only these sources of the splits.json beside FOLDER")
    sub.add_argument(
        "--synthetic",
        type=int,
        default=SYNTHETIC,
        help=f"synthetic responses, {SYNTHETIC_SHARE:.0%} of the draws; 0 for none",
    )
    sub.add_argument("--epochs", type=int, default=steps.epochs)
    sub.add_argument("--steps", type=int, default=steps.steps_per_epoch, help="per epoch")
    sub.add_argument("--batch", type=int, default=steps.batch_size)
    sub.add_argument("--learning-rate", type=float, default=steps.learning_rate)
    sub.add_argument("--beta", type=float, default=steps.beta, help="final weight of the KL term")
    sub.add_argument(
        "--uniformity", type=float, default=steps.uniformity, help="weight of the variation of dB per unit"
    )
    sub.add_argument("--seed", type=int, default=steps.seed)
    sub.add_argument("--latent", type=int, default=model.latent_dim, help="dimensions of z")
    sub.add_argument("--filters", type=int, default=model.num_filters)
    sub.add_argument("--topology", choices=TOPOLOGIES, default=model.topology)
    sub.add_argument("--polarity", choices=POLARITIES, default=model.polarity)
    sub.add_argument("--map", choices=FREQUENCY_MAPS, default=model.frequency_map, help="of centre frequencies")
    sub.add_argument("--resume", action="store_true", help="go on from the checkpoint of an interrupted run")

    sub = command("evaluate", _evaluate, "the ladder: what mean, PCA, latent, decoder and bank each cost in dB")
    sub.add_argument("folder", type=Path, help="of impulse responses, or one file")
    sub.add_argument("--model", default="4d", help="a shipped name or a file")
    sub.add_argument("--json", metavar="OUT", help="write the figures here")

    sub = command("knobs", _knobs, "what each knob does, how evenly, and how far it goes with one known factor")
    sub.add_argument("--model", nargs="+", default=["4d"], help="shipped names or files")
    sub.add_argument("--seeds", type=int, default=5, help="sets of 2000 synthetic responses that are scored")
    sub.add_argument("--json", metavar="OUT", help="write the figures here")

    sub = command("sweep", _sweep, "what each dimension of z does, as a figure")
    sub.add_argument("--model", default="4d", help="a shipped name or a file")
    sub.add_argument("--out", required=True, help=".html, .png or .svg")
    sub.add_argument("--curves", type=int, default=21, help="per dimension")

    sub = command("page", _page, "the instrument as one page that plays without Python and without a network")
    sub.add_argument("--model", default="4d", help="a shipped name or a file")
    sub.add_argument("--out", default="explorer.html", help=".html")

    free = Sections()
    sub = command("recipe", _recipe, "a filter that matches an impulse response or a curve, as a file to take home")
    sub.add_argument(
        "target", metavar="IR.wav", help="WAV, FLAC, AIFF, OGG, SOFA, or a curve as text: REW, AutoEq, CSV"
    )
    sub.add_argument(
        "--out", metavar="F", help="the name of the target with the format's suffix, unless told otherwise"
    )
    sub.add_argument("--format", choices=FORMATS, help="json, unless the suffix of --out says another")
    sub.add_argument("--rate", type=float, default=free.sample_rate, metavar="HZ", help="sample rate of the file")
    sub.add_argument(
        "--sections", type=int, default=free.n_sections, help="of the fit; of its refit where a list takes one"
    )
    sub.add_argument("--topology", choices=TOPOLOGIES, default=free.topology, help="of the fit, without --model")
    sub.add_argument("--shelves", action="store_true", help="the first and the last of a cascade are shelves")
    sub.add_argument("--model", metavar="M", help="fit the bank of this model, from what it decodes for the target")
    sub.add_argument("--through-model", action="store_true", help="what --model decodes is the filter; no fit after it")

    still = motion.Motion()
    sub = command("render", _render, "a sound file through a filter in motion")
    sub.add_argument("dry", metavar="DRY.wav", help="WAV, FLAC, AIFF or OGG of one or two channels")
    sub.add_argument("--out", required=True, metavar="WET.wav")
    sub.add_argument("--model", default="4d", help="a shipped name or a file")
    sub.add_argument("--motion", choices=motion.KINDS, default="spiral")
    sub.add_argument("--centre", metavar="Z", help="z in the middle of the motion, such as --centre=0,1.5,-2,0")
    sub.add_argument("--rate", type=float, default=still.rate, help=f"of the fast pair, at most {motion.FASTEST:g} Hz")
    sub.add_argument("--slow-rate", type=float, default=still.slow_rate, help="of the slow pair, Hz")
    sub.add_argument("--radius", type=float, default=still.radius, help="of the fast pair")
    sub.add_argument("--slow-radius", type=float, default=still.slow_radius, help="of the slow pair")
    sub.add_argument("--swap", action="store_true", help="z2 and z3 are the fast pair")
    sub.add_argument("--point", action="append", default=[], metavar="Z", help="of a path; two or more times")
    sub.add_argument("--back", action="store_true", help="a path goes back the way it came, not round")
    sub.add_argument("--seed", type=int, default=still.seed, help="of a walk")
    sub.add_argument(
        "--stereo-offset", type=float, default=still.stereo_offset, help="cycles the right ear is ahead; makes stereo"
    )
    sub.add_argument("--mix", type=float, default=1.0, help="0 dry to 1 wet")
    sub.add_argument("--residual", metavar="R.json", help="a cascade to follow the bank, as Recipe.to_json writes it")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    args = _parser().parse_args(arguments)
    try:
        args.run(args)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; corpus goes on when it is called again, train with --resume", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
