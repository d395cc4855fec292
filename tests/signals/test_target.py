"""Every door of the package takes every kind of measured thing, and makes the same of it."""

import numpy as np
import pytest
import soundfile

from aether_lab import (
    Curve,
    FilterSpace,
    ImpulseResponse,
    LatentPanel,
    LivePanel,
    MatchPanel,
    MorphPanel,
    Sections,
    as_target,
    evaluate,
    fit_recipe,
    lsd,
    match_target,
    residual,
)
from aether_lab.model.direct_fit import fit_bank
from aether_lab.signals.spectrum import spectrum_db

pytestmark = pytest.mark.usefixtures("float32")
SPACE = FilterSpace.load("4d")
SAMPLES = np.random.default_rng(0).normal(size=2400) * np.exp(-np.arange(2400) / 200)
LEVEL = spectrum_db(SAMPLES, 48_000)
HERTZ = np.geomspace(20, 20_000, 400)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The same response as a path of sound, a path of text, samples, a curve, and a spectrum."""
    folder = tmp_path_factory.mktemp("measured")
    sound, text = folder / "body.wav", folder / "body.csv"
    soundfile.write(sound, SAMPLES, 48_000, "DOUBLE")
    response = ImpulseResponse(SAMPLES, 48_000, "body")
    power = np.abs(np.fft.rfft(SAMPLES, 1 << 16)) ** 2
    lines = np.fft.rfftfreq(1 << 16, 1 / 48_000)
    curve = Curve(lines[10:-1], 10 * np.log10(power[10:-1]), "body")
    rows = zip(curve.frequency_hz[::4], curve.level_db[::4], strict=True)
    text.write_text("".join(f"{hertz:.3f},{level:.4f}\n" for hertz, level in rows))
    return {
        "path": sound,
        "path as str": str(sound),
        "path of text": text,
        "ImpulseResponse": response,
        "Curve": curve,
        "array": LEVEL,
        "Target": as_target(response),
    }


KINDS = ("path", "path as str", "path of text", "ImpulseResponse", "Curve", "array", "Target")
Z = np.asarray(SPACE.encode(LEVEL)[0])
REFINED = np.asarray(SPACE.refine(LEVEL, steps=50))


def panel(make):
    def z(x):
        shown = make(x)
        try:
            return np.asarray(shown.z)
        finally:
            shown.close()

    return z


DOORS = {
    "as_target": (lambda x: as_target(x).spectrum_db, LEVEL, 0.3),
    "FilterSpace.encode": (lambda x: SPACE.encode(x)[0], Z, 0.1),
    "FilterSpace.refine": (lambda x: SPACE.refine(x, steps=50), REFINED, 0.1),
    "evaluate": (lambda x: evaluate(SPACE, x, stages=["mu"])["overall"]["mu"]["mean"], None, 0.05),
    "fit_recipe": (lambda x: fit_recipe(x, Sections(4), steps=20).response_db(), None, 0.5),
    "fit_bank": (lambda x: fit_bank(x, SPACE.settings, steps=20, starts=1).response_db()[8:420], None, 0.5),
    "residual": (lambda x: residual(SPACE.decode(Z), x, Sections(3), steps=20).response_db(), None, 0.5),
    "match_target": (lambda x: match_target(SPACE, x, Sections(3)).encoded_z, Z, 0.1),
    "LatentPanel": (panel(lambda x: LatentPanel(SPACE, target=x)), Z, 0.1),
    "LivePanel": (panel(lambda x: LivePanel(SPACE, target=x)), Z, 0.1),
    "MatchPanel": (panel(lambda x: MatchPanel(SPACE, x, Sections(3))), np.asarray(SPACE.refine(LEVEL)), 0.1),
    "MorphPanel": (panel(lambda x: MorphPanel(SPACE, x, LEVEL)), np.asarray(SPACE.refine(LEVEL)), 0.1),
}


@pytest.fixture(scope="module")
def of_the_spectrum():
    """What each door makes of the spectrum itself, once."""
    made = {}

    def at(door):
        if door not in made:
            made[door] = np.asarray(DOORS[door][0](LEVEL))
        return made[door]

    return at


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_every_kind_and_makes_the_same_of_it(door, kind, measured, of_the_spectrum):
    enter, expected, tolerance = DOORS[door]
    found = np.asarray(enter(measured[kind]))
    expected = of_the_spectrum(door) if expected is None else expected
    if door == "as_target":  # a curve of lines has no onset and no silence after 2 s
        assert lsd(found, LEVEL) < tolerance
    else:
        np.testing.assert_allclose(found, expected, atol=tolerance)


REFUSED = {
    "None": None,
    "another length": np.zeros(512),
    "not finite": np.full(513, np.nan),
    "no file": "no-such-file.wav",
    "words": [["a", "b"]],
    "ragged": [[1.0], [1.0, 2.0]],
    "a folder": ".",
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("door", [door for door in DOORS if door not in ("LatentPanel", "LivePanel", "MatchPanel")])
def test_every_door_refuses_what_was_not_measured(door, what):
    if door == "MorphPanel" and what == "None":
        pytest.skip("None is an end that has not been chosen yet")
    with pytest.raises(ValueError, match=r"not a measured thing|no such file|a folder"):
        DOORS[door][0](REFUSED[what])


def test_a_target_says_where_it_was_measured():
    curve = Curve([200, 1000, 8000], [0, 3, 0], "some/where/curve.csv")
    target = as_target(curve)
    assert (target.name, target.label, target.band_hz) == ("some/where/curve.csv", "curve.csv", (200, 8000))
    np.testing.assert_array_equal(target.weights, curve.weights)
    assert np.all(target.weights[:4] == 0) and np.isclose(target.weights.sum(), 1)
    assert as_target(target) is target
    assert as_target(LEVEL).name == "spectrum" and as_target(LEVEL, "mine").name == "mine"
