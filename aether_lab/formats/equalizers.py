"""Lists of equaliser bands: EqualizerAPO, REW, CamillaDSP."""

from __future__ import annotations

import re

import numpy as np

from aether_lab.filters import biquad
from aether_lab.filters.recipe import Recipe, kinds_of
from aether_lab.formats.adjust import with_slope
from aether_lab.formats.format import (
    LIST_KINDS,
    NUMBER,
    Coefficients,
    ExportContext,
    comment_lines,
    hertz,
    parsed_recipe,
    preamp_db,
    section_table,
)

KIND_NAMES = {"PK": "peaking", "LSC": "lowshelf", "HSC": "highshelf", "LS": "lowshelf", "HS": "highshelf"}
REW_SLOPE = 0.9  # of the shelves LS and HS


def write_equalizerapo(context: ExportContext) -> bytes:
    """A configuration of EqualizerAPO: a preamp and one `Filter` line per section."""
    kinds = LIST_KINDS["equalizerapo"]
    lines = [f"Preamp: {preamp_db(context.recipe):.3f} dB\n"]
    for i, (kind, f, q, gain) in enumerate(section_table(context.recipe), start=1):
        lines.append(f"Filter {i}: ON {kinds[kind]} Fc {hertz(context, f)} Hz Gain {gain:.3f} dB Q {q:.4f}\n")
    return (comment_lines(context, "#") + "".join(lines)).encode()


def write_rew(context: ExportContext) -> bytes:
    """A filter settings file of REW. REW filters have no preamp, so a note states it.

    Shelves are `LS` and `HS` without Q: of a slope of 0.9, with the frequency in the middle. EqualizerAPO, which reads
    these files too, has this slope from measurements of REW (BiQuadFilterFactory.cpp). A shelf with Q is another filter
    there: its frequency is the corner, not the middle, and at 20 dB the response is 6 dB off.
    """
    kinds = LIST_KINDS["rew"]
    preamp = f"Preamp: {preamp_db(context.recipe):.3f} dB; set it manually, because REW filters have none.\n"
    lines = ["Filter Settings file\n\nRoom EQ V5.20\n\nNotes:\n", *(f"{line}\n" for line in context.about), preamp]
    lines.append("\nEqualiser: Generic\n")
    for i, (kind, f, q, gain) in enumerate(section_table(context.recipe), start=1):
        shape = f"  Q {q:7.3f}" if kind == "peaking" else ""
        fc = f"{hertz(context, f):>8}"
        lines.append(f"Filter {i:2}: ON  {kinds[kind]:8} Fc {fc} Hz  Gain {gain:7.2f} dB{shape}\n")
    return "".join(lines).encode()


def read_equalizerapo(content: bytes, sample_rate: float) -> Recipe:
    """Reads a file of `write_equalizerapo`."""
    line = rf"^Filter +\d+: +ON +(PK|LSC|HSC) +Fc +({NUMBER}) Hz +Gain +({NUMBER}) dB +Q +({NUMBER})$"
    return _read_list(line, content, sample_rate)


def read_rew(content: bytes, sample_rate: float) -> Coefficients:
    """Reads a file of `write_rew`, with shelves of a slope of 0.9."""
    line = rf"^Filter +\d+: +ON +(PK|LS|HS) +Fc +({NUMBER}) Hz +Gain +({NUMBER}) dB(?: +Q +({NUMBER}))?$"
    return with_slope(_read_list(line, content, sample_rate), REW_SLOPE)


def _read_list(line: str, content: bytes, sample_rate: float) -> Recipe:
    text = content.decode()
    preamp = re.search(rf"^Preamp: +({NUMBER}) dB", text, re.M)
    kinds, frequency_hz, gain_db, q = zip(*re.findall(line, text, re.M), strict=True)
    level = np.float64(preamp[1] if preamp else 0)
    shapes = [float(each or biquad.SHELF_Q) for each in q]
    fields = kinds_of([KIND_NAMES[kind] for kind in kinds], shapes)
    return parsed_recipe(frequency_hz, shapes, gain_db, sample_rate, topology="cascade", preamp_db=level, **fields)


def write_camilladsp(context: ExportContext) -> bytes:
    """A configuration of CamillaDSP 3: filters, and a pipeline of two channels."""
    kinds = LIST_KINDS["camilladsp"]
    names = ["aether_preamp"]
    lines = ["filters:\n", "  aether_preamp:\n    type: Gain\n    parameters:\n"]
    lines.append(f"      gain: {preamp_db(context.recipe):.3f}\n      scale: dB\n")
    for i, (kind, f, q, gain) in enumerate(section_table(context.recipe), start=1):
        names.append(f"aether_{i:02}")
        lines.append(
            f"  {names[-1]}:\n    type: Biquad\n    parameters:\n      type: {kinds[kind]}\n"
            f"      freq: {hertz(context, f)}\n      q: {q:.4f}\n      gain: {gain:.3f}\n"
        )
    lines.append("pipeline:\n  - type: Filter\n    channels: [0, 1]\n    names:\n")
    lines += [f"      - {name}\n" for name in names]
    note = "# CamillaDSP 3. Add your devices, or merge the filters and the pipeline into your own file.\n"
    return (comment_lines(context, "#") + note + "".join(lines)).encode()


def read_camilladsp(content: bytes, sample_rate: float) -> Recipe:
    """Reads a file of `write_camilladsp`."""
    text = content.decode()
    preamp = re.search(rf"type: Gain\n +parameters:\n +gain: ({NUMBER})", text)
    block = rf"parameters:\n +type: (\w+)\n +freq: ({NUMBER})\n +q: ({NUMBER})\n +gain: ({NUMBER})\n"
    kinds, frequency_hz, q, gain_db = zip(*re.findall(block, text), strict=True)
    level = np.float64(preamp[1] if preamp else 0)
    fields = kinds_of([kind.lower() for kind in kinds], q)
    return parsed_recipe(frequency_hz, q, gain_db, sample_rate, topology="cascade", preamp_db=level, **fields)
