"""What precedes the onset: pre-ringing is a part of the response, noise and silence are not."""

import numpy as np
import pytest
import scipy.signal

from aether_lab.signals.impulse_response import ImpulseResponse, minimum_phase
from aether_lab.signals.onset import find_onset
from aether_lab.signals.spectrum import FREQUENCIES, USABLE, floor_and_align, smooth, spectrum_db

FLOOR_DB = [-50, -60]


def whole(samples, sample_rate):
    """The spectrum of all samples: steps 3 to 5 of the definition alone."""
    n = 2 * max(1 << (len(samples) - 1).bit_length(), 1 << int(np.ceil(np.log2(sample_rate / 6))))
    power = np.abs(np.fft.rfft(samples, n)) ** 2
    return floor_and_align(smooth(power, np.fft.rfftfreq(n, 1 / sample_rate)), USABLE * sample_rate)


def equaliser(taps, sample_rate, phase, seed=0):
    """An FIR of ten random peaks from 30 Hz, gains up to 12 dB, with a phase of `minimum, linear, reversed, mixed`."""
    rng = np.random.default_rng(seed)
    n = 4 << (taps - 1).bit_length()
    frequency, magnitude = np.fft.rfftfreq(n, 1 / sample_rate), 1.0
    centres = np.exp(rng.uniform(np.log(30), np.log(0.4 * min(sample_rate, 40_000)), 10))
    for centre, q, gain in zip(centres, rng.uniform(0.5, 8, 10), rng.uniform(-12, 12, 10), strict=True):
        s, a = 1j * frequency / centre, 10 ** (gain / 40)
        magnitude = magnitude * np.abs((s * s + s * a / q + 1) / (s * s + s / (a * q) + 1))
    angle = np.angle(minimum_phase(magnitude**2))
    if phase in ("minimum", "reversed"):
        response = np.fft.irfft(magnitude * np.exp(1j * angle), n)[:taps]
        return response if phase == "minimum" else response[::-1]
    centre = (taps - 1) / 2 if phase == "linear" else taps // 2  # half a sample where the number of taps is even
    delay = np.exp(-2j * np.pi * np.arange(len(frequency)) / n * centre)
    return np.fft.irfft(magnitude * delay * (np.exp(-0.5j * angle) if phase == "mixed" else 1), n)[:taps]


def assert_alike(samples, sample_rate, expected, atol=0.05):
    inside = (FREQUENCIES > 90) & (min(20_000, USABLE * sample_rate) > FREQUENCIES)
    np.testing.assert_allclose(spectrum_db(samples, sample_rate)[inside], expected[inside], atol=atol)


@pytest.mark.parametrize("phase", ["linear", "mixed", "reversed"])
@pytest.mark.parametrize(("sample_rate", "taps"), [(44_100, 511), (48_000, 4096), (48_000, 16_383), (96_000, 65_536)])
def test_pre_ringing_is_a_part_of_the_response(sample_rate, taps, phase):
    for seed in range(3):
        response = equaliser(taps, sample_rate, phase, seed)
        assert_alike(response, sample_rate, whole(response, sample_rate))


def test_the_longest_linear_phase_filters_are_read_whole():
    response = equaliser(131_072, 44_100, "linear")  # its peak is at 1.5 s
    assert_alike(response, 44_100, whole(response, 44_100), atol=1e-3)


def test_a_linear_phase_filter_has_the_spectrum_of_its_minimum_phase_twin():
    twins = (equaliser(16_384, 48_000, phase, seed=2) for phase in ("linear", "minimum"))
    linear, minimum = (spectrum_db(twin, 48_000) for twin in twins)
    np.testing.assert_allclose(linear[1:], minimum[1:], atol=0.02)


@pytest.mark.parametrize("taps", [1023, 1024])
def test_antisymmetric_filters_are_read_whole(taps):
    response = scipy.signal.firls(1023, [0, 40, 90, 24_000], [0, 0, 1, 1], fs=48_000)
    response = np.imag(scipy.signal.hilbert(response)) if taps % 2 else np.diff(response, append=0, prepend=0)
    assert_alike(response, 48_000, whole(response, 48_000))


@pytest.mark.parametrize("kept", [slice(1024, None), slice(None, -1024), slice(None, 2080)])
def test_a_symmetric_filter_that_is_cut_off_at_one_end_is_read_whole(kept):
    response = equaliser(4096, 48_000, "linear")[kept]
    assert_alike(response, 48_000, whole(response, 48_000), atol=0.2)


def test_a_pre_echo_of_a_symmetric_filter_is_read():
    response = np.zeros(8193)
    response[[96, 4096, 8096]] = 0.02, 1, 0.02  # a comb of 0.3 dB
    assert find_onset(response, 48_000) == 96


@pytest.mark.parametrize("phase", ["linear", "mixed", "reversed"])
def test_silence_before_pre_ringing_is_ignored(phase):
    response = equaliser(4096, 48_000, phase)
    padded = np.concatenate([np.zeros(24_000), response, np.zeros(24_000)])
    assert find_onset(padded, 48_000) >= 24_000
    assert_alike(padded, 48_000, whole(response, 48_000))


@pytest.mark.parametrize("level_db", FLOOR_DB)
@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.5, 3.0])
@pytest.mark.parametrize("kind", ["white", "pink"])
def test_the_noise_of_a_pre_delay_is_ignored(seconds, level_db, kind):
    for seed in range(3):
        response = equaliser(9600, 48_000, "minimum", seed)
        noise = np.random.default_rng(seed).normal(size=int(48_000 * seconds))
        if kind == "pink":
            lines = np.fft.rfft(noise)
            noise = np.fft.irfft(lines / np.sqrt(np.arange(len(lines)).clip(1)), len(noise))
            noise /= noise.std()
        noise *= 10 ** (level_db / 20) * np.abs(response).max()
        arrival = len(noise) + int(np.argmax(np.abs(response) >= 0.03 * np.abs(response).max()))
        assert find_onset(np.concatenate([noise, response]), 48_000) == arrival - 144


def test_the_noise_before_a_linear_phase_filter_is_ignored():
    response = equaliser(4096, 48_000, "linear", seed=1)
    noise = 1e-3 * np.random.default_rng(0).normal(size=48_000) * np.abs(response).max()
    assert_alike(np.concatenate([noise, response]), 48_000, whole(response, 48_000), atol=0.5)


def test_a_distortion_product_of_a_sweep_that_is_separated_by_noise_is_ignored():
    samples = 1e-4 * np.random.default_rng(0).normal(size=48_000)
    samples[24_000:] += scipy.signal.lfilter([1], [1, -0.9], np.eye(1, 24_000)[0])
    samples[9600:10_080] += 0.005 * np.hanning(480) * np.random.default_rng(1).normal(size=480)
    assert find_onset(samples, 48_000) == 24_000 - 144


def test_aligning_keeps_pre_ringing():
    response = equaliser(4096, 48_000, "linear")
    padded = np.concatenate([np.zeros(9600), response])
    aligned = ImpulseResponse([padded, np.roll(padded, 10)], 48_000).aligned_to_onset()
    assert aligned.samples.shape[1] > 4000
    np.testing.assert_allclose(aligned.spectrum_db, whole(response, 48_000), atol=0.05)


@pytest.mark.slow
def test_the_spectra_of_measured_responses_do_not_change(real_folder, monkeypatch):
    from aether_lab.signals import spectrum
    from aether_lab.signals.corpus import read_folder

    extended = read_folder(real_folder).spectra_db
    monkeypatch.setattr(spectrum, "onset_without_offset", spectrum.first_arrival)
    assert spectrum.lsd(extended, read_folder(real_folder).spectra_db).max() < 0.05
