"""The commands of `aether_lab` in a terminal: their arguments, and what happens on an error.

Errors are reported in one line, with exit status 2; ^C keeps the checkpoint of the last epoch.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from aether_lab import commands
from aether_lab.audio import motion
from aether_lab.filters.recipe import POLARITIES, TOPOLOGIES
from aether_lab.filters.spec import Sections
from aether_lab.formats.export import FORMATS
from aether_lab.model.run import Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.training import SYNTHETIC, SYNTHETIC_SHARE
from aether_lab.model.vae import FREQUENCY_MAPS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("aether_lab", description="Explore a learned space of filters.")
    subparsers = parser.add_subparsers(required=True, metavar="command")

    def command(run: Callable[[argparse.Namespace], None], help: str) -> argparse.ArgumentParser:
        name = run.__name__.removesuffix("_command")
        added = subparsers.add_parser(name, formatter_class=argparse.ArgumentDefaultsHelpFormatter, help=help)
        added.set_defaults(run=run)
        return added

    _add_corpus(command(commands.corpus_command, "spectra of a large folder, kept on disk; continues when interrupted"))
    _add_train(command(commands.train_command, "train a model on folders of impulse responses"))
    _add_evaluate(command(commands.evaluate_command, "reconstruction error by stage, dB"))
    _add_knobs(command(commands.knobs_command, "what each knob does, how uniform it is, and disentanglement scores"))
    _add_sweep(command(commands.sweep_command, "what each dimension of z does, as a figure"))
    _add_page(command(commands.page_command, "the live panel as one page that plays without Python or a network"))
    _add_recipe(command(commands.recipe_command, "fit a filter to a measured response and export it"))
    _add_render(command(commands.render_command, "a sound file through a filter in motion"))
    _add_notebooks(command(commands.notebooks_command, "copy the tutorial notebooks into a folder"))
    return parser


def _add_corpus(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("folder", type=Path, help="WAV, FLAC, AIFF, OGG and SOFA files are read, recursively")
    sub.add_argument("--out", type=Path, help="what train and evaluate take for a folder; FOLDER.corpus by default")
    sub.add_argument("--retry", action="store_true", help="read files again that were skipped")


def _add_train(sub: argparse.ArgumentParser) -> None:
    training, model = Training(), ModelSettings()
    sub.add_argument("folder", nargs="+", type=Path, help="of impulse responses, or a store built by `corpus`")
    sub.add_argument("--out", required=True, metavar="M.safetensors", help="the model; its card M.md is written beside")
    sub.add_argument("--sources", choices=("train", "test"), help="only these sources of the splits.json beside FOLDER")
    share = f"number of synthetic responses, {SYNTHETIC_SHARE:.0%} of the draws".replace("%", "%%")
    sub.add_argument("--synthetic", type=int, default=SYNTHETIC, help=f"{share}; 0 for none")
    sub.add_argument("--epochs", type=int, default=training.epochs)
    sub.add_argument("--steps", type=int, default=training.steps_per_epoch, help="per epoch")
    sub.add_argument("--batch", type=int, default=training.batch_size)
    sub.add_argument("--learning-rate", type=float, default=training.learning_rate)
    sub.add_argument("--beta", type=float, default=training.beta, help="final weight of the KL term")
    sub.add_argument("--uniformity", type=float, default=training.uniformity, help="weight of the step variation")
    sub.add_argument("--seed", type=int, default=training.seed)
    sub.add_argument("--latent", type=int, default=model.latent_dim, help="dimensions of z")
    sub.add_argument("--filters", type=int, default=model.num_filters)
    sub.add_argument("--topology", choices=TOPOLOGIES, default=model.topology)
    sub.add_argument("--polarity", choices=POLARITIES, default=model.polarity)
    sub.add_argument("--map", choices=FREQUENCY_MAPS, default=model.frequency_map, help="of centre frequencies")
    sub.add_argument("--resume", action="store_true", help="continue from the checkpoint of an interrupted run")


def _add_model(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", default="4d", help="a shipped name or a file")


def _add_evaluate(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("folder", type=Path, help="of impulse responses, or one file")
    _add_model(sub)
    sub.add_argument("--json", metavar="OUT", help="write the figures here")


def _add_knobs(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--model", nargs="+", default=["4d"], help="shipped names or files")
    sub.add_argument("--seeds", type=int, default=5, help="sets of 2000 synthetic responses that are scored")
    sub.add_argument("--json", metavar="OUT", help="write the figures here")


def _add_sweep(sub: argparse.ArgumentParser) -> None:
    _add_model(sub)
    sub.add_argument("--out", required=True, help=".html, .png or .svg")
    sub.add_argument("--curves", type=int, default=21, help="per dimension")


def _add_page(sub: argparse.ArgumentParser) -> None:
    _add_model(sub)
    sub.add_argument("--out", default="explorer.html", help=".html")


def _add_recipe(sub: argparse.ArgumentParser) -> None:
    spec = Sections()
    sub.add_argument(
        "target", metavar="IR.wav", help="WAV, FLAC, AIFF, OGG, SOFA, or a curve as text: REW, AutoEq, CSV"
    )
    sub.add_argument("--out", metavar="F", help="by default the name of the target with the suffix of the format")
    sub.add_argument("--format", choices=FORMATS, help="by default that of the suffix of --out, else json")
    sub.add_argument("--rate", type=float, default=spec.sample_rate, metavar="HZ", help="sample rate of the file")
    sub.add_argument("--rates", metavar="all|HZ,HZ", help="instead, a .zip with a file for each of several rates")
    sub.add_argument("--whole-hertz", action="store_true", help="frequencies of a list without decimals")
    sub.add_argument("--sections", type=int, default=spec.n_sections, help="of the fit, and of a refit to a cascade")
    sub.add_argument("--topology", choices=TOPOLOGIES, default=spec.topology, help="of the fit, without --model")
    sub.add_argument("--shelves", action="store_true", help="the first and the last section of a cascade are shelves")
    sub.add_argument("--model", metavar="M", help="fit the bank of this model, starting from its own decoded recipe")
    sub.add_argument("--through-model", action="store_true", help="export the recipe that --model decodes, unfitted")


def _add_render(sub: argparse.ArgumentParser) -> None:
    default = motion.Motion()
    sub.add_argument("dry", metavar="DRY.wav", help="WAV, FLAC, AIFF or OGG of one or two channels")
    sub.add_argument("--out", required=True, metavar="WET.wav")
    _add_model(sub)
    sub.add_argument("--motion", choices=motion.KINDS, default="spiral")
    sub.add_argument("--centre", metavar="Z", help="z in the middle of the motion, such as --centre=0,1.5,-2,0")
    sub.add_argument("--rate", type=float, default=default.rate, help=f"of the fast pair, up to {motion.FASTEST:g} Hz")
    sub.add_argument("--slow-rate", type=float, default=default.slow_rate, help="of the slow pair, Hz")
    sub.add_argument("--radius", type=float, default=default.radius, help="of the fast pair")
    sub.add_argument("--slow-radius", type=float, default=default.slow_radius, help="of the slow pair")
    sub.add_argument("--swap", action="store_true", help="z2 and z3 are the fast pair")
    sub.add_argument("--point", action="append", default=[], metavar="Z", help="of a path; two or more times")
    sub.add_argument("--back", action="store_true", help="a path returns the way it came instead of closing")
    sub.add_argument("--seed", type=int, default=default.seed, help="of a walk")
    cycles = "cycles by which the right channel is ahead; makes stereo"
    sub.add_argument("--stereo-offset", type=float, default=default.stereo_offset, help=cycles)
    sub.add_argument("--mix", type=float, default=1.0, help="0 dry to 1 wet")
    sub.add_argument("--residual", metavar="R.json", help="a cascade after the bank, as Recipe.to_json writes it")


def _add_notebooks(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("folder", type=Path, help="made if it does not exist")
    sub.add_argument("--overwrite", action="store_true", help="replace notebooks that are in the folder already")


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    args = _parser().parse_args(arguments)
    try:
        args.run(args)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; call corpus again to continue it, train with --resume", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
