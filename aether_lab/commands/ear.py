"""The command `ear`: a filter found by ear, by questions in the terminal and two sound files to compare."""

import argparse
import sys
from pathlib import Path

from aether_lab.audio.motion import Motion
from aether_lab.audio.render import render_file
from aether_lab.commands.common import add_model
from aether_lab.formats.export import FORMATS, export
from aether_lab.model.belief import ANSWERS
from aether_lab.model.by_ear import NOISE_DB, ByEar
from aether_lab.model.points import kind_text
from aether_lab.model.space import FilterSpace
from aether_lab.signals.names import print_line as print  # file names may hold anything

ENOUGH = 25
"""Answers after which the filter is written."""

WORDS = {"a": "a", "b": "b", "aa": "clearly a", "bb": "clearly b", "s": "same", "u": "undo", "q": "quit"}


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sub.add_argument("sound", metavar="SOUND.wav", help="what to listen to: WAV, FLAC, AIFF or OGG, a few seconds")
    sub.add_argument("--out", required=True, metavar="F", help=f"the filter: {', '.join(sorted(_suffixes()))}")
    add_model(sub)
    sub.add_argument("--folder", metavar="D", help="for a.wav, b.wav, best.wav and answers.json; by default beside F")
    sub.add_argument("--count", type=int, default=ENOUGH, help="answers after which the filter is written")
    sub.add_argument("--seed", type=int, default=0, help="of the questions")
    noise = "of your ear, dB: how much closer a filter must be for you to tell"
    sub.add_argument("--noise", type=float, default=NOISE_DB, help=noise)


def run(args: argparse.Namespace) -> None:
    """Asks until there are enough answers, and writes the filter. Answers are kept: the command continues."""
    space, out = FilterSpace.load(args.model), Path(args.out)
    if out.suffix.lower() not in _suffixes():
        raise ValueError(f"--out {out}: allowed are names in {', '.join(sorted(_suffixes()))}")
    if args.count < 1:
        raise ValueError(f"--count {args.count}: at least 1 answer is needed")
    folder = Path(args.folder) if args.folder else out.with_name(f"{out.stem}-by-ear")
    folder.mkdir(exist_ok=True)
    answers = folder / "answers.json"
    if answers.exists():
        search = ByEar.load(space, answers)
        print(f"{answers}: continued. {search.progress}")
    else:
        search = ByEar(space, args.seed, args.noise)
    while len(search.answers) < args.count and _asked(search, args.sound, folder):
        search.save(answers)
    if search.answers:
        _write(search, args.sound, folder, out)
    else:
        print(f"no answer, so {out} is not written")


def _asked(search: ByEar, sound: str, folder: Path) -> bool:
    """Asks one question; whether there is to be another.

    Raises:
        ValueError: an unknown answer that no one can be asked to correct, because the answers come from a file.
    """
    question = search.question
    for name, z in (("a", question.a), ("b", question.b)):
        render_file(sound, folder / f"{name}.wav", search.space, Motion(centre=tuple(z.tolist())))
    print(f"Question {len(search.answers) + 1}: listen to {folder / 'a.wav'} and {folder / 'b.wav'}")
    while True:
        print("Which is closer to what you want? a, b, aa or bb (clearly), s (cannot tell), u (undo), q (finish)")
        sys.stdout.flush()
        line = sys.stdin.readline()
        word = WORDS.get(line.strip().lower(), "") if line else "quit"
        if word == "undo" and search.answers:
            search.undo()
        elif word == "quit":
            return False
        elif word in ANSWERS:
            search.answer(word)
        else:
            reason = "there is no answer to undo" if word == "undo" else f"{line.strip()!r:.100} is no answer"
            reason = f"{reason}; allowed are {', '.join(WORDS)}"
            if not sys.stdin.isatty():
                raise ValueError(f"question {len(search.answers) + 1}: {reason}")
            print(reason)
            continue
        print(search.progress)
        return True


def _write(search: ByEar, sound: str, folder: Path, out: Path) -> None:
    """The filter, and how it sounds."""
    name = _suffixes()[out.suffix.lower()]
    made = export(search.recipe, name, name=f"found by ear, {len(search.answers)} answers")
    kind = f", {kind_text(search.space, search.z)}" if search.space.kinds else ""
    z = ", ".join(f"{value:.3f}" for value in search.z[: search.space.knobs])
    best = render_file(sound, folder / "best.wav", search.space, Motion(centre=tuple(search.z.tolist())))
    print(f"z = {z}{kind}. {search.progress}")
    print(f"{made.save(out)}: {FORMATS[name].title}, {made.recipe.n_sections} sections; {best}: how it sounds")
    for note in made.notes:
        print(note)


def _suffixes() -> dict[str, str]:
    """The format of each suffix that only one has."""
    suffixes = [each.suffix for each in FORMATS.values()]
    return {each.suffix: name for name, each in FORMATS.items() if suffixes.count(each.suffix) == 1}
