"""The controls of an instrument: the numbers of z by name, and the mix."""

import re
from dataclasses import dataclass

from aether_lab.model.knobs import KNOB
from aether_lab.model.space import FilterSpace


@dataclass(frozen=True)
class Control:
    """One number of z: its name, as a slider has it, and its identifier in a program."""

    name: str
    symbol: str
    group: str  # "knob", "detail" or "kind"
    low: float
    high: float


MIX = "Mix"
"""The control after those of z."""


def controls(space: FilterSpace) -> list[Control]:
    """The numbers of z in their order: knobs, details, and the weights of kinds.

    Knobs have the names of the card, in letters that every program takes; one that is taken gets a number.

    >>> [control.symbol for control in controls(FilterSpace.load("nested"))][3:6]
    ['KNOB_BASS', 'DETAIL_1', 'DETAIL_2']
    """
    names = [str(name) for name in space.card.get("names", [])][: space.knobs]
    names += [f"z{k}" for k in range(len(names), space.knobs)]
    found = [("knob", name, -KNOB, KNOB) for name in names]
    found += [("detail", f"Detail {1 + k}", -KNOB, KNOB) for k in range(space.details)]
    found += [("kind", name, 0.0, 1.0) for name in space.kinds]
    taken = {MIX.lower()}
    return [_control(*each, number, taken) for number, each in enumerate(found)]


def _control(group: str, name: str, low: float, high: float, number: int, taken: set[str]) -> Control:
    """A control whose name is not `taken`, where it is added; `number` is its place in z."""
    plain = " ".join(re.sub(r"[^A-Za-z0-9 .,+-]", " ", name).split())[:40] or group
    if _symbol(plain) in taken:
        plain = f"{plain} z{number}"
    taken.add(_symbol(plain))
    symbol = _symbol(plain).upper()
    return Control(plain, symbol if group == "detail" else f"{group.upper()}_{symbol}", group, low, high)


def _symbol(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
