import json
import re
import shutil

import numpy as np
import pytest

from aether_lab import FilterSpace, export
from aether_lab.__main__ import main
from aether_lab.analysis.beta import BetaRow
from aether_lab.course.capstone import encoder_error, read_capstone, write_capstone
from aether_lab.course.grading import grade
from aether_lab.course.samples import course_responses

RATE = 24_000
WORDS = "one two three four five " * 4


@pytest.fixture(scope="session")
def handed_in(tmp_path_factory):
    """A hand-in with nothing wrong but that its network is not trained."""
    corpus = course_responses(24, seed=1)
    sources = sorted(set(corpus.sources))
    split = {"train": sources[1:], "test": sources[:1]}
    space = FilterSpace.untrained(latent_dim=2, num_filters=4)
    space = FilterSpace(space.settings, space.variables, {"sources": {name: {"spectra": 2} for name in split["train"]}})
    mu = encoder_error(space, corpus.where(split["test"]))
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, RATE)
    return write_capstone(
        tmp_path_factory.mktemp("capstone"),
        corpus=corpus,
        split=split,
        table={size: [BetaRow(beta, 2.0, 1.0, 0.1, 3.0) for beta in (0.02, 0.2)] for size in (2, 4)},
        chosen={"beta": 0.2, "latent_dim": 2},
        space=space,
        errors_db={"mean_curve": 7.0, "pca2": 4.0, "mu": mu, "refined": mu, "direct": 1.0},
        exported=export(space.decode([0.5, 0.0]), "json"),
        format="json",
        z=[0.5, 0.0],
        sounds={"morph": noise, "crossfade": noise[::-1]},
        sample_rate=RATE,
        written=dict.fromkeys(("question", "choice", "listening", "limits"), WORDS),
    )


@pytest.fixture
def changed(handed_in, tmp_path):
    """Copies the hand-in with a part of its JSON replaced; returns the path."""

    def change(edit):
        folder = shutil.copytree(handed_in.parent, tmp_path / "copy")
        stated = json.loads(handed_in.read_text())
        edit(stated)
        (folder / "capstone.json").write_text(json.dumps(stated))
        return folder / "capstone.json"

    return change


def lost(path):
    """Criteria without their points, with the comments."""
    return {each.what: each.comment for each in grade(read_capstone(path)) if each.earned < each.points}


def test_a_right_hand_in_gets_all_hundred_points(handed_in):
    criteria = grade(read_capstone(handed_in))
    assert lost(handed_in) == {}
    assert sum(each.points for each in criteria) == sum(each.earned for each in criteria) == 100
    points = {
        part: sum(each.points for each in criteria if each.part == part)
        for part in dict.fromkeys(c.part for c in criteria)
    }
    assert points == {"method": 40, "evidence": 30, "listening": 20, "writing": 10}


def test_a_source_in_both_parts_is_found(changed):
    path = changed(lambda stated: stated["split"]["train"].append(stated["split"]["test"][0]))
    found = lost(path)
    assert "in both parts: synthetic/cabinets/a" in found["split by source"]
    assert "is a copy of" in found["no copies across the split"]


def test_a_copy_under_another_source_is_found(changed, handed_in):
    def edit(stated):
        names, sources = stated["responses"]["names"], stated["responses"]["sources"]
        held = sources.index(stated["split"]["test"][0])
        spectra[-1] = spectra[held]
        edit.pair = names[held], names[-1]

    spectra = np.load(handed_in.parent / "spectra.npy")
    path = changed(edit)
    np.save(path.parent / "spectra.npy", spectra)
    held, copy = edit.pair
    assert lost(path)["no copies across the split"] == f"{held} (test) is a copy of {copy} (train)"


def test_a_model_that_learned_from_a_test_source_is_found(changed):
    def edit(stated):
        source = stated["split"]["train"].pop()
        stated["split"]["test"].append(source)

    assert "synthetic/rooms/b" in lost(changed(edit))["the model learned from no test source"]


@pytest.mark.parametrize(
    "edit, what",
    [
        (lambda stated: stated["errors_db"].update(mu=1.0), "its error, evaluated again"),
        (lambda stated: stated.update(coverage=0.123), "its coverage, evaluated again"),
        (lambda stated: stated["filter"].update(z=[-2.0, 2.0]), "the exported filter, read back"),
        (lambda stated: stated["chosen"].update(latent_dim=4), "the model file is the one chosen"),
        (lambda stated: stated["chosen"].update(beta=7), "settings chosen from a table"),
        (lambda stated: stated["errors_db"].pop("pca2"), "error by stage, with baselines"),
        (lambda stated: stated["texts"].update(limits="none"), 'the text "limits"'),
        (lambda stated: stated["split"]["train"].pop(), "split by source"),
    ],
)
def test_what_is_stated_and_not_true_costs_its_points(changed, edit, what):
    assert what in lost(changed(edit))


def test_damaged_files_cost_their_points_and_the_rest_is_judged(changed):
    path = changed(lambda stated: None)
    for name in ("model.safetensors", "filter.json", "morph.wav"):
        (path.parent / name).write_bytes(b"damaged")
    found = lost(path)
    for what in ("the exported filter, read back", "a morph and a crossfade to compare", "its error, evaluated again"):
        assert found[what].startswith("cannot be evaluated")
    assert "split by source" not in found


@pytest.mark.parametrize(
    "edit, words",
    [
        (lambda stated: stated.update(format="else"), '"format" must be'),
        (lambda stated: stated.update(version=2), '"version" is 2; this program reads 1'),
        (lambda stated: stated.pop("split"), '"split" is missing; it must be an object'),
        (lambda stated: stated["split"].update(test=[]), "no list of sources under 'test'"),
        (lambda stated: stated["table"][1].pop("beta"), 'row 2 of "table"'),
        (lambda stated: stated.update(coverage=2), '"coverage" is 2'),
        (lambda stated: stated["filter"].update(format="odt"), "'odt'; allowed are json"),
        (lambda stated: stated["responses"]["names"].pop(), "23 names"),
        (lambda stated: stated.update(model="../model.safetensors"), "a name in the same folder"),
        (lambda stated: stated["texts"].pop("limits"), "no text under 'limits'"),
        (lambda stated: stated["errors_db"].update(mu="low"), "'low' under 'mu'"),
    ],
)
def test_what_is_no_hand_in_is_refused_with_the_entry(changed, edit, words):
    path = changed(edit)
    with pytest.raises(ValueError, match=re.escape(words)) as refused:
        read_capstone(path)
    assert str(refused.value).startswith(str(path))


def test_a_missing_file_is_named(changed):
    path = changed(lambda stated: stated.update(model="gone.safetensors"))
    with pytest.raises(FileNotFoundError, match=r"gone\.safetensors: there is no such file"):
        read_capstone(path)


def test_the_command_prints_the_rubric_and_writes_it(handed_in, tmp_path, capsys):
    assert main(["grade", str(handed_in), "--json", str(tmp_path / "rubric.json")]) == 0
    out = capsys.readouterr().out
    assert "METHOD 40 of 40" in out and out.endswith("TOTAL 100 of 100\n")
    rows = json.loads((tmp_path / "rubric.json").read_text())
    assert sum(row["earned"] for row in rows) == 100


def test_the_command_reports_what_is_no_hand_in_in_one_line(tmp_path, capsys):
    (tmp_path / "capstone.json").write_text("{}")
    assert main(["grade", str(tmp_path / "capstone.json")]) == 2
    assert "no hand-in of the capstone" in capsys.readouterr().err
