import re
from dataclasses import replace

import numpy as np
import pytest

from aether_lab.analysis.axes import (
    ANALYSIS_HZ,
    Effect,
    Peak,
    axis_properties,
    cancellation_db,
    captions,
    changes_db,
    effects,
    kind_agreement,
    names,
    step_ratio,
    step_variation,
    steps_db,
)
from aether_lab.analysis.knob_names import distinct
from aether_lab.audio import motion
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import tilt
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")


@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d"])
def test_captions_on_the_cards_match_the_weights(name):
    space = FilterSpace.load(name)
    assert captions(space) == space.card["captions"]


@pytest.mark.parametrize("name", ["4d", "2d", "nested", "baseline-4d"])
def test_more_of_a_knob_is_more_of_what_its_name_says(name):
    assert {effect.name: effect.sign for effect in effects(FilterSpace.load(name)) if effect.sign < 0} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4d", "2d"])
def test_captions_hold_at_other_latent_points(name):
    space = FilterSpace.load(name)
    z = np.random.default_rng(99).normal(size=(300, space.latent_dim)).clip(-2, 2)
    for effect in effects(space):
        half = 0.5 * np.eye(space.latent_dim)[effect.dimension]
        numbers = [float(n) for n in re.findall(r"[+-]\d+\.\d", effect.caption)]
        assert numbers, f"z{effect.dimension} of {name} has no caption that claims something: {effect.caption}"
        if effect.is_tilt:
            hertz = np.geomspace(80, 14_000, 100)
            each = [tilt(np.asarray(space.decode(z + s * half).response_db(hertz)), hertz) for s in (1, -1)]
            moved, claimed = [(each[0] - each[1])], numbers
        else:
            named = [
                peak
                for peak in sorted(effect.peaks, key=lambda p: p.frequency_hz)
                if f"{peak.level_db:+.1f}" in effect.caption
            ]
            at = np.array([peak.frequency_hz for peak in named])
            each = [np.asarray(space.decode(z + s * half).response_db(at)) for s in (1, -1)]
            moved, claimed = list((each[0] - each[1]).T), numbers
        for change, claim in zip(moved, claimed, strict=True):
            assert np.mean(np.sign(change) == np.sign(claim)) > 0.7
            assert change.mean() == pytest.approx(claim, rel=0.25)


@pytest.mark.parametrize("name", ["4d", "2d", "nested"])
def test_traversals_are_uniform_and_smooth_without_cancelling_sections(name):
    space = FilterSpace.load(name)
    assert np.all(step_variation(space) <= 0.35)
    assert np.all(step_ratio(space) <= 3)
    z = np.random.default_rng(5).normal(size=(100, space.knobs)).clip(-2, 2)
    for kind in space.kinds or (None,):
        assert np.percentile(cancellation_db(space, z, kind), 95) <= 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d"])
def test_axis_properties_on_the_card_match_the_weights(name):
    space = FilterSpace.load(name)
    measured, stored = axis_properties(space), space.card["axes"]
    assert set(measured) == set(stored)
    for measure, value in measured.items():
        np.testing.assert_allclose(value, stored[measure], rtol=0.02, atol=0.1 if measure.endswith("_db") else 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4d", "2d"])
def test_step_sizes_are_bounded_between_encoded_points_and_along_the_spiral(name):
    """What moves without a jump moves about half as far in half a step: sum, and each section's centre, Q and gain."""
    space = FilterSpace.load(name)
    points = np.asarray(space.encode(synthetic_responses(12, seed=4).spectra_db)[0])
    spiral = motion.Motion(kind="spiral", centre=(0.0,) * space.latent_dim, rate=0.5, slow_rate=0.1)

    def largest(steps):
        paths = [motion.line(a, b, steps + 1) for a, b in zip(points[:6], points[6:], strict=True)]
        paths.append(spiral.at(np.linspace(0, 10, 10 * steps + 1)))
        recipes = [space.decode(path) for path in paths]
        return [
            max(np.max(steps_db(space, path)) for path in paths),
            *(
                max(np.abs(np.diff(np.asarray(values(recipe)), axis=0)).max() for recipe in recipes)
                for values in (lambda r: np.log2(r.frequency_hz), lambda r: np.log2(r.q), lambda r: r.gain_db)
            ),
        ]

    coarse, fine = np.array(largest(400)), np.array(largest(800))
    assert np.all(fine / coarse < 0.7)  # 1 at a jump; a corner of the decoder's leaves it above 0.5
    assert coarse[0] < 0.25  # dB: a four-hundredth of the way from one response to another


BASS, TREBLE = Peak(80.0, 6.3, 1.0), Peak(14_000.0, -1.7, 1.0)


@pytest.mark.parametrize(
    ("effect", "names", "caption"),
    [
        (Effect(0, -1.0, 0.81, (BASS, TREBLE)), ("Bass", "Low end"), "+6.3 dB per unit at 100 Hz and below"),
        (
            Effect(0, -1.0, 0.81, (BASS, replace(TREBLE, level_db=-4.0))),
            ("Tilt", "Bass", "Low end", "Treble", "Air", "Highs"),
            "-1.0 dB per octave and unit",
        ),
        (
            Effect(0, 0.2, 0.1, (Peak(3400.0, 3.5, 1.0), Peak(330.0, -2.6, 1.0))),
            ("High mids", "Bite", "Low mids", "Body"),
            "-2.6 dB per unit at 330 Hz, +3.5 at 3.4 kHz",
        ),
        (
            Effect(0, 0.1, 0.9, (Peak(5000.0, 3.0, 1.0), Peak(200.0, 2.5, 1.0))),
            ("Level", "Presence", "Clarity", "Bass", "Warmth"),
            "+2.5 dB per unit at 200 Hz, +3.0 at 5.0 kHz",
        ),
        (
            Effect(0, 0.2, 0.1, (Peak(998.0, 3.5, 0.6), Peak(8000.0, -0.1, 1.0))),
            ("Mids", "Middle"),
            "mixed, most at 1.0 kHz",
        ),
        (Effect(0, 0.0, 0.0, (Peak(998.0, 0.05, 1.0), Peak(99.0, 0.0, 1.0))), ("Unused",), "does nothing"),
    ],
)
def test_a_knob_is_named_by_where_it_acts(effect, names, caption):
    """A bass shelf is no tilt, although both are nearly linear over log frequency."""
    assert (effect.choices, effect.caption) == (names, caption)


def test_names_are_distinct_and_short():
    for name in ("4d", "2d", "baseline-4d"):
        found = [effect.name for effect in effects(FilterSpace.load(name))]
        assert len(set(found)) == len(found)
        assert all(len(each) <= 12 and not any(map(str.isdigit, each)) for each in found)
    assert distinct([("Bass", "Warmth")] * 4) == ["Bass", "Warmth", "Bass 2", "Bass 3"]


def test_more_of_a_knob_is_more_level_or_more_treble():
    assert Effect(0, -1.0, 0.81, (BASS, TREBLE)).sign == 1
    assert Effect(0, -1.0, 0.81, (BASS, replace(TREBLE, level_db=-4.0))).sign == -1


def test_the_effects_of_a_space_with_kinds_are_those_of_its_knobs_in_every_kind(with_kinds):
    found, changes = effects(with_kinds), changes_db(with_kinds)
    assert changes.shape == (3, 133, 2, 150)
    assert [effect.dimension for effect in found] == [0, 1]
    assert names(with_kinds, found) == [*(e.name for e in found), "Detail 1", "Detail 2", *with_kinds.kinds]
    assert captions(with_kinds, found)[2:] == ["detail 1", "detail 2", *with_kinds.kinds]
    largest = found[0].peaks[0]
    at = np.abs(ANALYSIS_HZ - largest.frequency_hz).argmin()
    assert largest.level_db == pytest.approx(changes[:, :, 0, at].mean())
    half = [0.5, 0]
    z = np.random.default_rng(0).normal(size=(133, 2)).clip(-2, 2)
    up, down = (with_kinds.decode(z + s * np.array(half), "cabinet").response_db(ANALYSIS_HZ) for s in (1, -1))
    np.testing.assert_allclose(changes[1, :, 0], np.asarray(up) - np.asarray(down), atol=1e-4)


def test_the_properties_of_a_space_with_kinds_hold_for_every_kind(with_kinds):
    found = axis_properties(with_kinds)
    each = np.array([_of_a_kind(with_kinds, kind) for kind in with_kinds.kinds])
    np.testing.assert_allclose(found["step_variation"], each.max(0), atol=6e-4)
    z = np.random.default_rng(0).normal(size=(200, 2)).clip(-2, 2)
    over = [np.percentile(cancellation_db(with_kinds, z, kind), 95) for kind in with_kinds.kinds]
    assert found["cancellation_p95_db"] == pytest.approx(max(over), abs=0.06)
    assert len(found["kind_agreement"]) == 2


def _of_a_kind(space, kind):
    sizes = [steps_db(space, motion.sweep(k, 2), kind) for k in range(2)]
    return [size.std() / size.mean() for size in sizes]


def test_knobs_that_mean_the_same_in_every_kind_agree():
    octaves = np.log2(ANALYSIS_HZ)
    rising, hump = octaves - octaves.mean(), np.cos(octaves)
    changes = np.array([[[rising, hump, rising]], [[2 * rising + 3, -hump, rising]]])
    np.testing.assert_allclose(kind_agreement(changes), [1, -1, 1], atol=1e-6)


def test_an_axis_without_effect_is_captioned_so():
    """A dimension with zero weights has no effect."""
    space = FilterSpace.untrained(latent_dim=2, seed=4)
    kernel = space.variables["params"]["decoder_0"]["kernel"]
    space.variables["params"]["decoder_0"]["kernel"] = kernel.at[1].set(0)
    dead = effects(space)[1]
    assert abs(dead.tilt_db) < 1e-6 and all(abs(peak.level_db) < 1e-6 for peak in dead.peaks)
    assert dead.caption == "does nothing"
