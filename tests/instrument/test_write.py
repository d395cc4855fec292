"""The files of instruments, and the command that writes them."""

import re
from dataclasses import replace

import pytest
from kinds_space import SMALL

from aether_lab.__main__ import main
from aether_lab.instrument.controls import controls
from aether_lab.instrument.write import write_host, write_instrument
from aether_lab.model.space import FilterSpace


def test_the_command_writes_a_header_its_example_and_a_faust_program(tmp_path, capsys):
    header, host, program = tmp_path / "aether.h", tmp_path / "c" / "play.c", tmp_path / "aether.dsp"
    host.parent.mkdir()
    assert main(["instrument", "--model", "nested", "--out", str(header), "--host", str(host)]) == 0
    assert main(["instrument", "--model", "nested", "--out", str(program)]) == 0
    told = capsys.readouterr().out
    assert "kB; controls Tilt, Treble, Brilliance, Bass, Detail 1," in told and "headphone" in told and "Mix\n" in told
    assert "AETHER_KIND_PLATE_OR_SPRING," in header.read_text() and '#include "../aether.h"' in host.read_text()
    text = program.read_text()
    assert 'declare license "CC BY 4.0";' in text
    assert 'hslider("[0]Tilt", 0, -2, 2, 0.001)' in text and 'hslider("v:Kind/[16]object", 0, 0, 1, 0.001)' in text
    for written in (header.read_text(), text):
        assert "CC BY 4.0" in written and "Kristoffer Ekstrand" in written and not re.search("@[A-Z]", written)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--out", "aether.vst3"], "aether.vst3: an instrument is a .h file (C99) or a .dsp file (Faust)"),
        (["--out", "a.dsp", "--host", "play.c"], "--host play.c: the example includes a C header; use a .h name"),
        (["--out", "a.h", "--host", "play.cpp"], "play.cpp: the example is a C program; use a .c name"),
        (["--out", "no/a.h"], "no"),
        (["--out", "a.h", "--model", "no"], "neither a model file nor a shipped model"),
    ],
)
def test_the_command_reports_errors(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["instrument", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_faust_program_has_a_section_for_each_sample_left_and_a_header_any_number(tmp_path):
    wide = FilterSpace.untrained(num_filters=33)
    with pytest.raises(ValueError, match=r"33 sections; a Faust program has at most 32: write a \.h"):
        write_instrument(wide, tmp_path / "wide.dsp")
    assert write_instrument(wide, tmp_path / "wide.h").stat().st_size > 100_000


@pytest.mark.parametrize("header", ['a".h', "a\n.h", "a.hpp", "a\\b.h"])
def test_a_header_that_c_cannot_include_is_refused(header, tmp_path):
    with pytest.raises(ValueError, match=r"a header to include has a \.h name"):
        write_host(tmp_path / "play.c", header)


def test_text_of_a_card_is_put_in_as_it_is(tmp_path):
    space = replace(SMALL, card={"name": "x", "about": "write to me@WEIGHTS@BANK@example"})
    for name in ("a.h", "a.dsp"):
        assert "write to me@WEIGHTS@BANK@example" in write_instrument(space, tmp_path / name).read_text()


def test_controls_have_the_names_of_the_card_or_numbers():
    assert [each.symbol for each in controls(SMALL)] == ["KNOB_Z0", "KNOB_Z1", "DETAIL_1", "KIND_ROOM", "KIND_EAR"]
    assert [each.name for each in controls(FilterSpace.load("4d"))] == ["Treble", "Bass", "Presence", "Mids"]
