"""The command `grade`: the rubric of a capstone, its files evaluated again."""

import argparse
import dataclasses
import json
from pathlib import Path

from aether_lab.course.capstone import read_capstone
from aether_lab.course.grading import describe_grade, grade
from aether_lab.signals.files import write_bytes
from aether_lab.signals.names import print_line as print  # file names may hold anything


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("capstone", type=Path, help="capstone.json, with the files that it names beside it")
    sub.add_argument("--json", metavar="OUT", help="write the rubric here")


def run(args: argparse.Namespace) -> None:
    """Prints the rubric with the points earned."""
    criteria = grade(read_capstone(args.capstone))
    for line in describe_grade(criteria).splitlines():
        print(line)
    if args.json:
        rows = [dataclasses.asdict(criterion) for criterion in criteria]
        write_bytes(args.json, json.dumps(rows, indent=1).encode())
