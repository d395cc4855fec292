"""Configurations of PipeWire's filter chain (`libpipewire-module-filter-chain`): a sink with an equaliser.

Its builtin filters `bq_peaking`, `bq_lowshelf` and `bq_highshelf` are biquads of the cookbook; `linear` multiplies.
They read float32, and no one types these numbers, so that they have more digits than those of a list.
Source: PipeWire documentation, "Filter-Chain".
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from aether_lab.filters.recipe import Recipe, kinds_of
from aether_lab.formats.format import (
    LIST_KINDS,
    NUMBER,
    ExportContext,
    comment_lines,
    hertz,
    parsed_recipe,
    preamp_db,
    section_table,
)

_HEAD = """\
# Copy this file to ~/.config/pipewire/pipewire.conf.d/ and restart PipeWire: a sink "aether_lab" appears.
context.modules = [
  { name = libpipewire-module-filter-chain
    args = {
      node.description = "aether_lab"
      media.name = "aether_lab"
      filter.graph = {
        nodes = [
"""
_FOOT = """\
        ]
      }
      audio.channels = 2
      audio.position = [ FL FR ]
      capture.props = { node.name = "effect_input.aether_lab" media.class = Audio/Sink }
      playback.props = { node.name = "effect_output.aether_lab" node.passive = true }
    }
  }
]
"""


def write_pipewire(context: ExportContext) -> bytes:
    """A file for `pipewire.conf.d`: a preamp and one node per section, in series."""
    kinds = LIST_KINDS["pipewire"]
    gain = 10 ** (preamp_db(context.recipe) / 20)
    nodes = [f'name = preamp label = linear control = {{ "Mult" = {gain:.6f} "Add" = 0.0 }}']
    for i, (kind, f, q, gain_db) in enumerate(section_table(context.recipe), start=1):
        control = f'"Freq" = {hertz(context, f, 4)} "Q" = {q:.6f} "Gain" = {gain_db:.5f}'
        nodes.append(f"name = band_{i} label = {kinds[kind]} control = {{ {control} }}")
    names = ["preamp", *(f"band_{i}" for i in range(1, len(nodes)))]
    links = [f'          {{ output = "{a}:Out" input = "{b}:In" }}\n' for a, b in pairwise(names)]
    lines = [f"          {{ type = builtin {node} }}\n" for node in nodes]
    text = _HEAD + "".join(lines) + "        ]\n        links = [\n" + "".join(links) + _FOOT
    return (comment_lines(context, "#") + text).encode()


def read_pipewire(content: bytes, sample_rate: float) -> Recipe:
    """Reads a file of `write_pipewire`."""
    text = content.decode()
    preamp = re.search(rf'label = linear control = {{ "Mult" = ({NUMBER}) ', text)
    node = rf'label = bq_(\w+) control = {{ "Freq" = ({NUMBER}) "Q" = ({NUMBER}) "Gain" = ({NUMBER}) }}'
    kinds, frequency_hz, q, gain_db = zip(*re.findall(node, text), strict=True)
    assert preamp is not None
    level = np.float64(20 * np.log10(float(preamp[1])))
    fields = {"topology": "cascade", "preamp_db": level, **kinds_of(kinds, q)}
    return parsed_recipe(frequency_hz, q, gain_db, sample_rate, **fields)
