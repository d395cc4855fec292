"""Device profiles: their values, and what is refused."""

import json

import numpy as np
import pytest

from aether_lab.filters.device import DeviceProfile, device_names

BAND = {
    "frequency": {"low": 100, "high": 10_000, "count": 3},
    "q": [1, 0.5],
    "gain": {"low": -1, "high": 1, "step": 0.1},
}


def read(band=None, **fields):
    state = {"name": "a", "source": "b", "bands": [{**BAND, **(band or {})}], **fields}
    return DeviceProfile.from_json(json.dumps({key: value for key, value in state.items() if value is not ...}))


def test_values_are_numbers_lists_steps_or_equally_spaced_in_log_scale():
    band = read({"count": 2, "types": ["peaking", "lowshelf"], "shelf_q": 0.7, "off": True}).bands[1]
    np.testing.assert_allclose(band.frequency_hz, [100, 1000, 10_000])
    assert band.q.tolist() == [0.5, 1] and band.q_of("lowshelf").tolist() == [0.7] and band.off
    assert len(band.gain_db) == 21 and band.gain_db[10] == 0 and band.gain_db[13] == 0.3


def test_centres_are_a_band_each():
    bands = read(bands=[{"centres": [100, 1000], "q": 1, "gain": [0, 3]}]).bands
    assert [band.frequency_hz.tolist() for band in bands] == [[100], [1000]]


@pytest.mark.parametrize(
    ("band", "fields", "message"),
    [
        ({}, {"name": 3}, '"name" is 3; it must be a text'),
        ({}, {"sourcee": "x"}, "the profile: unknown field 'sourcee'; allowed are bands, name"),
        ({}, {"source": ...}, 'the profile: "source" is missing'),
        ({}, {"sample_rate": 10}, '"sample_rate" is 10; allowed are 8000 to 384000 Hz'),
        ({}, {"bands": []}, "0 bands; allowed are 1 to 64"),
        ({}, {"preamp": "loud"}, "\"preamp\" is 'loud'; allowed are a number, a list"),
        ({"gain": {"low": -6, "high": 6}}, {}, 'band 1, "gain": "step" is missing'),
        ({"gain": {"low": 6, "high": -6, "step": 1}}, {}, '"low" is 6 and "high" -6; "high" must be larger'),
        ({"gain": {"low": -6, "high": 6, "step": 0}}, {}, '"step" is 0; allowed are'),
        ({"gain": [400]}, {}, 'band 1: "gain" is 400 to 400; allowed are -120 to 120'),
        ({"types": ["bandpass"]}, {}, "band 1: \"types\" is .'bandpass'.; allowed is a list of peaking, lowshelf"),
        ({"frequency": 23_999}, {}, 'a frequency of 23999 Hz; at "sample_rate" 48000 the highest is 23988 Hz'),
        ({"frequency": {"low": 0, "high": 10, "count": 4}}, {}, '"count" must be 2 to 50,000 values between positive'),
        ({"count": 99}, {}, 'band 1: "count" is 99; allowed are 1 to 64'),
        ({"off": "yes"}, {}, "\"off\" is 'yes'; allowed are true and false"),
        ({"shelf_q": 1}, {}, '"shelf_q" without a shelf among its types'),
        ({"gian": 1}, {}, "band 1: unknown field 'gian'; allowed are centres, count, frequency"),
    ],
)
def test_other_profiles_are_refused_with_the_band_the_field_and_what_is_allowed(band, fields, message):
    with pytest.raises(ValueError, match=message):
        read(band, **fields)


def test_a_file_that_is_no_profile_is_named(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"bands": 3')
    with pytest.raises(ValueError, match=r"mine\.json: not JSON"):
        DeviceProfile.load(path)
    with pytest.raises(FileNotFoundError, match=r"device 'boss'; allowed are a \.json file and ada-peq"):
        DeviceProfile.load("boss")


@pytest.mark.parametrize("name", device_names())
def test_every_shipped_profile_says_where_it_is_from(name):
    profile = DeviceProfile.load(name)
    assert len(profile.source) > 40 and profile.bands
    assert DeviceProfile.load(name).bands[0].gain_db.size > 1
