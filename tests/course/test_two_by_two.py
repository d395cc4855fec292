import dataclasses

import numpy as np
import pytest

from aether_lab import FilterSpace
from aether_lab.course.two_by_two import LABELS, Rating, TwoByTwo, describe, read_ratings, save_ratings

CONDITIONS = [(0.05, 0.0), (0.05, 0.5), (2.0, 0.0), (2.0, 0.5)]


def rated(*movement):
    return [Rating(*condition, value, 5.0) for condition, value in zip(CONDITIONS, movement, strict=True)]


@pytest.fixture
def ratings():
    return {label: (k, 10 - k) for k, label in enumerate(LABELS)}


def test_every_condition_has_one_label_and_the_order_depends_on_the_seed(ratings):
    orders = set()
    for seed in range(20):
        experiment = TwoByTwo(seed=seed)
        rows = experiment.unblind(ratings)
        assert sorted((row.rate_hz, row.stereo_offset) for row in rows) == CONDITIONS
        for label, row in zip(LABELS, rows, strict=True):
            motion = experiment.motion(label)
            assert (motion.rate, motion.stereo_offset) == (row.rate_hz, row.stereo_offset)
            assert (motion.slow_rate, motion.slow_radius) == (0, 0)
        orders.add(tuple((row.rate_hz, row.stereo_offset) for row in rows))
    assert len(orders) > 5


def test_effects_are_those_of_a_factorial_design():
    # movement = 1 + 2 fast + 3 apart + 2 (fast and apart): effects 2 + 1, 3 + 1, and half of 2
    text = describe([rated(1, 4, 3, 8)])
    assert "movement  rate +3.0, stereo phase +4.0, interaction +1.0" in text
    assert "timbre    rate +0.0, stereo phase +0.0, interaction +0.0" in text


def test_a_class_gets_means_and_intervals():
    text = describe([rated(1, 1, 1, 5), rated(1, 1, 1, 7), rated(1, 1, 1, 9), []])
    assert text.startswith("3 listeners")
    assert "2 Hz, phase 0.5      7.0" in text.replace("       ", "      ")
    assert "rate +3.0 ± 2.5" in text  # effects 2, 3, 4: 4.303 / sqrt(3)


def test_missing_ratings_are_no_results(ratings):
    assert TwoByTwo(seed=0).unblind({**ratings, "B": (..., 1)}) == []
    assert describe([[]]).startswith("No ratings yet")


def test_ratings_of_a_class_are_pooled_from_files(tmp_path):
    listeners = [rated(1, 2, 3, 4), rated(4, 3, 2, 1)]
    one = save_ratings(tmp_path / "one.csv", listeners[:1])
    both = save_ratings(tmp_path / "both.csv", listeners)
    assert read_ratings(one, both) == [listeners[0], *listeners]


@pytest.mark.parametrize(
    "text, words",
    [
        ("a,b\n", "first line is 'a,b'"),
        ("listener,rate_hz,stereo_offset,movement,timbre\n0,x,0,1,1\n", "line 2: '0,x,0,1,1'"),
        ("listener,rate_hz,stereo_offset,movement,timbre\n0,2,0,1,1\n", "listener 0 has 1 ratings"),
    ],
)
def test_a_file_that_holds_no_ratings_is_refused(tmp_path, text, words):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(ValueError, match=words):
        read_ratings(tmp_path / "bad.csv")


def test_ratings_out_of_range_and_other_labels_are_refused(ratings):
    experiment = TwoByTwo(seed=0)
    with pytest.raises(ValueError, match=r"C: ratings \(11, 1\); 2 numbers from 0 to 10"):
        experiment.unblind({**ratings, "C": (11, 1)})
    with pytest.raises(ValueError, match="A, B, C, D"):
        experiment.unblind({"A": (1, 1)})


def test_all_four_can_be_heard():
    space = FilterSpace.untrained(latent_dim=2, num_filters=4)
    noise = np.random.default_rng(0).normal(size=12_000)
    sounds = TwoByTwo(seed=0).listen(0.1 * noise, space, 24_000)
    assert list(sounds.addresses) == list(LABELS)
    assert all(each.startswith("data:audio/mpeg;base64,") for each in sounds.addresses.values())
    assert dataclasses.asdict(rated(1, 2, 3, 4)[0])["movement"] == 1
