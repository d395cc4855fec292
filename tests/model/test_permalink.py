"""A latent point as a short text."""

import json
import subprocess

import numpy as np
import pytest

from aether_lab.model.permalink import number_text, permalink, read_permalink
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import STATIC
from aether_lab.panels.state import card_state

SPACE = FilterSpace.untrained(latent_dim=3, details=1, kinds=("room", "plate or spring", "it's (odd), 100 %: ü"))


def points(count=50):
    rng = np.random.default_rng(0)
    scale = 10.0 ** rng.integers(-12, 25, (count, SPACE.latent_dim))
    return np.concatenate([rng.normal(size=scale.shape) * scale, [[0.5, -1, 0, 1, 0, 0], [0, 0, 0.1, 0, 0, 0]]])


def test_every_point_comes_back_to_the_bit_also_from_an_address():
    for z in points():
        text = permalink(SPACE, z)
        assert " " not in text and text.startswith("#z=")
        np.testing.assert_array_equal(read_permalink(SPACE, f"https://here/explorer.html{text}\n"), z)


def test_details_and_kind_may_be_left_out_and_a_single_kind_is_a_name():
    assert permalink(SPACE, [0.5, -1]) == "#z=0.5,-1&kind=room&model=untrained"
    assert read_permalink(SPACE, "#z=0.5,-1").tolist() == [0.5, -1, 0, 1, 0, 0]
    assert read_permalink(SPACE, "z=0.5,-1&kind=").tolist() == [0.5, -1, 0, 0, 0, 0]


def test_javascript_writes_the_same_text_and_reads_the_same_bits(node):
    code = f"""import({json.dumps((STATIC / "dsp/permalink.js").as_uri())}).then(({{ permalink, readPermalink }}) => {{
        const [space, points] = JSON.parse(process.argv[1]);
        const texts = points.map((z) => permalink(space, z));
        console.log(JSON.stringify([texts, texts.map((text) => readPermalink(space, "page.html" + text))]));
    }})"""
    space = {name: card_state(SPACE)[name] for name in ("name", "knobs", "details", "kinds")}
    done = subprocess.run(
        [*node, "-e", code, json.dumps([space, points().tolist()])], capture_output=True, text=True, check=True
    )
    texts, read = json.loads(done.stdout)
    assert texts == [permalink(SPACE, z) for z in points()]
    np.testing.assert_array_equal(np.array(read, np.float64), points())


def test_numbers_are_those_of_javascript(node):
    rng = np.random.default_rng(1)
    values = [
        5e-324,
        1.7e308,
        1e20,
        1e21,
        1e-6,
        1e-7,
        -0.0,
        *(rng.normal(size=500) * 10.0 ** rng.integers(-30, 30, 500)),
    ]
    code = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(String)))"
    done = subprocess.run([*node, "-e", code, json.dumps(values)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [number_text(value) for value in values]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("explorer.html", "is no permalink"),
        ("#z=1", "needs 2 finite numbers"),
        ("#z=1,nan", "needs 2 finite numbers"),
        ("#z=1,x", "numbers with commas"),
        ("#z=1,2&details=1,2", "needs 1 finite numbers"),
        ("#z=1,2&kind=ear", "kind is 'ear'; allowed are room"),
        ("#z=1,2&model=4d", "of the model '4d'; this space is 'untrained'"),
        ("#z=" + "1" * 20_000, "allowed are 10000"),
    ],
)
def test_another_text_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        read_permalink(SPACE, text)


def test_only_one_finite_point_has_a_permalink():
    for z in ([[0, 0], [1, 1]], [0, np.nan]):
        with pytest.raises(ValueError, match="one point of finite numbers"):
            permalink(SPACE, z)
