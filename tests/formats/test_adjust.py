"""Lists of bands in programs that restrict them: REW and EqualizerAPO read the same file, devices without decimals."""

import re

import numpy as np
import pytest
from cookbook import LISTS, curve, curve_of, expected_db, random_bank, slope_q

from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.export import export
from aether_lab.signals.synthetic import synthetic_responses


def as_equalizerapo_reads(text, rate):
    """The response in EqualizerAPO 1.4 (BiQuadFilterFactory.cpp, BiQuadFilter.cpp)."""
    kinds = {"PK": "peaking", "LS": "lowshelf", "LSC": "lowshelf", "HS": "highshelf", "HSC": "highshelf"}
    sections = []
    for rest in re.findall(r"^Filter.*?:(.*)", text, re.M):
        name = re.match(r"\s*ON\s+([A-Za-z]+)", rest)[1]
        f, gain = (float(re.search(rf"\s+{key}\s*([-+0-9.eE]+)", rest)[1]) for key in ("Fc", "Gain"))
        width = re.search(r"\s+Q\s*([-+0-9.eE]+)", rest)
        q = float(width[1]) if width else slope_q(0.9, gain)
        if width and name in ("LS", "HS"):  # the frequency is the corner
            a = 10 ** (gain / 40)
            slope = 1 / ((1 / q**2 - 2) / (a + 1 / a) + 1)
            f *= 10 ** (abs(gain) / 80 / slope * (1 if name == "LS" else -1))
        sections.append((kinds[name], f, q, gain))
    preamp = re.search(r"^Preamp: (\S+) dB", text, re.M)
    return curve(sections, rate, float(preamp[1]) if preamp else 0)


@pytest.fixture(scope="module")
def shelved():
    spectra = synthetic_responses(8, seed=3).corpus().spectra_db[:4]
    return [fit_recipe(each, Sections(10, shelves=True)) for each in spectra]


def deviation(file, actual, cascade):
    shift = re.search(r"The level is ([\d.]+) dB lower", " ".join(file.notes))
    return np.abs(actual + float(shift[1] if shift else 0) - expected_db(cascade)).max()


@pytest.mark.parametrize(("name", "tolerance"), [("rew", 0.4), ("equalizerapo", 0.01)])
def test_equalizerapo_reads_a_file_with_shelves_as_it_is_meant(shelved, name, tolerance):
    """Regression: shelves written as "LS Q" for REW were 5.6 dB off in EqualizerAPO."""
    for cascade in shelved:
        file = export(cascade, name)
        assert deviation(file, as_equalizerapo_reads(file.content.decode(), 48_000), cascade) < tolerance
        assert file.worst_db < tolerance


def test_a_rew_file_with_shelves_says_what_they_are(shelved):
    text = export(shelved[0], "rew").content.decode()
    assert "LS and HS are shelves of slope 0.9, which REW and EqualizerAPO read alike" in text
    assert "Shelves have slope 0.9, and their frequency is the middle of the slope." in text
    assert "slope 0.9" not in export(random_bank(1, 4, "cascade"), "rew").notes


@pytest.mark.parametrize("name", LISTS)
def test_whole_frequencies_have_no_decimals_and_the_error_that_is_stated(shelved, name):
    for cascade in (*shelved[:2], random_bank(5, 6, "cascade")):
        file = export(cascade, name, whole_hertz=True)
        text = file.content.decode()
        written = re.findall(r'(?:Fc|freq:|"Freq" =) +(\S+)', text)
        assert len(written) == cascade.n_sections and all(each.isdecimal() for each in written)
        error = deviation(file, curve_of(file.content, name, 48_000), cascade)
        note = next(note for note in file.notes if "the frequencies are whole" in note)
        assert error == pytest.approx(float(re.search(r"worst ([\d.]+) dB", note)[1]), abs=0.06)
        assert error < 0.4 and note in text


def test_low_frequencies_are_rounded_and_the_rest_is_fitted_around_them():
    cascade = random_bank(2, 4, "cascade")
    rounded = np.round(np.asarray(cascade.frequency_hz))
    file = export(cascade, "equalizerapo", whole_hertz=True)
    np.testing.assert_array_equal(file.recipe.frequency_hz, rounded)
    sections = list(zip(cascade.kinds, rounded, cascade.q, cascade.gain_db, strict=True))
    assert file.rms_db < np.std(curve(sections, 48_000) - expected_db(cascade))


def test_whole_frequencies_are_for_lists():
    with pytest.raises(
        ValueError, match=r"format 'json'; they are for lists of bands: equalizerapo, camilladsp, pipewire and rew"
    ):
        export(random_bank(1, 4), "json", whole_hertz=True)
