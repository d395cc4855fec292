"""Coefficients as NumPy arrays, and programs in C and Faust."""

from __future__ import annotations

import io
import re

import numpy as np

from aether_lab.filters.recipe import Recipe, kinds_of
from aether_lab.formats.cascade import series_sos
from aether_lab.formats.format import (
    NUMBER,
    Coefficients,
    ExportContext,
    Values,
    comment_lines,
    parsed_recipe,
    preamp_db,
    section_table,
)
from aether_lab.formats.single_precision import for_single_precision


def write_npy(context: ExportContext) -> bytes:
    """Second-order sections in series (SciPy's `sos`) as a NumPy array, of any bank."""
    file = io.BytesIO()
    np.save(file, _series(context), allow_pickle=False)
    return file.getvalue()


def _series(context: ExportContext) -> Values:
    return for_single_precision(series_sos(context.recipe), context.sample_rate)


def read_npy(content: bytes, _: float) -> Coefficients:
    """Reads a file of `write_npy`."""
    return Coefficients(np.load(io.BytesIO(content), allow_pickle=False), parallel=False)


_C = """\
#ifndef AETHER_FILTER_H
#define AETHER_FILTER_H

#ifndef AETHER_REAL
#define AETHER_REAL double /* or float, see above */
#endif

#define AETHER_SAMPLE_RATE {rate} /* Hz, an integer: #if AETHER_SAMPLE_RATE != MY_RATE, then #error */
#define AETHER_PARALLEL {parallel} /* 1: sections in parallel, outputs added; 0: in series */
#define AETHER_SECTIONS {n}

#if defined(__GNUC__) /* and Clang: the numbers are rounded if AETHER_REAL is float */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
#elif defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 4305)
#endif
/* b0 b1 b2 a1 a2 of each section, a0 = 1: y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2];
   CMSIS-DSP takes the opposite signs of a1 and a2, and only sections in series */
static const AETHER_REAL aether_sos[AETHER_SECTIONS][5] = {{
{rows}
}};
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#elif defined(_MSC_VER)
#pragma warning(pop)
#endif

/* State of one channel: initialise it to zero, one per channel. */
typedef struct {{
    AETHER_REAL s1[AETHER_SECTIONS], s2[AETHER_SECTIONS];
}} aether_filter;

/* One sample, transposed direct form II. */
static inline AETHER_REAL aether_process(aether_filter *memory, AETHER_REAL x) {{
    AETHER_REAL sum = 0;
    for (int i = 0; i < AETHER_SECTIONS; i++) {{
        const AETHER_REAL *c = aether_sos[i];
        const AETHER_REAL y = c[0] * x + memory->s1[i];
        memory->s1[i] = c[1] * x - c[3] * y + memory->s2[i];
        memory->s2[i] = c[2] * x - c[4] * y;
        if (AETHER_PARALLEL)
            sum += y;
        else
            x = y;
    }}
    return AETHER_PARALLEL ? sum : x;
}}

#endif
"""


def write_c(context: ExportContext) -> bytes:
    """A C header with coefficients, in parallel for a parallel bank, and a function that filters one sample."""
    if context.recipe.topology == "cascade":
        return write_c_series(context)
    return _header(context, Coefficients(context.recipe.sos(), parallel=True))


def write_c_series(context: ExportContext) -> bytes:
    """The header of `write_c` with the rows of `write_npy`, in series for any bank."""
    return _header(context, Coefficients(_series(context), parallel=False))


def _header(context: ExportContext, coefficients: Coefficients) -> bytes:
    rows = np.delete(coefficients.sos, 3, axis=1).tolist()
    about = "\n".join(f" * {line.replace('*/', '* /')}" for line in context.about)
    code = _C.format(
        rate=round(context.sample_rate),
        parallel=int(coefficients.parallel),
        n=len(rows),
        rows=",\n".join(f"    {{{', '.join(map(repr, row))}}}" for row in rows),
    )
    return f"/*\n{about}\n */\n{code}".encode()


def read_c(content: bytes, _: float) -> Coefficients:
    """Reads a file of `write_c` or `write_c_series`."""
    text = content.decode()
    lines = re.findall(r"^    \{(.+)\},?$", text, re.M)
    rows = np.array([[float(number) for number in line.split(",")] for line in lines])
    return Coefficients(np.insert(rows, 3, 1.0, axis=1), parallel="AETHER_PARALLEL 1" in text)


_FAUST = """\
import("stdfaust.lib");

// RBJ sections with Q; fi.peak_eq and fi.peak_eq_cq define the bandwidth otherwise and do not prewarp it.
normal(b0, b1, b2, a0, a1, a2) = fi.tf2(b0/a0, b1/a0, b2/a0, a1/a0, a2/a0);
angle(f) = 2*ma.PI*f/ma.SR;
alpha(f, q) = sin(angle(f))/(2*q);
amp(g) = pow(10.0, g/40.0);
bandpass(f, q, c) = normal(c*alpha(f, q), 0, 0-c*alpha(f, q), 1 + alpha(f, q), 0-2*cos(angle(f)), 1 - alpha(f, q));
peaking(f, q, g) = normal(1 + alpha(f, q)*amp(g), 0-2*cos(angle(f)), 1 - alpha(f, q)*amp(g),
                          1 + alpha(f, q)/amp(g), 0-2*cos(angle(f)), 1 - alpha(f, q)/amp(g));
lowshelf(f, q, g) = normal(A*((A+1) - (A-1)*c + s), 2*A*((A-1) - (A+1)*c), A*((A+1) - (A-1)*c - s),
                        (A+1) + (A-1)*c + s, 0-2*((A-1) + (A+1)*c), (A+1) + (A-1)*c - s)
    with { A = amp(g); c = cos(angle(f)); s = sqrt(A)*sin(angle(f))/q; };
highshelf(f, q, g) = normal(A*((A+1) + (A-1)*c + s), 0-2*A*((A-1) + (A+1)*c), A*((A+1) + (A-1)*c - s),
                         (A+1) - (A-1)*c + s, 2*((A-1) - (A+1)*c), (A+1) - (A-1)*c - s)
    with { A = amp(g); c = cos(angle(f)); s = sqrt(A)*sin(angle(f))/q; };

"""


def write_faust(context: ExportContext) -> bytes:
    """A Faust program, whose sections adapt to the sample rate of the host."""
    recipe = context.recipe
    note = (
        "// Sections adapt to the sample rate. Compile with -double: single precision is inaccurate at low centres.\n"
    )
    parts = [
        f"{kind}({f!r}, {q!r}, {value!r})"
        for (kind, f, q, _), value in zip(section_table(recipe), _faust_gains(recipe), strict=True)
    ]
    between = ",\n    " if recipe.topology == "parallel" else " :\n    "
    sections = between.join(parts)
    bank = f"_ <:\n    {sections}\n    :> _" if recipe.topology == "parallel" else sections
    process = f"process = *(ba.db2linear({preamp_db(recipe)!r})) : {bank};\n"
    return (comment_lines(context, "//") + note + _FAUST + process).encode()


def _faust_gains(recipe: Recipe) -> list[float]:
    """The third argument of each section: the gain in dB of a cascade, the signed linear gain of a band-pass."""
    gain_db = np.asarray(recipe.gain_db)
    if recipe.topology == "cascade":
        return gain_db.tolist()
    return (np.asarray(recipe.signs, np.float64) * 10 ** (gain_db / 20)).tolist()


def read_faust(content: bytes, sample_rate: float) -> Recipe:
    """Reads a file of `write_faust`."""
    process = content.decode().partition("process =")[2]
    preamp = re.search(rf"db2linear\(({NUMBER})\)", process)
    numbers = rf"\(({NUMBER}), ({NUMBER}), ({NUMBER})\)"
    kinds, *columns = zip(*re.findall(rf"(bandpass|peaking|lowshelf|highshelf){numbers}", process), strict=True)
    frequency_hz, q, last = (np.array(column, np.float64) for column in columns)
    level = np.float64(preamp[1] if preamp else 0)
    if kinds[0] != "bandpass":
        fields = {"topology": "cascade", "preamp_db": level, **kinds_of(kinds, q)}
        return parsed_recipe(frequency_hz, q, last, sample_rate, **fields)
    polarity = "alternating" if (last < 0).any() else "positive"
    gain_db = 20 * np.log10(np.abs(last))
    return parsed_recipe(frequency_hz, q, gain_db, sample_rate, topology="parallel", polarity=polarity, preamp_db=level)
