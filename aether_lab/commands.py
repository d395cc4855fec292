"""What each command of the terminal does: read its arguments, call the package, print the result."""

import argparse
import dataclasses
import json
import sys
import time
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
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.formats.archive import export_zip
from aether_lab.formats.export import FORMATS, export, read_back
from aether_lab.formats.rates import COMMON_RATES
from aether_lab.formats.response import NYQUIST_SHARE
from aether_lab.model.direct_fit import fit_bank
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.training import SYNTHETIC_SHARE, TRAINING_FAMILIES, train, with_synthetic
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

NOTEBOOKS = (Path(__file__).parent / "notebooks", Path(__file__).parents[1] / "notebooks")
"""Where the notebooks lie: in an installed wheel, and in a checkout."""


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


def corpus_command(args: argparse.Namespace) -> None:
    """Builds or continues a corpus store."""
    out = args.out or store_beside(args.folder)
    _report(build_corpus(args.folder, out=out, retry=args.retry, progress=sys.stderr.isatty()))
    print(out)


def train_command(args: argparse.Namespace) -> None:
    """Trains, finishes and saves a model with its card."""
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
    seconds = None if resumed else time.perf_counter() - begin  # of a resumed run, only the last part was timed
    if resumed:
        print(f"resumed after epoch {resumed}")
    space = finish(
        run,
        corpus,
        unseen,
        name=out.stem,
        synthetic=args.synthetic,
        synthetic_share=SYNTHETIC_SHARE if args.synthetic else 0.0,
        seconds=seconds,
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


def evaluate_command(args: argparse.Namespace) -> None:
    """Prints reconstruction errors by stage."""
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


def knobs_command(args: argparse.Namespace) -> None:
    """Prints what each knob does, and disentanglement scores."""
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


def sweep_command(args: argparse.Namespace) -> None:
    """Writes the sweep figure."""
    space = FilterSpace.load(args.model)
    z = np.stack([motion.sweep(k, space.latent_dim, args.curves) for k in range(space.latent_dim)])
    frequency = np.geomspace(20, 20_000, 400)  # the 513 bins are coarse below 200 Hz
    curves = np.asarray(space.decode(z).response_db(frequency))
    figure = plots.sweep(z[0, :, 0], curves, space.card.get("captions"), frequency)
    print(plots.save(figure, args.out))


def page_command(args: argparse.Namespace) -> None:
    """Writes the page that plays without Python."""
    print(page.write_page(FilterSpace.load(args.model), args.out))


def render_command(args: argparse.Namespace) -> None:
    """Renders a sound file through a filter in motion."""
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


def recipe_command(args: argparse.Namespace) -> None:
    """Fits and exports a filter; its file is read back and compared."""
    target = as_target(args.target)
    name, out = _format_and_path(args)
    if not LOWEST_RATE <= args.rate <= HIGHEST_RATE:
        raise ValueError(f"--rate {args.rate:g}: allowed are {LOWEST_RATE:g} to {HIGHEST_RATE:g} Hz")
    if args.through_model and args.model is None:
        raise ValueError("--through-model: say with --model which")
    source = target.label
    if args.model is None:
        low, high = AUDIBLE_HZ[0], min(AUDIBLE_HZ[1], NYQUIST_SHARE * args.rate / 2)
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
    rate, options = args.rate, {"name": source, "whole_hertz": args.whole_hertz}
    options["sections"] = Sections(args.sections, shelves=args.shelves)
    if args.rates:
        archive = export_zip(recipe, name, rates=_rates(args), stem=out.stem, **options)
        print(f"{archive.save(out)}: {archive.readme}", end="")
        return
    made = export(recipe, name, sample_rate=rate, **options)
    found = read_back(made.content, name, np.minimum(FREQUENCIES, 0.49 * rate), rate)
    low, high = target.band_hz
    weights = erb_weights(low, min(high, 0.45 * rate))
    distance = lsd(found - weights @ (found - target.spectrum_db), target.spectrum_db, weights)
    print(f"{made.save(out)}: {FORMATS[name].title}, {made.recipe.n_sections} sections, {rate:g} Hz")
    print(f"from {source}, {low:.0f} to {high:.0f} Hz: LSD {distance:.2f} dB")
    print(f"the file read back, 20 Hz to 20 kHz: worst {made.worst_db:.2g} dB, rms {made.rms_db:.2g} dB off the filter")
    for note in made.notes:
        print(note)


def _rates(args: argparse.Namespace) -> list[float]:
    """The sample rates of `--rates` in Hz."""
    if args.rates == "all":
        return list(COMMON_RATES)
    try:
        return [float(part) for part in args.rates.split(",")]
    except ValueError as error:
        raise ValueError(f"--rates {args.rates}: allowed are all, or rates such as 44100,96000") from error


def _format_and_path(args: argparse.Namespace) -> tuple[str, Path]:
    """From `--format` and `--out`, each of which may follow from the other; with `--rates`, a .zip."""
    if args.rates:
        _rates(args)
        out = Path(args.out or Path(args.target).stem + ".zip")
        if out.suffix.lower() not in ("", ".zip"):
            raise ValueError(f"--out {out}: --rates writes an archive; use a .zip name")
        return args.format or "json", out.with_suffix(".zip")
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


def notebooks_command(args: argparse.Namespace) -> None:
    """Copies the tutorial notebooks into a folder; replaces none there unless `--overwrite` is given."""
    source = next(folder for folder in NOTEBOOKS if folder.is_dir())
    files = [path for path in sorted(source.rglob("*")) if path.suffix in (".ipynb", ".png")]
    files = [path for path in files if ".ipynb_checkpoints" not in path.parts]
    taken = [path.relative_to(source) for path in files if (args.folder / path.relative_to(source)).exists()]
    if taken and not args.overwrite:
        raise ValueError(f"{args.folder}: holds {taken[0]} already; choose another folder, or add --overwrite")
    for path in files:
        copy = args.folder / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(copy, path.read_bytes())
    print(f"{args.folder}: {pluralize(sum(path.suffix == '.ipynb' for path in files), 'notebook')}")
    print(f"jupyter lab {args.folder}")
