"""The shipped files: cards match the models, and the seed table matches the cards."""

import dataclasses
import shutil
from importlib.resources import files

import jax
import numpy as np
import pytest

from aether_lab.analysis.alignment import SMOOTH, UNIFORM
from aether_lab.analysis.card import card_text
from aether_lab.model.space import FilterSpace
from aether_lab.models import build, seeds
from aether_lab.signals.synthetic import synthetic_responses

NAMES = tuple(build.MODELS)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_beside_a_model_is_the_one_in_it(name):
    card = FilterSpace.load(name).card
    assert (files("aether_lab.models") / f"{name}.md").read_text() == card_text(card)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_has_the_settings_of_build(name):
    shipped = build.MODELS[name]
    space = FilterSpace.load(name)
    assert space.settings == shipped.model
    assert space.card["training"] == dataclasses.asdict(shipped.training)


@pytest.mark.parametrize("name", ["4d", "2d", "nested"])
def test_the_shipped_seed_has_the_smallest_training_distance_with_uniform_and_smooth_traversals(name):
    """Chosen by the training distance, without the test sources."""
    text = (files("aether_lab.models") / "seeds.md").read_text()
    rows = text.split(f"## {name}\n")[1].split("| seed |")[1].splitlines()  # the first table
    of_seed = {cells[0]: list(map(float, cells[1:])) for cells in map(cells_of, rows) if cells and cells[0].isdigit()}
    assert len(of_seed) == 5
    at = seeds.HEAD[1:].index
    fit = [
        figures[0]
        for figures in of_seed.values()
        if figures[at("variation")] <= UNIFORM and figures[at("ratio")] <= SMOOTH
    ]
    card = FilterSpace.load(name).card
    shipped = of_seed[str(card["training"]["seed"])]
    assert shipped[0] == min(fit)
    tested = [at(each) for each in ("mu", "refined", "direct", "gap")]  # the card may be for further sources
    own = np.delete(seeds.row(card), tested)
    np.testing.assert_allclose(np.delete(shipped, tested), own, atol=0.0051)  # two digits


def cells_of(line):
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []


def test_seeds_are_averaged(tmp_path, capsys, monkeypatch):
    space = FilterSpace.load("2d")
    far = {**space.card["metrics"], "overall": {stage: {"mean": 9.0} for stage in ("mu", "refined", "direct")}}
    for seed, metrics in ((7, space.card["metrics"]), (8, far)):
        card = {**space.card, "training": {**space.card["training"], "seed": seed}, "metrics": metrics}
        (tmp_path / str(seed)).mkdir()
        dataclasses.replace(space, card=card).save(tmp_path / str(seed) / "2d.safetensors")
    monkeypatch.setattr("sys.argv", ["seeds", str(tmp_path / "7"), str(tmp_path / "8")])
    seeds.main()
    rows = {cells[0]: cells[1:] for cells in map(cells_of, capsys.readouterr().out.splitlines()) if cells}
    mu = space.card["metrics"]["overall"]["mu"]["mean"]
    assert float(rows["7"][1]) == pytest.approx(mu, abs=0.006) and float(rows["8"][1]) == 9
    assert float(rows["mean"][1]) == pytest.approx((mu + 9) / 2, abs=0.006)
    assert float(rows["deviation"][1]) == pytest.approx((9 - mu) / 2**0.5, abs=0.006)


def test_a_space_with_details_has_its_errors_for_each_size(tmp_path, capsys, monkeypatch):
    space = FilterSpace.load("nested")
    shutil.copy(files("aether_lab.models") / "nested.safetensors", tmp_path)
    monkeypatch.setattr("sys.argv", ["seeds", str(tmp_path)])
    seeds.main()
    lines = [cells_of(line) for line in capsys.readouterr().out.splitlines()]
    head = next(cells for cells in lines if "refined 8" in cells)
    row = dict(zip(head, lines[lines.index(head) + 2], strict=True))
    means = {stage: each["mean"] for stage, each in space.card["metrics"]["over_sources"].items()}
    assert row["seed"] == str(space.card["training"]["seed"])
    assert float(row["refined 4"]) == pytest.approx(means["refined"], abs=0.006)
    assert float(row["mu 6"]) == pytest.approx(means["mu6"], abs=0.006)
    assert float(row["gain 8"]) == pytest.approx(means["pca8"] - means["refined8"], abs=0.006)


@pytest.mark.slow
def test_a_model_is_evaluated_again_and_keeps_its_weights(tmp_path):
    corpus = synthetic_responses(12, seed=3).corpus()
    space = FilterSpace.load("2d")
    card = {**space.card, "sources": {source: {"spectra": 2, "credit": ""} for source in set(corpus.sources)}}
    card["synthetic_responses"] = 0
    dataclasses.replace(space, card=card).save(tmp_path / "2d.safetensors", half=True)
    build.evaluate_again("2d", corpus, corpus.at([0, 5]), tmp_path)
    again = FilterSpace.load(tmp_path / "2d.safetensors")
    assert again.card["metrics"]["pca_fitted_to"].startswith("12 spectra of")
    assert again.card["metrics"] != card["metrics"] and again.card["axes"] == card["axes"]
    assert jax.tree.all(jax.tree.map(np.array_equal, again.variables, space.variables))
    assert "pca2" in (tmp_path / "2d.md").read_text()
    with pytest.raises(ValueError, match="which these folders lack"):
        build.evaluate_again("2d", corpus.where([corpus.sources[0]]), corpus, tmp_path)
