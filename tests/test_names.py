"""Names of files that other people chose, in everything that the package prints and writes."""

import csv
import dataclasses
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from matching import settle, upload

from aether_lab import plots
from aether_lab.__main__ import main
from aether_lab.analysis.card import markdown, table
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.export import FORMATS, export, read_back
from aether_lab.model.presets import Presets, model_name
from aether_lab.model.space import FilterSpace
from aether_lab.panels.map_panel import map_state
from aether_lab.panels.match_panel import MatchPanel
from aether_lab.panels.page import page_text, write_page
from aether_lab.panels.state import model_state
from aether_lab.signals.spectrum import FREQUENCIES
from aether_lab.signals.target import as_target

NASTY = {
    "not UTF-8": os.fsdecode(b"caf\xe9\x80.wav"),
    "a line of a filter": "a\nFilter 1: ON PK Fc 1000 Hz Gain 24 dB Q 1\n#.wav",
    "a preamp": "a\rPreamp: -99 dB",
    "line separators": "a\x85Filter 1: ON\u2028Preamp: 3 dB\u2029.wav",
    "terminal escapes": "\x1b]0;title\x07\x1b[2J\x9b31m.wav",
    "direction marks": "photo\u202egpj.\u2066wav",
    "a formula": "=cmd|' C calc'!A0.wav",
    "formulas in cells": 'a,=1+1;+2"@SUM(1)\t-3.wav',
    "the end of a C comment": "*∕*/ #error x /*\\",
    "a trigraph": "a??∕??/",
    "YAML": "a: [b, &c *d !e] - {f} #g ---",
    "Faust": 'a"; process = 0; declare b "c',
    "HTML": "<∕script><img src=x onerror=alert(1)>",
    "the end of a script": "</script><script>alert(1)</script>",
    "a comment of HTML": "<!--<script>",
    "Markdown": "a|b `c` [d](e) ![f](g) <h>",
    "TeX": r"$$\require{html}$$",
    "a format": "%s {0} {name!r} %n",
}
RECIPE = Recipe.of([100.0, 1000.0, 5000.0], [1.0, 2.0, 0.7], [3.0, -4.0, 5.0])
TEXTS = [name for name, each in FORMATS.items() if each.suffix not in (".npy", ".wav")]
nasty = pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)


def is_harmless(text):
    """Whether a text is UTF-8 and has only visible lines."""
    text.encode("utf-8")
    return all(line.isprintable() or "\u200d" in line for line in re.split("\r\n|\n", text))


@nasty
@pytest.mark.parametrize("format", TEXTS)
def test_an_exported_file_has_as_many_lines_as_without_a_name_and_reads_back(name, format):
    plain, named = export(RECIPE, format), export(RECIPE, format, name=name)
    level = read_back(named.content, format, FREQUENCIES[1:-1])
    np.testing.assert_allclose(level, read_back(plain.content, format, FREQUENCIES[1:-1]), atol=1e-9)
    text = named.content.decode()
    assert is_harmless(text.replace("\t", " "))
    assert len(text.split("\n")) == len(plain.content.decode().split("\n"))
    assert len(text.splitlines()) == len(plain.content.decode().splitlines())


@nasty
def test_no_cell_of_a_csv_file_is_a_formula_because_of_a_name(name):
    text = export(RECIPE, "csv", name=name).content.decode()
    (comment,) = [line for line in text.splitlines() if line.startswith("# aether_lab:")]
    for separator in ",;\t|":
        for row in csv.reader([comment], delimiter=separator):
            assert not any(cell.strip().startswith(tuple("=+-@")) for cell in row[1:])


@nasty
def test_a_name_ends_no_comment_of_c(name):
    text = export(RECIPE, "c", name=name).content.decode()
    head = text.partition("#ifndef")[0]
    assert head.count("*/") == 1 and head.rstrip().endswith("*/") and "??" not in head and "\\\n" not in head


@nasty
def test_a_model_with_any_name_is_saved_shown_and_written_as_a_page(name, tmp_path):
    space = FilterSpace.load("2d")
    card = {**space.card, "name": name, "captions": [name, "tilt"]}
    space = FilterSpace.load(dataclasses.replace(space, card=card).save(tmp_path / "m.safetensors"))
    assert space.card["name"] == name
    for state in (model_state(space), map_state(space)):
        assert state["name"].isprintable() and is_harmless(json.dumps(state, ensure_ascii=False))
    text = page_text(space)
    assert text.count("<script") == 2 and text.count("</script>") == 2 and "<img" not in text
    title = re.search("<title>(.*)</title>", text)
    assert title and "<" not in title[1] and is_harmless(title[1])
    write_page(space, tmp_path / "page.html")
    presets = Presets({"a": [0, 1]}, space)
    assert Presets.load(presets.save(tmp_path / "mine.json")).fit(space).model == model_name(space)


@nasty
def test_a_table_of_markdown_keeps_its_cells(name):
    lines = table(["source", "n"], [[name, "3"]]).split("\n")
    assert len(lines) == 3 and len(re.findall(r"(?<!\\)\|", lines[2])) == 3
    assert "<" not in markdown(name) and not re.search(r"(?<!\\)[`\[]", markdown(name))


@nasty
def test_a_figure_with_any_names_is_written(name, tmp_path):
    figure = plots.curves({name: np.zeros(513)}, title=name)
    assert is_harmless(figure.title.text) and figure.legend.items[0].label.value.isprintable()
    text = plots.save(figure, tmp_path / "figure.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text and "\x1b" not in text
    points = plots.latent_points({name: {name: (0.0, 1.0)}}, title=name)
    assert plots.save(points, tmp_path / "points.html").stat().st_size


@nasty
def test_a_panel_sends_the_browser_only_visible_text(name):
    panel = MatchPanel("2d")
    try:
        content = {"type": "file", "slot": "target", "name": name, "size": 3}
        upload(panel, name, b"abc")
        assert panel.busy.isprintable()
        settle(panel)
        assert panel.error.isprintable() and panel.error.encode("utf-8")
        panel._receive(None, {**content, "size": 10**12}, [])
        assert re.search("MB; a panel takes|a file without a name", panel.error) and panel.error.isprintable()
    finally:
        panel.close()


def files(folder: Path):
    """A sound file of each nasty name that is one; their names."""
    names = {key: name for key, name in NASTY.items() if "/" not in name}
    for name in names.values():
        with (folder / name).open("wb") as file:
            soundfile.write(file, np.random.default_rng(0).normal(size=600) * 0.1, 48_000, format="WAV")
    return names


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="NOT TESTED: other systems refuse most of these names")
def test_every_command_prints_visible_lines(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("irs").mkdir()
    names = files(Path("irs"))
    (Path("irs") / "bad\x1b[2J\udcff\n.wav").write_text("no sound")
    target = str(next(iter(sorted(Path("irs").glob("*\x1b]0*")))))
    assert as_target(target).label.isprintable()
    commands = [
        ["corpus", "irs", "--out", "store\udcff\x1b[2J"],
        ["recipe", target, "--out", "eq\udcff\n.txt", "--format", "equalizerapo", "--sections", "3"],
        ["sweep", "--model", "2d", "--curves", "3", "--out", "sweep\udcff\n.html"],
        ["page", "--model", "2d", "--out", "page\udcff\n.html"],
        ["page", "--model", "none\x1b[2J\n\udcff"],
        ["render", "none\x1b[2J\n\udcff.wav", "--out", "wet.wav"],
        ["evaluate", "none\x1b[2J\n\udcff", "--model", "2d"],
    ]
    for command in commands:
        status = main(command)
        out, err = capfd.readouterr()
        assert status == (2 if "none" in command[1] + command[-1] else 0), err
        assert is_harmless(out) and is_harmless(err.replace("\r", "\n"))
    assert len(names) > 10


@pytest.mark.skipif(sys.platform != "linux", reason="NOT TESTED: other systems have another locale")
def test_a_terminal_of_another_encoding_is_no_error():
    script = "from aether_lab.signals.names import print_line; print_line('左.wav \\udcff')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environment, check=True)
    assert done.stdout == b"\\u5de6.wav \\xff\n"


def test_a_wav_comment_of_an_exported_filter_has_one_line():
    content = export(RECIPE, "fir", name=NASTY["a line of a filter"]).content
    assert b"\n" not in content[content.index(b"ICMT") :]
    assert soundfile.read(io.BytesIO(content))[1] == 48_000
