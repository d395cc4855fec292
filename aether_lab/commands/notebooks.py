"""The command `notebooks`: a copy of the tutorial notebooks."""

import argparse
from pathlib import Path

from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import pluralize
from aether_lab.signals.names import print_line as print  # file names may hold anything

NOTEBOOKS = (Path(__file__).parents[1] / "notebooks", Path(__file__).parents[2] / "notebooks")
"""Where the notebooks lie: in an installed wheel, and in a checkout."""


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("folder", type=Path, help="made if it does not exist")
    sub.add_argument("--overwrite", action="store_true", help="replace notebooks that are in the folder already")


def run(args: argparse.Namespace) -> None:
    """Copies the tutorial notebooks into a folder; replaces none there unless `--overwrite` is given."""
    source, files = _source(), shipped()
    taken = [path.relative_to(source) for path in files if (args.folder / path.relative_to(source)).exists()]
    if taken and not args.overwrite:
        raise ValueError(f"{args.folder}: holds {taken[0]} already; choose another folder, or add --overwrite")
    for path in files:
        copy = args.folder / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(copy, path.read_bytes())
    print(f"{args.folder}: {pluralize(sum(path.suffix == '.ipynb' for path in files), 'notebook')}")
    print(f"aether_lab lab {args.folder}")


def shipped() -> list[Path]:
    """The tutorial notebooks and their pictures."""
    files = [path for path in sorted(_source().rglob("*")) if path.suffix in (".ipynb", ".png")]
    return [path for path in files if ".ipynb_checkpoints" not in path.parts]


def _source() -> Path:
    return next(folder for folder in NOTEBOOKS if folder.is_dir())
