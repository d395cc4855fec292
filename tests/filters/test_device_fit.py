"""Fits on the grid of a device, beside every combination of its settings and beside the rounded free fit."""

import itertools
import json

import numpy as np
import pytest
from sampling import sampled

from aether_lab.filters import biquad, device_search
from aether_lab.filters.device import DeviceProfile
from aether_lab.filters.device_fit import fit_device
from aether_lab.filters.fit import evaluation_grid
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import AUDIBLE_HZ
from aether_lab.signals.synthetic import synthetic_responses

OCTAVES = {"low": 20, "high": 20_000}
GAIN = {"low": -12, "high": 12, "step": 2}
SMALL = {
    "two peaks": [{"count": 2, "frequency": {"low": 60, "high": 8000, "count": 9}, "q": [0.5, 1, 2], "gain": GAIN}],
    "tone controls": [
        {"types": ["lowshelf"], "frequency": [80, 160, 320], "q": [0.5, 0.7, 1], "gain": {**GAIN, "step": 1}},
        {"types": ["highshelf"], "frequency": [2000, 4000, 8000], "q": 0.7, "gain": {**GAIN, "step": 1}, "off": True},
    ],
    "three fixed centres": [{"centres": [100, 1000, 8000], "q": 0.7, "gain": {**GAIN, "step": 1}}],
    "three bands": [
        {"types": ["lowshelf", "peaking"], "frequency": [60, 120, 250], "q": [0.5, 1], "shelf_q": 0.7, "gain": GAIN},
        {"frequency": {"low": 300, "high": 3000, "count": 4}, "q": [0.5, 2], "gain": GAIN, "off": True},
        {"types": ["highshelf", "peaking"], "frequency": [4000, 8000], "q": [0.7, 2], "gain": GAIN},
    ],
}


def profile(bands, **fields):
    return DeviceProfile.from_json(json.dumps({"name": "test", "source": "a test", "bands": bands, **fields}))


def lowest_distance(device, target):
    """The lowest distance of all settings, from the package's own responses in float64."""
    levels, grid_hz, weights = evaluation_grid(target, AUDIBLE_HZ, device.sample_rate / 2)
    tables = []
    for band in device.bands:
        rows = [np.zeros((int(band.off), grid_hz.size))]
        for kind in band.types:
            f, q, g = (a.ravel() for a in np.meshgrid(band.frequency_hz, band.q_of(kind), band.gain_db, indexing="ij"))
            rows.append(biquad.sections_db([kind] * len(f), f / (device.sample_rate / 2), q, g, grid_hz / 24_000))
        rows = np.concatenate(rows)
        tables.append((rows - (rows @ weights)[:, None]) * np.sqrt(weights))
    goal = (levels - levels @ weights) * np.sqrt(weights)
    *outer, last = tables
    best = np.inf
    squares = (last**2).sum(1)
    for rows in itertools.product(*outer):
        left = goal - np.sum(rows, axis=0)
        best = min(best, left @ left + (squares - 2 * last @ left).min())
    return np.sqrt(best)


@pytest.fixture(scope="module")
def targets():
    return synthetic_responses(4, seed=5).corpus().spectra_db


@pytest.mark.parametrize("name", SMALL)
def test_no_combination_of_two_or_three_bands_is_more_than_one_per_cent_better(targets, name, monkeypatch):
    device = profile(SMALL[name])
    lowest = [lowest_distance(device, target) for target in targets[:3]]
    found = [fit_device(target, device).distance_db for target in targets[:3]]
    np.testing.assert_allclose(found, lowest, rtol=1e-4)
    monkeypatch.setattr(device_search, "EXHAUSTIVE", 0)  # as for devices of more bands
    exchanged = [fit_device(target, device).distance_db for target in targets[:3]]
    np.testing.assert_allclose(exchanged, lowest, rtol=0.01)
    monkeypatch.setattr(device_search, "LARGEST_TABLE", 0)  # as for devices of more settings
    stepped = [fit_device(target, device).distance_db for target in targets[:3]]
    assert np.mean(stepped) < 1.05 * np.mean(lowest), (stepped, lowest)


FIVE = {
    "graphic": [{"centres": [60, 230, 910, 3600, 14_000], "q": 1, "gain": {**GAIN, "step": 1}}],
    "coarse parametric": [
        {"count": 5, "frequency": {**OCTAVES, "count": 31}, "q": [0.5, 1, 2, 4], "gain": GAIN, "off": True}
    ],
    "cuts only": [{"count": 5, "frequency": {**OCTAVES, "count": 61}, "q": [0.7, 1.4], "gain": [-9, -6, -3]}],
    "mixing desk": [
        {"types": ["lowshelf", "peaking"], "frequency": [50, 80, 120, 200], "q": [0.7, 1.4], "gain": GAIN, "off": True},
        {"count": 3, "frequency": {"low": 100, "high": 8000, "count": 40}, "q": {"low": 0.4, "high": 8, "count": 14},
         "gain": {**GAIN, "step": 0.5}},
        {"types": ["highshelf"], "frequency": [4000, 8000, 12_000], "q": 0.7, "gain": GAIN},
    ],
}  # fmt: skip


def random_curves(count, seed):
    """Sums of random peaks at the 513 bins, dB."""
    rng = np.random.default_rng(seed)
    frequency = np.exp(rng.uniform(np.log(40), np.log(16_000), (count, 7)))
    q, gain = np.exp(rng.uniform(np.log(0.3), np.log(4), (count, 7))), rng.normal(0, 5, (count, 7))
    return np.asarray(Recipe(frequency, q, gain, topology="cascade").response_db())


@pytest.mark.slow(seconds=15)
def test_a_fit_is_never_worse_than_the_rounded_free_fit():
    """On sixty curves; on two hundred where `AETHER_LAB_ALL_CASES` is set."""
    devices = {name: profile(bands) for name, bands in FIVE.items()}
    curves = random_curves(sampled(200, 60), seed=9)
    better = {name: [] for name in devices}
    for i, curve in enumerate(curves):
        slow_too = i < sampled(40, 8)  # the others on devices where a fit takes some hundredths of a second
        name = list(devices)[i % 4 if slow_too else i % 2 * 2]
        found = fit_device(curve, devices[name])
        assert found.distance_db <= found.rounded_db + 1e-12, (name, i)
        better[name].append(found.distance_db / found.rounded_db)
    assert max(np.mean(ratios) for ratios in better.values()) < 0.8, better  # and it is worth the effort


def test_the_stated_distance_is_that_of_the_recipe(targets):
    device = profile(FIVE["mixing desk"], preamp={"low": -6, "high": 6, "step": 0.5}, sample_rate=44_100)
    found = fit_device(targets[1], device)
    levels, grid_hz, weights = evaluation_grid(targets[1], AUDIBLE_HZ, 22_050)
    error = np.asarray(found.recipe.response_db(grid_hz)) - levels
    mean = weights @ error
    assert np.sqrt(weights @ (error - mean) ** 2) == pytest.approx(found.distance_db, rel=1e-3)
    assert abs(mean) <= 0.2501 or found.preamp_db in (-6, 6)
    for setting, band in zip(found.settings, device.bands, strict=True):
        assert setting.frequency_hz in band.frequency_hz and setting.q in band.q_of(setting.kind)
        assert setting.gain_db in band.gain_db or not setting.on


def test_several_targets_are_refused(targets):
    with pytest.raises(ValueError, match=r"targets of shape \(4,\); a device is fitted to one at a time"):
        fit_device(targets, "spotify")
