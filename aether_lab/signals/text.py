"""Text files as lines: encoding, line ends, comments.

A line ends only at CR, LF or both. Byte 0x85 is an ellipsis in Windows-1252, and U+2028 may stand inside a comment, so
`str.splitlines`, which breaks at them, is not used.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from aether_lab.signals import limits
from aether_lab.signals.contents import HEAD

COMMENT_MARKS = ("*", "#", "%", "//", '"*', "!")
LONGEST_LINE = 100_000  # characters
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"))
_REMARK = re.compile(r"^([\s+\-]*\d.*?)\s+[#!].*$")  # behind a row
_MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-"})


class Line(NamedTuple):
    """A line of a text file without the spaces around it; comments come without their mark."""

    number: int  # from 1
    text: str
    comment: bool


def decode(content: bytes, name: str) -> str:
    """UTF-8, UTF-16 with or without a byte order mark, or Windows-1252.

    Raises:
        ValueError: binary content.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    head = content[:HEAD]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if len(head) >= 4 and zeros.count(0) > 0.9 * len(zeros) and head.count(0) < 0.6 * len(head):
            return content.decode(encoding, errors="replace")
    if b"\0" in head:
        raise ValueError(f"{name}: binary content, neither text nor a supported audio file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def split_lines(text: str, name: str) -> list[Line]:
    """The lines that are not blank; those beyond all reason are cut.

    Raises:
        ValueError: more lines than `limits.MOST_LINES`.
    """
    limits.check(name, max(text.count("\n"), text.count("\r")), "MOST_LINES")
    lines = []
    for number, raw in enumerate(re.split(r"\r\n?|\n", text.translate(_INVISIBLE).translate(_MINUS)), start=1):
        if len(raw) > LONGEST_LINE:
            raw = raw[:LONGEST_LINE] + " ..."
        stripped = raw.strip()
        comment = stripped.startswith(COMMENT_MARKS)
        if comment:
            stripped = stripped.strip('"').lstrip("*#%/! \t").rstrip()
        if stripped:
            text = stripped if comment else _REMARK.sub(r"\1", raw.strip("\r\n "))
            lines.append(Line(number, text, comment))
    return lines


def shorten(text: str, limit: int = 40) -> str:
    """At most `limit` characters of a text, for a message."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit] + " ..."
