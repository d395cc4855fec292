"""The command `page`: the live panel as one page."""

import argparse

from aether_lab.commands.common import add_model
from aether_lab.model.space import FilterSpace
from aether_lab.panels import page
from aether_lab.signals.names import print_line as print  # file names may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_model(sub)
    sub.add_argument("--out", default="explorer.html", help=".html")


def run(args: argparse.Namespace) -> None:
    """Writes the page that plays without Python."""
    print(page.write_page(FilterSpace.load(args.model), args.out))
