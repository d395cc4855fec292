"""Every public function accepts every kind of measurement, with the same result."""

from functools import cache

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


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """One response as an audio file, a text file, samples, a curve, and a spectrum."""
    folder = tmp_path_factory.mktemp("measured")
    audio, text = folder / "room.wav", folder / "room.csv"
    soundfile.write(audio, SAMPLES, 48_000, "DOUBLE")
    response = ImpulseResponse(SAMPLES, 48_000, "room")
    power = np.abs(np.fft.rfft(SAMPLES, 1 << 16)) ** 2
    lines = np.fft.rfftfreq(1 << 16, 1 / 48_000)
    curve = Curve(lines[10:-1], 10 * np.log10(power[10:-1]), "room")
    rows = zip(curve.frequency_hz[::4], curve.level_db[::4], strict=True)
    text.write_text("".join(f"{frequency_hz:.3f},{level:.4f}\n" for frequency_hz, level in rows))
    return {
        "path": audio,
        "path as str": str(audio),
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


FUNCTIONS = {
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
def result_of_spectrum():
    """The result of each function for the spectrum itself, computed once."""
    return cache(lambda function: np.asarray(FUNCTIONS[function][0](LEVEL)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_accepts_every_kind_with_the_same_result(function, kind, measured, result_of_spectrum):
    call, expected, tolerance = FUNCTIONS[function]
    result = np.asarray(call(measured[kind]))
    expected = result_of_spectrum(function) if expected is None else expected
    if function == "as_target":  # a curve has no onset and is not cut after 2 s
        assert lsd(result, LEVEL) < tolerance
    else:
        np.testing.assert_allclose(result, expected, atol=tolerance)


REFUSED = {
    "None": None,
    "another length": np.zeros(512),
    "not finite": np.full(513, np.nan),
    "no file": "no-such-file.wav",
    "strings": [["a", "b"]],
    "ragged": [[1.0], [1.0, 2.0]],
    "a folder": ".",
}


@pytest.mark.parametrize("value", REFUSED)
@pytest.mark.parametrize(
    "function", [name for name in FUNCTIONS if name not in ("LatentPanel", "LivePanel", "MatchPanel")]
)
def test_every_function_refuses_other_values(function, value):
    if function == "MorphPanel" and value == "None":
        pytest.skip("None is an end that has not been chosen yet")
    with pytest.raises(ValueError, match=r"not a measurement|no such file|a folder"):
        FUNCTIONS[function][0](REFUSED[value])


def test_a_target_has_the_band_and_weights_of_its_measurement():
    curve = Curve([200, 1000, 8000], [0, 3, 0], "some/where/curve.csv")
    target = as_target(curve)
    assert (target.name, target.label, target.band_hz) == ("some/where/curve.csv", "curve.csv", (200, 8000))
    np.testing.assert_array_equal(target.weights, curve.weights)
    assert np.all(target.weights[:4] == 0) and np.isclose(target.weights.sum(), 1)
    assert as_target(target) is target
    assert as_target(LEVEL).name == "spectrum" and as_target(LEVEL, "mine").name == "mine"
