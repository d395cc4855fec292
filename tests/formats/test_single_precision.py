"""Rows of second-order sections in hosts that compute in float32."""

import io

import numpy as np
import pytest
import scipy.signal
from cookbook import FREQUENCY, expected_db, fir_level, level, random_bank

from aether_lab.formats.cascade import series_sos
from aether_lab.formats.export import export
from aether_lab.formats.format import Coefficients
from aether_lab.formats.single_precision import scaled, single_precision_error


def in_float32(sos):
    """Level of the impulse response that SciPy computes in float32."""
    impulse = np.zeros(1 << 16, np.float32)
    impulse[0] = 1
    taps = scipy.signal.sosfilt(sos.astype(np.float32), impulse)
    assert taps.dtype == np.float32
    return fir_level(taps, 48_000)


def test_the_rows_of_a_file_cost_less_in_float32_than_those_of_scipy(decoded):
    """Regression: with the rows that `scipy.signal.zpk2sos` returns, a decoded bank was 3.7 dB off."""
    before, after = [], []
    for bank, *_ in decoded:
        before.append(single_precision_error(Coefficients(series_sos(bank), False), 48_000))
        rows = np.load(io.BytesIO(export(bank, "npy").content))
        after.append(single_precision_error(Coefficients(rows, False), 48_000))
    report = f"float32, worst dB: {np.max(before):.2f} before, {np.max(after):.3f} after"
    print(report)
    assert np.max(after) < 0.1 and np.max(after) < np.max(before), report


def test_the_note_states_what_float32_costs():
    for seed in range(2):
        bank = random_bank(seed, 16)
        file = export(bank, "npy")
        stated = float(file.notes[-1].removesuffix(" dB.").split(" by about ")[1])
        actual = np.abs(in_float32(np.load(io.BytesIO(file.content))) - expected_db(bank)).max()
        assert stated == pytest.approx(actual, rel=0.2, abs=0.005)


def test_scaled_rows_are_the_same_filter_with_equal_mean_levels_and_exact_numerators():
    sos = series_sos(random_bank(4))
    rows = scaled(sos, 48_000)
    exact = scipy.signal.freqz_sos(rows, FREQUENCY, fs=48_000)[1]
    np.testing.assert_allclose(level(exact), level(scipy.signal.freqz_sos(sos, FREQUENCY, fs=48_000)[1]), atol=1e-7)
    each = np.array([level(scipy.signal.freqz(*np.split(row, 2), FREQUENCY, fs=48_000)[1]).mean() for row in rows])
    assert np.ptp(each) < 15  # dB; of SciPy's rows, the first holds the whole gain
    numerators = rows.copy()
    numerators[:, :3] = numerators[:, :3].astype(np.float32)
    rounded = scipy.signal.freqz_sos(numerators, FREQUENCY, fs=48_000)[1]
    assert np.abs(level(rounded) - level(exact)).max() < 0.01


@pytest.mark.parametrize("topology", ["parallel", "cascade"])
def test_c_series_holds_any_bank_in_series(topology):
    bank = random_bank(7, 12, topology)
    text = export(bank, "c-series").content.decode()
    assert "#define AETHER_PARALLEL 0" in text and "#define AETHER_SECTIONS 12" in text
    assert "In a host that computes in single precision (float32)" in text
