import re
from dataclasses import replace

import numpy as np
import pytest

from aether_lab.analysis.axes import (
    Effect,
    Peak,
    axis_properties,
    cancellation_db,
    captions,
    effects,
    step_ratio,
    step_variation,
    steps_db,
)
from aether_lab.audio import motion
from aether_lab.model.space import FilterSpace
from aether_lab.signals.spectrum import tilt
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")


@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d"])
def test_captions_on_the_cards_match_the_weights(name):
    space = FilterSpace.load(name)
    assert captions(space) == space.card["captions"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4d", "2d"])
def test_captions_hold_at_other_latent_points(name):
    space = FilterSpace.load(name)
    z = np.random.default_rng(99).normal(size=(300, space.latent_dim)).clip(-2, 2)
    for effect in effects(space):
        half = 0.5 * np.eye(space.latent_dim)[effect.dimension]
        numbers = [float(n) for n in re.findall(r"[+-]\d+\.\d", effect.caption)]
        assert numbers, f"z{effect.dimension} of {name} has no caption that claims something: {effect.caption}"
        if effect.caption.startswith("tilt"):
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


@pytest.mark.parametrize("name", ["4d", "2d"])
def test_traversals_are_uniform_and_smooth_without_cancelling_sections(name):
    space = FilterSpace.load(name)
    assert np.all(step_variation(space) <= 0.35)
    assert np.all(step_ratio(space) <= 3)
    z = np.random.default_rng(5).normal(size=(100, space.latent_dim)).clip(-2, 2)
    assert np.percentile(cancellation_db(space, z), 95) <= 20


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


def test_a_bass_shelf_is_not_captioned_as_a_tilt():
    """Both are nearly linear over log frequency; only a tilt has opposite signs at the two ends."""
    bass, treble = Peak(80.0, 6.3, 1.0), Peak(14_000.0, -1.7, 1.0)
    assert Effect(0, -1.0, 0.81, (bass, treble)).caption == "bass +6.3 dB"
    assert Effect(0, -1.0, 0.81, (bass, replace(treble, level_db=-4.0))).caption == "tilt -1.0 dB/oct"


def test_an_axis_without_effect_is_captioned_so():
    """A dimension with zero weights has no effect."""
    space = FilterSpace.untrained(latent_dim=2, seed=4)
    kernel = space.variables["params"]["decoder_0"]["kernel"]
    space.variables["params"]["decoder_0"]["kernel"] = kernel.at[1].set(0)
    dead = effects(space)[1]
    assert abs(dead.tilt_db) < 1e-6 and all(abs(peak.level_db) < 1e-6 for peak in dead.peaks)
    assert dead.caption == "does nothing"
