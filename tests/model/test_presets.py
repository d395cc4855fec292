"""Presets that users share, and the landmarks of a model."""

import dataclasses
import json
import os
from collections import Counter

import numpy as np
import pytest
from spaces import space_with_kinds

from aether_lab.analysis.landmark_names import names_of
from aether_lab.analysis.landmarks import APART, MOST_OF_A_SOURCE, landmarks
from aether_lab.analysis.plane import Plane
from aether_lab.audio import motion
from aether_lab.audio.motion import Motion
from aether_lab.model.presets import Presets
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus, read_folder, read_splits
from aether_lab.signals.kinds import KINDS, kind_of
from aether_lab.signals.spectrum import FREQUENCIES

SPACE = FilterSpace.untrained(latent_dim=3, num_filters=6)
MINE = Presets({"home": [0.5, -1, 2], "ümläut “far”": (3.25, 0.1234, -1e3)}, SPACE)


def with_landmarks(space, named):
    return dataclasses.replace(space, card={**space.card, "landmarks": named})


def without_card(name):
    return dataclasses.replace(FilterSpace.load(name), card={"name": "untrained"})


def test_presets_are_unchanged_by_saving_and_loading(tmp_path):
    again = Presets.load(MINE.save(tmp_path / "mine.json"))
    assert dict(again) == dict(MINE) == {"home": (0.5, -1, 2), "ümläut “far”": (3.25, 0.1234, -1000)}
    assert list(again) == list(MINE)
    assert again.fit(SPACE) is again
    assert json.loads(MINE.to_json())["presets"]["home"] == [0.5, -1, 2]


def test_adding_a_preset_returns_new_presets(tmp_path):
    more = MINE | {"away": np.ones(3), "home": np.zeros(3)}
    assert (more["away"], more["home"], len(more)) == ((1, 1, 1), (0, 0, 0), 3)
    assert MINE["home"] == (0.5, -1, 2)
    assert dict(Presets.from_json(Presets({}, SPACE).to_json())) == {}


def test_a_motion_passes_through_presets():
    path = Motion("path", centre=(0, 0, 0), points=MINE.values(), rate=1)
    np.testing.assert_allclose(path.at([0.0, 0.5]), list(MINE.values()), atol=1e-9)
    assert motion.loop(list(MINE.values()), 10).shape == (10, 3)
    np.testing.assert_allclose(motion.line(MINE["home"], [0, 0, 0], 3)[1], [0.25, -0.5, 1])


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"": [0, 0, 0]}, "'' is not a preset name"),
        ({"  ": [0, 0, 0]}, "not a preset name"),
        ({"a\nb": [0, 0, 0]}, "one line of 1 to 80"),
        ({"a" * 81: [0, 0, 0]}, "one line of 1 to 80"),
        ({3: [0, 0, 0]}, "3 is not a preset name"),
        ({"a": [0, 0]}, "preset 'a' is .* must be 3 finite numbers"),
        ({"a": [0, 0, float("nan")]}, "preset 'a' is .* must be 3 finite numbers"),
        ({"a": "xyz"}, "preset 'a' is 'xyz'; it must be 3 numbers"),
        ({"a": None}, "preset 'a' is None"),
        ({"a": {"b": 1}}, "preset 'a' is"),
    ],
)
def test_an_invalid_preset_raises_and_is_named(named, words):
    with pytest.raises(ValueError, match=words):
        Presets(named, SPACE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"mine\.json: not JSON"),
        ("[]", r"mine\.json: no presets"),
        ('{"presets": {}}', '"model" is None'),
        ('{"model": "4d", "latent_dim": "4", "presets": {}}', "\"latent_dim\" is '4'"),
        ('{"model": "4d", "latent_dim": 1, "presets": {"a": [NaN]}}', r"mine\.json: NaN is not a number of JSON"),
        ('{"model": "4d", "latent_dim": 1, "presets": {"a": [1], "a": [2]}}', "'a' occurs more than once"),
        ('{"model": "4d", "latent_dim": 1, "presets": {"a": [1e999]}}', "1e999 is out of range"),
        ('{"model": "4d", "latent_dim": 1, "presets": {"a": ["1"]}}', r"preset 'a' is \['1'\]"),
        ('{"model": "4d", "latent_dim": true, "presets": {}}', '"latent_dim" is True'),
        ("[" * 100_000, "nested too deeply"),
        (" " * 1_000_001, "1,000,001 bytes; at most 1,000,000 are read"),
    ],
)
def test_an_invalid_presets_file_raises_and_is_named(text, words, tmp_path):
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(ValueError, match=words):
        Presets.load(tmp_path / "mine.json")


def test_a_wav_file_is_not_a_presets_file(tmp_path):
    (tmp_path / "ir.json").write_bytes(b"RIFF\xff\xfe\x00\x80")
    with pytest.raises(ValueError, match=r"ir\.json: not JSON: not UTF-8"):
        Presets.load(tmp_path / "ir.json")
    with pytest.raises(ValueError, match=r"ir\.wav: presets are saved as \.json"):
        MINE.save(tmp_path / "ir.wav")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_presets_are_read_from_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "fifo.json")
    for path in (tmp_path / "fifo.json", "/dev/zero", tmp_path):
        with pytest.raises(ValueError, match=f"^{path}: a (pipe|device|folder), not a file"):
            Presets.load(path)


def test_presets_of_another_model_raise():
    with pytest.raises(
        ValueError, match="belong to 'untrained', 3 dimensions; this space is 'untrained', 2 dimensions"
    ):
        MINE.fit(without_card("2d"))
    with pytest.raises(ValueError, match="belong to 'baseline-4d', 3 dimensions; this space is 'untrained'"):
        Presets(MINE, "baseline-4d").fit(SPACE)
    with pytest.raises(ValueError, match="latent_dim is unknown without presets"):
        Presets()


def corpus(counts, seed=0):
    rng = np.random.default_rng(seed)
    sources = [source for source, n in counts.items() for _ in range(n)]
    slopes = rng.normal(size=(len(sources), 3, 1)) * [[4], [9], [6]]
    shapes = np.stack([np.linspace(-3, 3, 513), np.cos(np.linspace(0, 9, 513)), np.sin(np.linspace(0, 4, 513))])
    spectra = (slopes * shapes).sum(1).astype(np.float32)
    return Corpus(spectra, tuple(f"{s}/take_{i}.wav#L" for i, s in enumerate(sources)), tuple(sources))


def test_landmarks_are_encoded_responses_at_most_four_per_source_and_separated():
    library = corpus({"rooms/a": 60, "hrtf/b": 9, "plates/c": 1})
    space = SPACE.calibrated(library.spectra_db)
    found, origins = landmarks(space, library, count=9)
    codes = np.asarray(space.encode(library.spectra_db)[0])
    z = np.array(list(found.values()))
    assert np.abs(z[:, None] - codes).max(-1).min(1).max() < 6e-4  # rounded to 0.001
    assert list(origins) == list(found)
    source = Counter(origin.split(" · ")[0] for origin in origins.values())
    assert set(source) == {"rooms/a", "hrtf/b", "plates/c"} and max(source.values()) <= MOST_OF_A_SOURCE
    apart = np.linalg.norm(z[:, None] - z, axis=-1)[np.triu_indices(len(z), 1)]
    assert apart.min() > APART
    assert next(iter(origins.values())).startswith("rooms/a · take_") and next(iter(origins.values())).endswith(
        ".wav#L"
    )


def test_landmarks_cover_the_corpus_better_than_most_random_choices():
    library = corpus({"rooms/a": 40, "rooms/b": 40, "rooms/c": 40})
    space = SPACE.calibrated(library.spectra_db)
    codes = np.asarray(space.encode(library.spectra_db)[0], np.float64)

    def far(presets):
        return np.linalg.norm(codes[:, None] - presets, axis=-1).min(1).mean()

    rng = np.random.default_rng(1)
    by_chance = [far(codes[rng.choice(len(codes), 12, replace=False)]) for _ in range(200)]
    found, _ = landmarks(space, library, 12)
    assert len(found) == 12
    assert far(np.array(list(found.values()))) < np.percentile(by_chance, 5)


def test_the_number_of_landmarks_is_limited_by_count_and_by_the_corpus():
    library = corpus({"rooms/a": 2, "hrtf/b": 2, "plates/c": 2})
    assert len(landmarks(SPACE, library, count=2)[0]) == 2
    assert len(landmarks(SPACE, library, count=99)[0]) <= 6
    with pytest.raises(ValueError, match="count is 0"):
        landmarks(SPACE, library, count=0)


def test_landmarks_of_equal_name_are_numbered():
    library = corpus({"rooms/a": 3})
    same = Corpus(library.spectra_db[[0, 0, 0]], ("rooms/a/x.wav", "rooms/a/x.flac", "rooms/a/x.aiff"), library.sources)
    assert names_of(same, [0, 1, 2]) == ["Room", "Room 2", "Room 3"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("rooms/house/kitchen-true-stereo.wav", "House kitchen"),
        ("rooms/otala/mic3_speaker10.wav", "Otala room"),
        ("rooms/halls/smallConcertHall_take2.wav#L", "Small concert hall"),
        ("plates/emt140/emt_140_bright_2.flac#R", "EMT 140 bright plate"),
        ("springs/tanks/hammond_spring.wav", "Hammond spring"),
        ("cabs/celestion/sm57-left-01.wav", "Celestion SM57 cabinet"),
        ("cabs/ir/4x12_vintage_30.wav", "4x12 vintage cabinet"),
        ("hrtf/kemar/azi270_elem30.wav#L", "KEMAR ear, side below"),
        ("mics/c414/c414_off072.csv", "C414 microphone, off axis"),
        ("headphones/flat/sennheiser-hd600-l.csv", "Sennheiser HD600 headphone"),
        ("speakers/car/sedan_speakers_front.wav", "Sedan speakers front"),
        ("objects/a/soda_can_12_fl_oz.wav", "Soda can"),
        ("mine/0001.wav", "Mine"),
        ("x/1.wav", "Response"),
        ("rooms/x/дом_1.wav", "Дом"),
        ("rooms/x/" + "long" * 30 + ".wav", "Longlonglonglonglong"),
    ],
)
def test_a_landmark_has_the_words_of_its_file_and_folder(file, name):
    library = corpus({"a": 1})
    assert names_of(Corpus(library.spectra_db, (file,), (file.rsplit("/", 1)[0],)), [0]) == [name]


def test_a_landmark_that_is_darker_or_fuller_than_most_of_its_kind_says_so():
    octaves = np.log2(np.maximum(FREQUENCIES, 20) / 1000)
    tilts = np.array([0, 0, 0, -3, 2])[:, None] * octaves
    tilts[2] += 8 * (FREQUENCIES < 250)
    bands = np.array([[100.0, 20_000.0]] * 4 + [[200.0, 12_000.0]])  # bass that was not measured is neither
    paths = tuple(f"rooms/a/{word}.wav" for word in ("old hall", "wood shed", "long nave", "stone dome", "tin can"))
    library = Corpus(tilts.astype(np.float32), paths, ("rooms/a",) * 5, (), bands)
    assert names_of(library, range(5)) == [
        "Old hall",
        "Wood shed",
        "Long nave, full",
        "Stone dome, dark, full",
        "Tin can, bright",
    ]


def test_landmarks_of_a_space_with_kinds_are_whole_points_apart_in_knobs_and_kind():
    library = corpus({"rooms/a": 20, "hrtf/b": 20})
    space = space_with_kinds(latent_dim=4, details=2).calibrated(library)
    found, _ = landmarks(space, library, 8)
    z = np.array(list(found.values()))
    codes = np.asarray(space.encode(library.spectra_db)[0])
    assert z.shape == (len(found), 7)
    assert np.abs(z[:, None] - codes).max(-1).min(1).max() < 6e-4
    near = np.delete(z, [2, 3], axis=1)
    assert np.linalg.norm(near[:, None] - near, axis=-1)[np.triu_indices(len(z), 1)].min() > APART


def test_the_plane_of_a_larger_space_spans_the_first_two_principal_directions_of_the_landmarks():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(30, 4)) @ np.diag([3, 0.1, 1, 0.1])
    space = with_landmarks(without_card("4d"), {str(i): row.tolist() for i, row in enumerate(z)})
    plane = Plane.of(space)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-5)
    variance = np.var((z - z.mean(0)) @ plane.axes.T, axis=0) / np.var(z, axis=0).sum()
    np.testing.assert_allclose(plane.share, variance, atol=1e-4)
    assert sum(plane.share) > 0.98
    assert plane.label(0, ["tilt"]) == f"+1.00 z0 (tilt): {plane.share[0]:.0%} of the variance"
    assert plane.label(1, ["tilt"]).startswith("+1.00 z2: ")
    assert plane.label(0, ["+3 dB per unit"], ["Bass"]).startswith("+1.00 Bass: ")


def test_the_plane_of_a_2d_space_or_without_landmarks_is_z0_and_z1():
    for name in ("2d", "4d"):
        plane = Plane.of(without_card(name))
        np.testing.assert_array_equal(plane.axes, np.eye(int(name[0]))[:2])
        assert plane.share is None and plane.label(1, ["a", "tilt"]) == "z1 tilt" and plane.label(1, []) == "z1"
    with pytest.raises(ValueError, match="two dimensions or more"):
        Plane.of(FilterSpace.untrained(latent_dim=1))


@pytest.mark.parametrize("named", [["a"], {"a": [1, 2]}, {"a": "b"}])
def test_invalid_landmarks_on_a_card_raise(named):
    with pytest.raises(ValueError, match="card of untrained: landmarks"):
        Presets.landmarks(with_landmarks(SPACE, named))


@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d", "nested"])
def test_shipped_models_have_landmarks_of_several_families(name):
    space = FilterSpace.load(name)
    found, origins = Presets.landmarks(space), space.card["landmark_sources"]
    assert 24 <= len(found) <= 48 and list(origins) == list(found)
    kinds = [kind_of(origin.split(" · ")[0]) for origin in origins.values()]
    assert len(set(kinds)) >= 4 and kinds == sorted(kinds, key=KINDS.index)
    assert not any(set("/_.#") & set(name) for name in found)


def test_shipped_landmarks_are_encoded_training_responses(real_folder):
    splits = read_splits(real_folder)
    library = read_folder(real_folder / "plates").where(["emt140"]) if splits else pytest.skip("no splits.json")
    space = FilterSpace.load("4d")
    codes = np.asarray(space.encode(library.spectra_db)[0])
    plates = [z for name, z in Presets.landmarks(space).items() if name.startswith("EMT 140")]
    assert plates
    for z in plates:
        assert np.abs(codes - z).max(-1).min() < 2e-3
