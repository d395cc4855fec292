import re

import pytest

from aether_lab.signals.names import comment, printable

NASTY = {
    "not UTF-8": "caf\udce9.wav",
    "a lone surrogate": "a\ud800b",
    "a line break": "a\nFilter 1: ON PK Fc 1000 Hz Gain 24 dB Q 1",
    "a carriage return": "good.wav\rerror: all is well",
    "line separators": "a\x85b\u2028c\u2029d",
    "a terminal escape": "\x1b]0;title\x07\x1b[2J.wav",
    "an 8-bit escape": "\x9b2J",
    "a direction mark": "photo\u202egpj.wav",
    "invisible characters": "a\u200bb\ufeffc\u2066d",
    "a NUL": "a\0b",
}


@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_every_character_is_visible_on_one_line_of_utf_8(name):
    for text in (printable(name), comment(name)):
        assert text.isprintable() and len(text.splitlines()) == 1
        assert text.encode("utf-8").decode("utf-8") == text
    assert printable(name) != name and printable(printable(name)) == printable(name)


def test_bytes_that_are_not_utf_8_are_shown_as_bytes():
    assert printable("caf\udce9.wav") == r"caf\xe9.wav"
    assert printable("\x1b[2J") == r"\x1b[2J"
    assert printable("\U000e0041") == r"\U000e0041"


@pytest.mark.parametrize("name", ["Küche 3,5 m – 左.wav", "أهلا.wav", "👩‍🔬.wav", "a\u00a0b", "می‌خواهم.wav"])
def test_other_scripts_are_unchanged(name):
    assert printable(name) == name


def test_a_long_name_is_shortened_in_the_middle():
    assert printable("a" * 600 + "b" * 600, 20) == "aaaaaaaaaa … bbbbbbbbbb"


@pytest.mark.parametrize("lead", "=+-@")
@pytest.mark.parametrize("separator", ["", ",", ";", "\t", '"', ',"', ", ", " ", '";"'])
def test_no_cell_of_a_comment_begins_a_formula(lead, separator):
    text = comment(f"a{separator}{lead}cmd|' /C calc'!A0" if separator else f"{lead}cmd|' /C calc'!A0")
    cells = re.split(r"[,;|\s]\s*", text)
    assert not any(cell.lstrip("\"' ").startswith(lead) and not cell.startswith("'") for cell in cells)


def test_a_comment_ends_no_c_comment_and_no_string():
    text = comment('a*/ #include "x" /* ??/\\')
    assert not any(mark in text for mark in ("*/", "/*", "??", '"', "\\"))
    assert comment("left - right +3 dB") == "left - right '+3 dB"
