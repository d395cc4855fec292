"""What a program says of the space that it holds: name, licence, and who made what it learned from."""

import textwrap

from aether_lab.model.space import FilterSpace
from aether_lab.signals.names import printable


def about(space: FilterSpace, width: int = 114) -> list[str]:
    """Lines of a comment; none holds the beginning or the end of a comment."""
    card = space.card
    lines = [f"aether_lab instrument: the space {_safe(str(card.get('name', 'without a name')))}"]
    if text := card.get("about"):
        lines.append(_safe(str(text)))
    if licence := card.get("licence"):
        lines.append(f"Licence of the weights: {_safe(str(licence))}")
    credits = [source.get("credit") for source in card.get("sources", {}).values() if isinstance(source, dict)]
    if credits := list(dict.fromkeys(filter(None, credits))):
        lines.append("It has learned from measurements by " + "; ".join(_safe(str(credit)) for credit in credits))
    return [part for line in lines for part in textwrap.wrap(line, width)]


def _safe(text: str) -> str:
    return printable(text).replace("\\", "/").replace("/*", "/ *").replace("*/", "* /")


def plain(name: str) -> str:
    """The name in letters, digits and a few marks that are the same in every string of a program."""
    return "".join(c if (c.isalnum() and c.isascii()) or c in " .,-_" else " " for c in name)
