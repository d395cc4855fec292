"""Pages that are made of what the package knows: worked solutions, the design table, commands, and the API."""

import argparse
import importlib
import inspect
import os
import pkgutil
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import inspect as sphinx_inspect
from sphinx.util.docutils import SphinxDirective

import aether_lab
from aether_lab.commands import COMMANDS
from aether_lab.course.check import every_exercise
from aether_lab.course.exercise import Exercise

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parent
WIDTH = "90"  # characters in a line of a command's help


class Generated(SphinxDirective):
    """A directive that stands for Markdown which `text` makes of its argument."""

    optional_arguments = 1
    text = staticmethod(lambda argument: argument)

    def run(self) -> list[nodes.Node]:
        """The nodes of that Markdown."""
        text = type(self).text(*self.arguments)
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def openings() -> dict[str, str]:
    """The first cell of each notebook, by the stem of its file, in order."""
    return {path.stem: nbformat.read(path, as_version=4).cells[0].source for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


def titles() -> dict[str, str]:
    """The first heading of each notebook, by the stem of its file, in order."""
    return {stem: text.splitlines()[0].removeprefix("# ") for stem, text in openings().items()}


def syllabus() -> str:
    """Question, objectives, minutes and prerequisites of each notebook, from its first cell, and the sum of minutes."""
    parts, minutes = [], 0
    for stem, text in openings().items():
        title, _, rest = text.partition("\n")
        parts.append(f"### [{title.removeprefix('# ')}](/{stem}.ipynb)")
        if "**Objectives.**" in rest:
            about = rest[: rest.rindex("\n\n[")] if "\n\n[" in rest else rest  # without the links at its end
            parts.append(re.sub(r"\]\((?!https?:)", "](/", about).strip())
        if found := re.search(r"\*\*Minutes:\*\* (\d+)", rest):
            minutes += int(found[1])
    if minutes:
        parts.append(f"All notebooks together: {minutes} minutes, without the exercises that a class does at home.")
    return "\n\n".join(parts)


def solutions() -> str:
    """Each exercise with its question, hints and worked solution."""
    headings = {stem[:2]: title for stem, title in titles().items()}
    parts, notebook = [], ""
    for name, exercise in every_exercise().items():
        if notebook != (notebook := name[:2]):
            parts.append(f"## {headings.get(notebook, notebook)}")
        parts.append(solution(name, exercise))
    return "\n\n".join(parts)


def solution(name: str, exercise: Exercise) -> str:
    """One exercise of `solutions`."""
    hints = "\n".join(f"{number}. {_plain(hint)}" for number, hint in enumerate(exercise.hints, 1))
    return (
        f"### {name}\n\n{_plain(exercise.question)}\n\n"
        f"<details><summary>Three hints for {name}</summary>\n\n{hints}\n\n</details>\n\n"
        f"<details><summary>Solution of {name}</summary>\n\n```python\n{source(exercise)}\n```\n\n</details>"
    )


def _plain(text: str) -> str:
    """What `check` prints: `x**2` is a power, and no word in bold."""
    return re.sub(r"[\\*_<>\[\]$|]", r"\\\g<0>", text)


def source(exercise: Exercise) -> str:
    """The worked solution as a student would write it: without the decorator that registers it."""
    text = textwrap.dedent(inspect.getsource(exercise.source())).strip()
    return re.sub(r"\A@.*\n", "", text)


def design() -> str:
    """The table of `design.toml`."""
    known = titles()
    rows = ["| No. | Statement of the original design | Taught in | Shown | Held by |", "|---|---|---|---|---|"]
    statements = tomllib.loads((HERE / "design.toml").read_text(encoding="utf-8"))["statement"]
    for number, each in enumerate(statements, 1):
        note = f"<br>*{each['note']}*" if "note" in each else ""
        taught = ", ".join(f"[{stem[:2]}](/{stem}.ipynb)" if stem in known else stem[:2] for stem in each["taught"])
        tests = "<br>".join(f"`{file}`: {name[5:].replace('_', ' ')}" for file, name in map(_parts, each["tests"]))
        rows.append(f"| {number} | {each['says']}{note} | {taught} | {each['shown']} | {tests} |")
    return "\n".join(rows)


def _parts(test: str) -> list[str]:
    return test.split("::")


def commands() -> str:
    """The help of each command."""
    os.environ["COLUMNS"] = WIDTH  # argparse reads the width of a terminal
    parts = []
    for name, summary in COMMANDS.items():
        parser = argparse.ArgumentParser(f"aether_lab {name}", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        importlib.import_module(f"aether_lab.commands.{name}").add_arguments(parser)
        parts.append(f"## {name}\n\n{summary[0].upper()}{summary[1:]}.\n\n```text\n{parser.format_help()}```")
    return "\n\n".join(parts)


def api(folder: str) -> str:
    """The public names of a folder, then its modules, from their docstrings."""
    package = f"aether_lab.{folder}"
    lines = [str(inspect.getdoc(importlib.import_module(package)))]
    if names := list(public_names(folder)):
        blocks = "\n\n".join(f".. {_kind(name)}:: aether_lab.{name}" for name in names)
        lines += ["## Public names", f"```{{eval-rst}}\n{blocks}\n```"]
    for module in modules(package):
        lines += [f"## {module.removeprefix('aether_lab.')}", f"```{{eval-rst}}\n.. automodule:: {module}\n```"]
    return "\n\n".join(lines)


def public_names(folder: str) -> Iterator[str]:
    """What `aether_lab` offers of a folder, as `__init__.pyi` lists it."""
    stub = Path(aether_lab.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    for module, name in re.findall(r"^from \.([\w.]+) import \w+ as (\w+)$", stub, re.MULTILINE):
        if module.split(".")[0] == folder:
            yield name


def _kind(name: str) -> str:
    value = getattr(aether_lab, name)
    return "autoclass" if inspect.isclass(value) else "autofunction" if callable(value) else "py:data"


def modules(package: str) -> list[str]:
    """The public modules of a folder."""
    found = importlib.import_module(package)
    return [f"{package}.{each.name}" for each in pkgutil.iter_modules(found.__path__) if each.name[0] != "_"]


def _as_rest(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Docstrings are made for editors and terminals: code in single quotes, and no other markup than `*` of titles."""
    text = re.sub(r"^( *)(.*\S):\n\n(?=\1    \S)", r"\1\2::\n\n", "\n".join(lines), flags=re.MULTILINE)
    pieces = re.split(r"(^ *>>> (?:.+\n?)+|`[^`]+`)", text, flags=re.MULTILINE)
    pieces[::2] = [re.sub(r"[|\\]|(?<=\w)_(?!\w)", r"\\\g<0>", piece) for piece in pieces[::2]]
    pieces[1::2] = [f"`{piece}`" if piece[0] == "`" else piece for piece in pieces[1::2]]
    lines[:] = "".join(pieces).split("\n")
    if what in ("data", "attribute", "property"):
        lines[:0] = ["..", ""]  # a comment: napoleon takes what stands before a colon in the first line for a type


def _of_init(
    app: Sphinx, what: str, name: str, value: object, options: object, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Of a class whose `__new__` takes anything, as that of every widget does, the arguments of `__init__`."""
    if what != "class" or signature != "(*args, **kwargs)":
        return None
    own = sphinx_inspect.signature(value.__init__, bound_method=True)  # type: ignore[misc]
    return sphinx_inspect.stringify_signature(own, show_annotation=False, show_return_annotation=False), returns


def _without_anchors(app: Sphinx, name: str, source: list[str]) -> None:
    """JupyterLab keeps capitals in the address of a heading, and so needs anchors; here each would be there twice."""
    source[0] = re.sub(r'<a id="[^"]+"></a>', "", source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    for text in (syllabus, solutions, design, commands, api):
        app.add_directive(f"course-{text.__name__}", type("Page", (Generated,), {"text": staticmethod(text)}))
    app.connect("source-read", _without_anchors)
    app.connect("autodoc-process-signature", _of_init)
    app.connect("autodoc-process-docstring", _as_rest, priority=100)  # before napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
