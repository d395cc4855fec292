"""The modules of `static/` joined into one text, and its style sheets.

Jupyter takes one module text and a page opened from disk cannot import its neighbours, so the modules are joined here
and not by a build step. What they keep to, so that joining is this simple: imports are one line, by name, from
`"./name.js"`, without aliases; declarations are exported where they stand; only the entry has a default export; no
top-level name occurs twice.
"""

import re
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"


_IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "\./([\w-]+\.js)";\n', re.MULTILINE)


_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


def module_text(entry: str = "widget.js") -> str:
    """One ES module: `entry` of `static/` after everything that it imports, each file once. Its own exports stay.

    Raises:
        ValueError: for a file that is not there, an import or export of another form, or a name declared twice; the
            message names the file.
    """
    parts: list[str] = []
    owners: dict[str, str] = {}

    def add(name: str, exports: bool) -> None:
        try:
            text = (STATIC / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ValueError(
                f"no module {name} among {', '.join(sorted(p.name for p in STATIC.glob('*.js')))}"
            ) from error
        if name in read:
            return
        read.add(name)
        for imported in _IMPORT.findall(text):
            add(imported, exports=False)
        text = _IMPORT.sub("", text)
        if odd := re.search(r"^(import\b.*|export (?!default|async|function|class|const|let).*)", text, re.MULTILINE):
            raise ValueError(f"{name}: cannot be joined: {odd[0]}")
        for declared in _DECLARED.findall(text):
            if owners.setdefault(declared, name) != name:
                raise ValueError(f"{declared} is declared both in {owners[declared]} and in {name}")
        if not exports:
            if re.search(r"^export default", text, re.MULTILINE):
                raise ValueError(f"{name}: only the entry may have a default export")
            text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
        parts.append(text)

    read: set[str] = set()
    add(entry, exports=True)
    return "\n".join(parts)


def style_text(*names: str) -> str:
    """Style sheets of `static/`, one after the other."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)
