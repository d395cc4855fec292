"""A space as a C99 header without dependencies."""

from aether_lab.audio import render
from aether_lab.instrument.about import about, plain
from aether_lab.instrument.constants import FREQUENCY, constants
from aether_lab.instrument.controls import controls
from aether_lab.instrument.template import filled, mark
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.model.vae import DECODER

_PARALLEL = """\
        const double amplitude = (@SIGN@) * fade * pow(10, gain_db / 20);
        s->k[2][j] = 1 / q;
        s->gain[2][j] = amplitude / q;
        for (i = 0; i < AETHER_POINTS; i++) {
            const double v = rise * s->tangent[i] - fall * s->cotangent[i];
            const double part = amplitude / (1 + v * v); /* H = 1 / (1 + j v) */
            re[i] += part;
            im[i] -= part * v;
        }"""

_CASCADE = """\
        const double a = pow(10, fade * gain_db / 40);
        s->k[2][j] = 1 / (q * a);
        s->gain[2][j] = (a * a - 1) * s->k[2][j];
        for (i = 0; i < AETHER_POINTS; i++) {
            const double v = rise * s->tangent[i] - fall * s->cotangent[i];
            product[i] *= (v * v + a * a) / (v * v + 1 / (a * a)); /* |H|^2 */
        }"""

_LEVELLED = """\
    for (j = 0; j < AETHER_SECTIONS; j++) /* in the gains, not before the bank */
        s->gain[2][j] *= s->level[2];"""


def c_header(space: FilterSpace) -> str:
    """The text of the header, with marks in place of the weights."""
    settings, found = space.settings, controls(space)
    cascade = settings.topology == "cascade"
    return filled(
        "space.h",
        {
            "BYTES": str(_state_bytes(settings)),
            "RATE_HZ": f"{settings.sample_rate:g}",
            "KNOBS": str(space.knobs),
            "DETAILS": str(space.details),
            "KINDS": str(len(space.kinds)),
            "SECTIONS": str(space.num_filters),
            "ENUM": "\n".join(f"    AETHER_{each.symbol}," for each in found),
            "NAMES": "\n".join(f'    "{each.name}",' for each in found),
            "RANGES": "\n".join(f"    {{{each.low:g}, {each.high:g}, 0}}," for each in found),
            "FIRST_SIZE": str(DECODER[0]),
            "SECOND_SIZE": str(DECODER[1]),
            "KIND_NOTE": ", a layer for each kind" if space.kinds else "",
            "ACCUMULATORS": "product[AETHER_POINTS]" if cascade else "re[AETHER_POINTS], im[AETHER_POINTS]",
            "CLEAR": "product[i] = 1" if cascade else "re[i] = im[i] = 0",
            "POWER": "product[i]" if cascade else "re[i] * re[i] + im[i] * im[i]",
            "SECTION": _CASCADE if cascade else _PARALLEL.replace("@SIGN@", _sign(settings)),
            "LEVELLED": "" if cascade else _LEVELLED,
            "BANK": filled("cascade.h" if cascade else "parallel.h", {}).rstrip(),
            "FREQUENCY": FREQUENCY[settings.frequency_map],
            **constants(settings),
        },
        {
            "ABOUT": "\n".join(f" * {line}" for line in about(space)),
            "NAME": f'"{plain(str(space.card.get("name", "")))}"',
            "WEIGHTS": "\n".join(_weights(space)),
        },
    )


def example_host(header: str) -> str:
    """A program in C that plays a sound file through the instrument in `header`, moved by a table."""
    return filled("host.c", {}, {"HEADER": header})


def _sign(settings: ModelSettings) -> str:
    return "j % 2 ? -1 : 1" if settings.polarity == "alternating" else "1"


def _weights(space: FilterSpace) -> list[str]:
    lines = []
    for number, (kernel, bias) in enumerate(space.decoder_layers):
        lines += [_array(f"kernel_{number}", kernel.size, mark("kernel", number, "f"))]
        lines += [_array(f"bias_{number}", bias.size, mark("bias", number, "f"))]
    if linear := space.decoder_linear:
        lines += [_array("linear", linear[0].size, mark("kernel", "linear", "f"))]
        lines += [_array("linear_bias", linear[1].size, mark("bias", "linear", "f"))]
    return lines


def _array(name: str, size: int, values: str) -> str:
    return f"static const float aether_{name}[{size}] = {{\n{values}\n}};"


def _state_bytes(settings: ModelSettings) -> int:
    """`sizeof(aether_instrument)` where a double has 8 bytes, up to padding."""
    padded = -(-settings.num_filters // 8) * 8
    kinds, raw = len(settings.kinds), 3 * settings.num_filters
    doubles = 1 + 2 * (settings.latent_dim + kinds) + 1 + 13 * padded + 6 + 2 * render.LEVEL_POINTS
    if kinds:
        doubles += kinds + (settings.latent_dim + 1) * (DECODER[0] + raw)
    return 8 * doubles + 16
