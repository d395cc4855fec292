"""Names that came from outside, such as file names, in a form that is safe to show and to write into files.

A file name may hold bytes that are not UTF-8 (Python's surrogates U+DC80 to U+DCFF), line breaks, terminal escapes and
marks that reverse the direction of text. Names stay as they are for opening files; they pass through here where they
leave the program.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import TextIO

LONGEST = 1000
"""Characters of a message or name that are shown; of a longer one the beginning and the end."""

_JOINERS = "\u200c\u200d"  # needed by Persian, Indic scripts and emoji; invisible, but they reorder nothing
_FORMULA = re.compile(r"""((?:^|[,;|"'])\s*|\s(?=[=+@-]\S))([=+@-])""")


def printable(text: str, longest: int = LONGEST) -> str:
    r"""The text on one line, with every character visible.

    Bytes that are not UTF-8 become `\xNN`; control characters, line and paragraph separators, direction marks and other
    invisible characters become `\xNN` or `\uNNNN`. All other text, in any script, is unchanged.

    >>> print(printable("caf\udce9\x1b[2J\u202egpj.wav"))
    caf\xe9\x1b[2J\u202egpj.wav
    """
    if len(text) > longest:
        text = f"{text[: longest // 2]} … {text[-(longest // 2) :]}"
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs":
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def pluralize(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun, such as "1 source" or "2 spectra"."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def print_line(text: object, file: TextIO | None = None) -> None:
    r"""Prints text on one visible line, whatever the encoding of the stream (by default standard output).

    >>> print_line("caf\udce9\x1b[2J.wav: done")
    caf\xe9\x1b[2J.wav: done
    """
    stream = file or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(printable(str(text), 10_000).encode(encoding, "backslashreplace").decode(encoding), file=stream)


def comment(text: str, longest: int = 200) -> str:
    r"""The text as part of a comment line of CSV, YAML, C, Faust, EqualizerAPO and REW files, or of a quoted string.

    As `printable`, and: no end or beginning of a C comment, no trigraph, no backslash of its own (a C line that ends in
    one continues), `'` for `"`, and an apostrophe before a character with which a cell of a spreadsheet would begin a
    formula (OWASP, "CSV Injection").

    >>> print(comment('a*/b,=1+1'), comment("left -12 dB.wav"), comment("left - right.wav"))
    a* /b,'=1+1 left '-12 dB.wav left - right.wav
    """
    text = text.replace("\\", "/").replace('"', "'").replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
    return _FORMULA.sub(r"\1'\2", printable(text, longest).strip())
