"""The parser of the command line, which imports only the command that is called."""

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from importlib import import_module
from pathlib import Path

from aether_lab.commands import COMMANDS
from aether_lab.signals.files import descriptor_of


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments of a command; `run` among them is its function."""
    parser = argparse.ArgumentParser("aether_lab", description="Explore a learned space of filters.")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for name, help in COMMANDS.items():
        sub = subparsers.add_parser(name, formatter_class=argparse.ArgumentDefaultsHelpFormatter, help=help)
        if [name] == arguments[:1]:
            module = import_module(f"aether_lab.commands.{name}")
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser.parse_args(arguments)


def redirected(args: argparse.Namespace) -> AbstractContextManager:
    """Where a file is written to the standard output, what is printed goes to the standard error."""
    outputs = [Path(path) for path in (getattr(args, "out", None), getattr(args, "json", None)) if path]
    return redirect_stdout(sys.stderr) if 1 in map(descriptor_of, outputs) else nullcontext()
