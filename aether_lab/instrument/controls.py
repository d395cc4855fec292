"""The controls of an instrument: the numbers of z by name, and the mix."""

import re
from dataclasses import dataclass

from aether_lab.audio.motion import KNOB
from aether_lab.model.space import FilterSpace


@dataclass(frozen=True)
class Control:
    """One number of z: its name, as a slider has it, and its identifier in a program."""

    name: str
    symbol: str
    group: str  # "knob", "detail" or "kind"
    low: float
    high: float


def controls(space: FilterSpace) -> list[Control]:
    """The numbers of z in their order: knobs, details, and the weights of kinds.

    Knobs have the names of the card; a name that is not unique, or that a program cannot hold, gets its number.

    >>> [control.symbol for control in controls(FilterSpace.load("nested"))][3:6]
    ['KNOB_BASS', 'DETAIL_1', 'DETAIL_2']
    """
    names = [str(name) for name in space.card.get("names", [])][: space.knobs]
    names += [f"z{k}" for k in range(len(names), space.knobs)]
    found = _group("knob", names, -KNOB, KNOB)
    found += _group("detail", [f"Detail {1 + k}" for k in range(space.details)], -KNOB, KNOB)
    return found + _group("kind", list(space.kinds), 0.0, 1.0)


def _group(group: str, names: list[str], low: float, high: float) -> list[Control]:
    made: list[Control] = []
    for number, name in enumerate(names):
        plain = " ".join(re.sub(r"[^A-Za-z0-9 .,+-]", " ", name).split())[:40] or f"{group} {number}"
        symbol = re.sub(r"[^A-Z0-9]+", "_", plain.upper()).strip("_")
        symbol = symbol if symbol.startswith(group.upper()) else f"{group.upper()}_{symbol}"
        if symbol in {each.symbol for each in made}:
            plain, symbol = f"{plain} {number}", f"{symbol}_{number}"
        made.append(Control(plain, symbol, group, low, high))
    return made
