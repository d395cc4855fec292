"""Lists for a device obey its profile, which a parser of this test reads by itself; GraphicEQ lines and PipeWire."""

import json
import re

import numpy as np
import pytest
from cookbook import FREQUENCY, curve_of, expected_db, parse_list, random_bank
from sampling import some

import aether_lab.filters.device as device_module
from aether_lab.filters.device import device_names
from aether_lab.filters.device_fit import fit_device
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.export import export
from aether_lab.signals.synthetic import synthetic_responses

KINDS = {"PK": "peaking", "LSC": "lowshelf", "HSC": "highshelf"}


def allowed(spec, value, digits):
    """Whether a value of a file, of so many decimals, is one that a profile allows."""
    half = 0.5001 * 10**-digits
    if isinstance(spec, dict) and "step" in spec:
        steps = round((value - spec["low"]) / spec["step"])
        steps = min(max(steps, 0), int((spec["high"] - spec["low"]) / spec["step"] + 1e-9))
        return abs(spec["low"] + steps * spec["step"] - value) <= half
    if isinstance(spec, dict):
        spec = [spec["low"] * (spec["high"] / spec["low"]) ** (i / (spec["count"] - 1)) for i in range(spec["count"])]
    return min(abs(each - value) for each in (spec if isinstance(spec, list) else [spec])) <= half


def bands_of(profile):
    for band in profile["bands"]:
        for centre in band.get("centres", [None] * band.get("count", 1)):
            yield band if centre is None else {**band, "frequency": centre}


def check(text, profile):
    """Checks an EqualizerAPO list against the JSON of a profile."""
    lines = re.findall(r"^Filter \d+: ON (\w+) Fc (\S+) Hz Gain (\S+) dB Q (\S+)$", text, re.M)
    for (kind, *numbers), band in zip(lines, bands_of(profile), strict=True):
        f, gain, q = map(float, numbers)
        assert KINDS[kind] in band.get("types", ["peaking"])
        shape = band.get("shelf_q", band["q"]) if kind != "PK" else band["q"]
        assert allowed(band["frequency"], f, 2) and allowed(shape, q, 4), (kind, f, q, band)
        assert allowed(band["gain"], gain, 3) or (gain == 0 and band["off"]), (gain, band)
    preamp = float(re.search(r"^Preamp: (\S+) dB", text, re.M)[1])
    assert allowed(profile.get("preamp", 0), preamp, 3)


@pytest.fixture(scope="module")
def target():
    return synthetic_responses(1, seed=2).corpus().spectra_db[0]


@pytest.mark.slow(seconds=15)
@pytest.mark.parametrize("name", some(device_names(), 0, 5, 11))
def test_the_exported_list_of_every_shipped_device_obeys_its_profile(name, target):
    profile = json.loads((device_module.SHIPPED / f"{name}.json").read_text())
    fitted = fit_device(target, name)
    assert fitted.distance_db <= fitted.rounded_db
    file = export(fitted.recipe, "equalizerapo", device=fitted.device)
    check(file.content.decode(), profile)
    level = parse_list(file.content.decode(), fitted.device.sample_rate)
    expected = expected_db(fitted.recipe)
    np.testing.assert_allclose(level - level.mean(), expected - expected.mean(), atol=0.05)
    assert file.worst_db < 0.05
    over = level.max() > 1e-3
    assert over == ("lower its input" in " ".join(file.notes)), file.notes


def test_the_preamp_is_lowered_in_steps_of_the_device(target):
    fitted = fit_device(target / 4, "boss-ge-7")
    file = export(fitted.recipe, "camilladsp", device=fitted.device)
    assert float(file.recipe.preamp_db) == np.round(file.recipe.preamp_db) <= fitted.preamp_db
    assert curve_of(file.content, "camilladsp", 192_000).max() <= 0


def test_what_would_move_values_off_the_grid_is_refused(target):
    fitted = fit_device(target, "behringer-x32")
    with pytest.raises(ValueError, match=r"44100 Hz; Behringer X32.* filters at 48000 Hz"):
        export(fitted.recipe, "equalizerapo", device=fitted.device, sample_rate=44_100)
    with pytest.raises(ValueError, match="allowed is a recipe with `shelves`"):
        export(Recipe.of([100, 200], [0.5, 1], [3, 4], section_kinds=("lowshelf", "peaking")), "rew")


SHELVES = Recipe.of([300, 90, 9000], [1, 0.5, 0.9], [4, 6, -3], section_kinds=("peaking", "lowshelf", "highshelf"))


@pytest.mark.parametrize("name", ["json", "csv", "npy", "faust", "c", "equalizerapo", "camilladsp", "pipewire"])
def test_shelves_of_any_q_in_any_place_are_stored(name):
    file = export(SHELVES, name)
    level, expected = curve_of(file.content, name, 48_000), expected_db(SHELVES)
    np.testing.assert_allclose(level - level.max(), expected - expected.max(), atol=0.01)
    assert file.worst_db < 0.01
    np.testing.assert_allclose(SHELVES.response_db(FREQUENCY), expected, atol=1e-3)


def test_shelves_of_any_q_survive_json():
    again = Recipe.from_json(SHELVES.to_json())
    assert again.section_kinds == SHELVES.kinds
    np.testing.assert_allclose(again.response_db(), SHELVES.response_db(), atol=1e-6)


def test_a_graphic_equaliser_has_the_points_of_wavelet_and_states_its_deviation():
    for bank in (random_bank(4, 8, "cascade"), random_bank(4, 8)):
        file = export(bank, "graphiceq")
        level = curve_of(file.content, "graphiceq", 48_000)
        assert level.max() <= 0
        shift = re.search(r"The level is ([\d.]+) dB lower", " ".join(file.notes))
        error = np.abs(level + float(shift[1] if shift else 0) - expected_db(bank)).max()
        assert abs(error - file.worst_db) < 0.2  # seen at other frequencies


def test_pipewire_gets_a_sink_with_all_sections_in_series():
    file = export(random_bank(3, 6, "cascade", shelves=True), "pipewire")
    text = file.content.decode()
    assert text.count("{") == text.count("}") and text.count("[") == text.count("]")
    assert "libpipewire-module-filter-chain" in text and "Audio/Sink" in text
    assert curve_of(file.content, "pipewire", 48_000).max() <= 0 and file.worst_db < 0.05
