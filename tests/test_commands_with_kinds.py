"""The commands that take a latent point, with a model that has kinds and details."""

import json

import numpy as np
import pytest
import soundfile
from kinds_space import SMALL
from matching import text

from aether_lab.__main__ import main
from aether_lab.audio.motion import Motion
from aether_lab.audio.render import render
from aether_lab.model.points import kind_text, located, whole_point


@pytest.fixture
def folder(tmp_path, monkeypatch):
    SMALL.save(tmp_path / "kinds.safetensors")
    soundfile.write(tmp_path / "dry.wav", 0.1 * np.random.default_rng(0).normal(size=2048), 48_000, subtype="PCM_24")
    (tmp_path / "bells.csv").write_bytes(text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("numbers", "z"), [("0.5,-1", [0.5, -1, 0]), ("0.5,-1,2", [0.5, -1, 2])])
@pytest.mark.parametrize(("kind", "weights"), [([], [1, 0]), (["--kind", "ear"], [0, 1])])
def test_render_takes_knobs_with_or_without_details_and_a_kind(numbers, z, kind, weights, folder):
    words = ["render", "dry.wav", "--out", "wet.wav", "--model", "kinds.safetensors", "--motion", "manual"]
    assert main([*words, f"--centre={numbers}", *kind]) == 0
    dry, wet = (soundfile.read(name)[0] for name in ("dry.wav", "wet.wav"))
    np.testing.assert_allclose(wet, render(dry, SMALL, Motion(centre=(*z, *weights)), 48_000), atol=1e-6)


def test_a_figure_of_each_knob_is_drawn_for_a_kind(folder):
    words = ["sweep", "--model", "kinds.safetensors", "--curves", "3"]
    assert main([*words, "--kind", "ear", "--out", "ear.html"]) == 0
    page = (folder / "ear.html").read_text()
    assert '"z1"' in page and '"z2"' not in page


@pytest.mark.slow
def test_a_recipe_begins_at_the_point_of_a_kind(folder, capsys):
    words = ["recipe", "bells.csv", "--model", "kinds.safetensors", "--through-model", "--out", "a.json"]
    assert main([*words, "--kind", "ear"]) == 0
    z = located(SMALL, folder / "bells.csv", "ear")
    assert f"z = {z[0]:.3f}, {z[1]:.3f}, {z[2]:.3f}, ear, in kinds.safetensors" in capsys.readouterr().out
    assert len(json.loads((folder / "a.json").read_text())["sections"]) == 4


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["render", "dry.wav", "--out", "a.wav", "--kind", "church"], "kind is 'church'; allowed are room, ear"),
        (
            ["render", "dry.wav", "--out", "a.wav", "--centre=0"],
            "--centre 0: z has 1 dimensions; this space has 5 or 3 or 2",
        ),
        (["sweep", "--out", "a.html", "--kind", "church"], "kind is 'church'; allowed are room, ear"),
        (["recipe", "bells.csv", "--kind", "church"], "kind is 'church'; allowed are room, ear"),
    ],
)
def test_what_is_no_point_or_kind_is_refused(words, reason, folder, capsys):
    assert main([*words, "--model", "kinds.safetensors"]) == 2
    assert reason in capsys.readouterr().err


def test_a_kind_needs_a_model_that_knows_it(folder, capsys):
    assert main(["sweep", "--out", "a.html", "--kind", "room"]) == 2
    assert "this space has no kinds" in capsys.readouterr().err
    assert main(["recipe", "bells.csv", "--kind", "room"]) == 2
    assert "--kind: say with --model in which model" in capsys.readouterr().err


def test_a_whole_point_has_all_numbers():
    np.testing.assert_array_equal(whole_point(SMALL, np.ones((2, 2)), [1, 3])[1], [1, 1, 0, 0.25, 0.75])
    np.testing.assert_array_equal(whole_point(SMALL, [1, 2, 3, 0, 2]), [1, 2, 3, 0, 2])
    assert kind_text(SMALL, [1, 2, 3, 0, 2]) == "ear"
