"""A space as a Faust program, from which plug-ins are built."""

import json

from aether_lab.audio.motion import HOP
from aether_lab.instrument.about import about, plain
from aether_lab.instrument.constants import FREQUENCY, constants
from aether_lab.instrument.controls import Control, controls
from aether_lab.instrument.template import filled, mark
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.vae import DECODER

MOST_SECTIONS = HOP - sum(DECODER) // 2
"""Of a program: one a sample, in the part of a block that the hidden layers leave, with two units a sample."""

_PARALLEL = {
    "WHAT": "signed gain",
    "AMPLITUDE": "@SIGN@*fade*pow(10, gain_db/20)",
    "ROWS": "damped(g, 1/q), a/q",
    "LEVEL": """\
    gathered(x) = (select2(n == from, _, 0.0) : +(designs*x)) ~ _;
    part(i) = a/(1 + v(i)*v(i)); // H = 1 / (1 + j v)
    power = sum(i, points, square(gathered(part(i))) + square(gathered(part(i)*v(i))));""",
    "BANK": """\
bank(g, k, drive, level, x) = sum(i, sections, svf(follow(g, i), follow(k, i), gain(i), x))
with {
    before = hold(select2(age < 2, level', level));
    earlier = hold(select2(age < 2, before', level));
    gain(i) = spline(row(drive, third_last, i)*earlier, row(drive, second_last, i)*before, row(drive, last, i)*level);
};""",
}

_CASCADE = {
    "WHAT": "amplitude",
    "AMPLITUDE": "pow(10, fade*gain_db/40)",
    "ROWS": "damped(g, 1/(q*a)), (a*a - 1)/(q*a)",
    "LEVEL": """\
    gathered(x) = (select2(n == from, _, 1.0) : *(select2(designs, 1.0, x))) ~ _;
    power = sum(i, points, gathered((square(v(i)) + square(a))/(square(v(i)) + 1/square(a)))); // |H|^2""",
    "BANK": """\
bank(g, k, drive, level, x) = x*spline(earlier, before, level) : seq(i, sections, section(i))
with {
    before = hold(select2(age < 2, level', level));
    earlier = hold(select2(age < 2, before', level));
    section(i) = _ <: _, svf(follow(g, i), follow(k, i), follow(drive, i)) :> _;
};""",
}


def faust_program(space: FilterSpace) -> str:
    """The text of the program, with marks in place of the weights.

    Raises:
        ValueError: a space of more than `MOST_SECTIONS` sections.
    """
    settings, found = space.settings, controls(space)
    if settings.num_filters > MOST_SECTIONS:
        raise ValueError(
            f"the space has {settings.num_filters} sections; a Faust program has at most {MOST_SECTIONS}: write a .h"
        )
    bank = _CASCADE if settings.topology == "cascade" else _PARALLEL
    return filled(
        "space.dsp",
        {
            "SECTIONS": str(settings.num_filters),
            "INPUTS": str(_inputs(settings)),
            "FIRST_SIZE": str(DECODER[0]),
            "SECOND_SIZE": str(DECODER[1]),
            "SLIDERS": "\n".join(_slider(i, control) for i, control in enumerate(found)),
            "LAST": str(len(found)),
            "NETWORK_INPUTS": "\n".join(_network_inputs(settings)),
            "LINEAR": " : +(sum(i, numbers, x(i)*linear(numbers*(3*at + j) + i)))" if settings.kinds else "",
            "FREQUENCY": FREQUENCY[settings.frequency_map],
            **bank,
            "SIGN": "(1 - 2*(at%2))" if settings.polarity == "alternating" else "1",
            **constants(settings),
        },
        {
            "ABOUT": "\n".join(f"// {line}" for line in about(space)),
            "LICENCE": f"declare license {json.dumps(plain(str(space.card.get('licence') or 'not stated')))};",
            "NAME": f'"aether {plain(str(space.card.get("name", ""))).strip()}"',
            "WEIGHTS": "\n".join(_weights(space)),
        },
    )


def _slider(number: int, control: Control) -> str:
    group = {"knob": "", "detail": "v:Details/", "kind": "v:Kind/"}[control.group]
    low, high = (f"{value:g}" for value in (control.low, control.high))
    return f"s{number} = hslider({json.dumps(f'{group}[{number}]{control.name}')}, 0, {low}, {high}, 0.001);"


def _inputs(settings: ModelSettings) -> int:
    return (settings.latent_dim + 1) * max(len(settings.kinds), 1)


def _network_inputs(settings: ModelSettings) -> list[str]:
    """Knobs, details and 1, for each kind times its weight."""
    size, count = settings.latent_dim, len(settings.kinds)
    lines = [f"z{i} = limited(s{i});" for i in range(size + count)]
    values = [f"z{i}" for i in range(size)] + ["1.0"]
    if not count:
        return lines + [f"x({i}) = {value};" for i, value in enumerate(values)]
    weights = [f"max(0.0, z{size + k})" for k in range(count)]
    lines += [f"total = {' + '.join(weights)};"]
    lines += [f"k{k} = select2(total > 0, 1.0/{count}, {w}/max(1e-30, total));" for k, w in enumerate(weights)]
    products = [f"k{k}*{value}" for k in range(count) for value in values]
    return lines + [f"x({i}) = {product};" for i, product in enumerate(products)]


def _weights(space: FilterSpace) -> list[str]:
    """A table of each layer, row by row of its units."""
    layers: dict[str, int | str] = {f"weights{k}": k for k in range(len(space.decoder_layers))}
    if space.decoder_linear:
        layers["linear"] = "linear"
    return [f"{name}(i) = rdtable(waveform{{\n{mark('rows', layer)}\n}}, i);" for name, layer in layers.items()]
