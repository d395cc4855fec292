import re

import numpy as np
import pytest

from aether_lab.character import cancellation_db, captions, effects, evenness, roughness
from aether_lab.space import FilterSpace
from aether_lab.spectra import tilt

pytestmark = pytest.mark.usefixtures("float32")


@pytest.mark.parametrize("name", ["4d", "2d", "seed-4d"])
def test_captions_on_the_cards_are_those_of_the_weights(name):
    space = FilterSpace.load(name)
    assert captions(space) == space.card["captions"]


@pytest.mark.parametrize("name", ["4d", "2d"])
def test_what_a_caption_claims_holds_at_places_it_was_not_measured_at(name):
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
                for peak in sorted(effect.peaks, key=lambda p: p.hertz)
                if f"{peak.level_db:+.1f}" in effect.caption
            ]
            at = np.array([peak.hertz for peak in named])
            each = [np.asarray(space.decode(z + s * half).response_db(at)) for s in (1, -1)]
            moved, claimed = list((each[0] - each[1]).T), numbers
        for change, claim in zip(moved, claimed, strict=True):
            assert np.mean(np.sign(change) == np.sign(claim)) > 0.7
            assert change.mean() == pytest.approx(claim, rel=0.25)


def test_knobs_of_the_default_are_even_and_smooth_and_hide_no_cancelling_sections():
    space = FilterSpace.load("4d")
    assert np.all(evenness(space) <= 0.35)
    assert np.all(roughness(space) <= 3)
    z = np.random.default_rng(5).normal(size=(100, 4)).clip(-2, 2)
    assert np.percentile(cancellation_db(space, z), 95) <= 20


def test_a_knob_that_does_nothing_says_so():
    """A dimension whose weights are zero moves nothing: its caption must not claim that it does."""
    space = FilterSpace.untrained(latent_dim=2, seed=4)
    kernel = space.variables["params"]["decoder_0"]["kernel"]
    space.variables["params"]["decoder_0"]["kernel"] = kernel.at[1].set(0)
    dead = effects(space)[1]
    assert abs(dead.tilt_db) < 1e-6 and all(abs(peak.level_db) < 1e-6 for peak in dead.peaks)
    assert dead.caption == "does nothing"
