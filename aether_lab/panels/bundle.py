"""Bundles the modules of `static/` and their style sheets into single texts.

Jupyter accepts one module text, and a page opened from disk cannot import other files. There is no build step; the
modules keep to these rules: one-line imports by name from `"./name.js"`, `"../name.js"` or `"../folder/name.js"`,
without aliases; exports at the declaration; a default export only in the entry; no top-level name twice. Comments
`/** … */` on lines of their own, which hold the types, are left out.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from aether_lab.panels.colours import colour_rules

STATIC = Path(__file__).parents[1] / "static"

_IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "(\./\w+\.js|\.\./(?:\w+/)?\w+\.js)";\n', re.MULTILINE)
_DOCUMENTATION = re.compile(r"^ */\*\*(?:(?!\*/).)*\*/\n", re.MULTILINE | re.DOTALL)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)
_TAKEN_APART = re.compile(r"^(?:const|let) \{(.*)\} = ", re.MULTILINE)


def _declared(text: str) -> list[str]:
    """The names that a module declares at the top level, also by `const { one, other: two } = …`."""
    apart = [
        part.split(":")[-1].split("=")[0].strip() for parts in _TAKEN_APART.findall(text) for part in parts.split(",")
    ]
    return [*_DECLARED.findall(text), *filter(None, apart)]


def module_text(entry: str) -> str:
    """One ES module of `entry`, `"folder/name.js"`, after all modules it imports; only its exports remain.

    Raises:
        ValueError: a missing file, an import or export of another form, or a name declared twice; names the file.
    """
    owners: dict[str, str] = {}
    parts = []
    for name, text in _modules(entry):
        if odd := re.search(r"^(import\b.*|export (?!default|async|function|class|const|let).*)", text, re.MULTILINE):
            raise ValueError(f"{name}: cannot be joined: {odd[0]}")
        for declared in _declared(text):
            if owners.setdefault(declared, name) != name:
                raise ValueError(f"{declared} is declared both in {owners[declared]} and in {name}")
        if name != entry:
            if re.search(r"^export default", text, re.MULTILINE):
                raise ValueError(f"{name}: only the entry may have a default export")
            text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
        parts.append(text)
    return "\n".join(parts)


def style_text(entry: str) -> str:
    """The colours, and the style sheets of the modules in `module_text(entry)`: `name.css` beside `name.js`."""
    sheets = [(STATIC / name).with_suffix(".css") for name, _ in _modules(entry)]
    return "\n".join([colour_rules(), *(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())])


def _modules(entry: str) -> Iterator[tuple[str, str]]:
    """Name and text, without imports and documentation, of each module that `entry` needs, imported modules first."""
    paths = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*.js")}
    read: set[str] = set()

    def visit(name: str) -> Iterator[tuple[str, str]]:
        if name in read:
            return
        if name not in paths:
            raise ValueError(f"no module {name} among {', '.join(sorted(paths))}")
        read.add(name)
        text = paths[name].read_text(encoding="utf-8")
        for imported in _IMPORT.findall(text):
            yield from visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
        yield name, _DOCUMENTATION.sub("", _IMPORT.sub("", text))

    return visit(entry)
