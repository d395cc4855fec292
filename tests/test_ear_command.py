"""The command `ear`."""

import io
import json
import sys

import numpy as np
import pytest
import soundfile

from aether_lab.__main__ import main
from aether_lab.audio.noise import pink_noise


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Runs the command with lines of answers; returns its exit status."""
    sound = tmp_path / "dry.wav"
    soundfile.write(sound, pink_noise(24_000), 48_000)

    def run(answers, *options, out="found.json"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        return main(["ear", str(sound), "--out", str(tmp_path / out), "--model", "2d", *options])

    return run


def test_answers_give_a_filter_that_is_kept_and_the_command_continues(ask, tmp_path, capsys):
    assert ask("a\nbb\nq\n") == 0
    folder = tmp_path / "found-by-ear"
    assert "Question 3: listen to" in capsys.readouterr().out
    sounds = {name: soundfile.read(folder / f"{name}.wav")[0] for name in ("a", "b", "best")}
    levels = {name: 20 * np.log10(np.sqrt((each**2).mean())) for name, each in sounds.items()}
    assert abs(levels["a"] - levels["b"]) < 1.5  # dB: equally loud for pink noise
    assert len(json.loads((tmp_path / "found.json").read_text())["sections"]) == 32
    assert ask("s\nu\nb\n", "--count", "3") == 0
    assert "continued. 2 answers" in capsys.readouterr().out
    kept = json.loads((folder / "answers.json").read_text())["answers"]
    assert [each["answer"] for each in kept] == ["a", "clearly b", "same"]


def test_the_same_answers_and_seed_give_the_same_filter(ask, tmp_path):
    for out in ("one.json", "two.json"):
        assert ask("a\nb\na\n", "--count", "3", "--seed", "5", out=out) == 0
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_no_answer_writes_no_filter(ask, tmp_path, capsys):
    assert ask("") == 0
    assert "no answer, so" in capsys.readouterr().out and not (tmp_path / "found.json").exists()


@pytest.mark.parametrize(
    "answers, options, reason",
    [
        ("x\n", (), "question 1: 'x' is no answer; allowed are a, b, aa, bb, s, u, q"),
        ("u\n", (), "question 1: there is no answer to undo"),
        ("", ("--seed", "-1"), "seed is -1; allowed is 0 to"),
        ("", ("--noise", "50"), "noise_db is 50.0; allowed is 0.1 to 10 dB"),
        ("", ("--count", "0"), "--count 0: at least 1 answer is needed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(ask, capsys, answers, options, reason):
    assert ask(answers, *options) == 2
    assert reason in capsys.readouterr().err


def test_an_unknown_suffix_is_refused_before_any_question(ask, tmp_path, capsys):
    assert ask("a\n", out="found.mp3") == 2
    assert "--out" in capsys.readouterr().err and not (tmp_path / "found-by-ear").exists()
