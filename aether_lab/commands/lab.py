"""The command `lab`: JupyterLab on a folder of notebooks, with the settings that the panels need.

`aether_lab/jupyter` is a folder of settings for Jupyter: the state of widgets is stored with a notebook, no news are
asked for, and a notebook that was only opened is not marked as changed. It counts for this JupyterLab alone.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from aether_lab.commands.notebooks import shipped

SETTINGS = Path(__file__).parents[1] / "jupyter"

FIRST = "00_start.ipynb"


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("folder", type=Path, help=f"of notebooks; opens its {FIRST}, if any")
    sub.add_argument("options", nargs=argparse.REMAINDER, help="for JupyterLab, such as --no-browser --port 8890")


def run(args: argparse.Namespace) -> None:
    """Opens JupyterLab; returns when it ends."""
    if not args.folder.is_dir():
        raise FileNotFoundError(f"{args.folder}: no such folder; `aether_lab notebooks {args.folder}` makes one")
    trust(args.folder)
    command = [sys.executable, "-m", "jupyterlab", *opened(args.folder), *args.options]
    if os.name == "posix":
        os.execve(sys.executable, command, environment())  # signals are JupyterLab's own
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # JupyterLab asks whether to end
        sys.exit(subprocess.call(command, env=environment()))


def opened(folder: Path) -> list[str]:
    """What JupyterLab opens; the address that it prints leads there too, for a browser on another machine."""
    first = folder / FIRST
    return [str(first), f"--LabApp.default_url=/lab/tree/{FIRST}"] if first.exists() else [str(folder)]


def environment() -> dict[str, str]:
    """The variables of this process, with `SETTINGS` before the user's."""
    own = {}
    for name in ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH"):
        own[name] = os.pathsep.join(filter(None, (str(SETTINGS), os.environ.get(name))))
    return {**os.environ, **own}


def trust(folder: Path) -> None:
    """Trusts the tutorial notebooks in a folder that are as they were shipped: their panels live once opened."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    for path in shipped():
        copy = folder / path.name
        if path.suffix == ".ipynb" and copy.exists() and copy.read_bytes() == path.read_bytes():
            notary.sign(nbformat.read(copy, as_version=4))
