"""Reading impulse responses."""

import h5py
import numpy as np
import pytest
import soundfile
from measurements import decay, encoded, write_sofa

from aether_lab.signals.audio_files import read, read_all, read_bytes
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.onset import find_onset, without_offset
from aether_lab.signals.target import as_target


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "DOUBLE", 0),
        ("wav", "PCM_16", 2**-15),
        ("flac", "PCM_24", 2**-23),
        ("aiff", "PCM_24", 2**-23),
        ("aif", "FLOAT", 1e-7),
    ],
)
def test_every_format_returns_its_samples(tmp_path, suffix, subtype, tolerance):
    samples, path = decay(2), tmp_path / f"room.{suffix}"
    kind = {"aif": "AIFF", "aiff": "AIFF"}.get(suffix)
    soundfile.write(path, samples.T, 44_100, subtype=subtype, format=kind)
    response = read(path)
    assert response.sample_rate == 44_100 and response.name == str(path) and response.channels == 2
    np.testing.assert_allclose(response.samples, samples, atol=tolerance)


def test_a_lossy_file_returns_nearly_its_samples(tmp_path):
    samples = decay()
    soundfile.write(tmp_path / "room.ogg", samples[0], 48_000, format="OGG", subtype="VORBIS", compression_level=0)
    error = read(tmp_path / "room.ogg").samples - samples
    assert np.linalg.norm(error) < 0.2 * np.linalg.norm(samples)


def test_an_upper_case_suffix_is_read(tmp_path):
    soundfile.write(tmp_path / "ROOM.WAV", decay()[0], 48_000)
    assert read(tmp_path / "ROOM.WAV").channels == 1


@pytest.mark.parametrize(("channels", "expected"), [(1, 1), (2, 2), (4, 1), (16, 1)])
def test_only_the_first_of_more_than_two_channels_is_read(tmp_path, channels, expected):
    samples = decay(channels)
    soundfile.write(tmp_path / "a.wav", samples.T, 48_000, subtype="DOUBLE")
    np.testing.assert_array_equal(read(tmp_path / "a.wav").samples, samples[:expected])


@pytest.mark.parametrize("first", [1, 3, 13])
def test_of_many_channels_the_first_that_sounds_is_read_and_said(tmp_path, first):
    samples = decay(14)
    samples[:first] = 0
    soundfile.write(tmp_path / "hesuvi.wav", samples.T, 48_000, subtype="DOUBLE")
    response = read(tmp_path / "hesuvi.wav")
    np.testing.assert_array_equal(response.samples, samples[first : first + 1])
    assert response.notes == (f"channel {first + 1} is read, because those before it are silent",)
    assert as_target(tmp_path / "hesuvi.wav").notes == response.notes


def test_many_silent_channels_are_refused(tmp_path):
    soundfile.write(tmp_path / "hesuvi.wav", np.zeros((100, 14)), 48_000)
    with pytest.raises(ValueError, match=r"hesuvi\.wav: silence"):
        read(tmp_path / "hesuvi.wav")


def test_copied_and_silent_channels_are_dropped(tmp_path):
    one = decay()
    for name, second in [("copy", one), ("silent", 0 * one)]:
        soundfile.write(tmp_path / f"{name}.wav", np.concatenate([one, second]).T, 48_000, subtype="DOUBLE")
        np.testing.assert_array_equal(read(tmp_path / f"{name}.wav").samples, one)


def test_a_sofa_file_gives_every_measurement_and_receiver(tmp_path):
    responses = np.random.default_rng(0).normal(size=(5, 2, 256))
    write_sofa(tmp_path / "ears.sofa", responses, 44_100.0)
    read_back = read_all(tmp_path / "ears.sofa")
    assert [response.name.rpartition("#")[2] for response in read_back] == list("01234")
    assert {response.sample_rate for response in read_back} == {44_100.0}
    np.testing.assert_array_equal([response.samples for response in read_back], responses)
    np.testing.assert_array_equal(read(tmp_path / "ears.sofa").samples, responses[0])


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("peak", [0.002, 1.7])
@pytest.mark.parametrize("offset", [0, 0.05])
def test_the_onset_is_3_ms_before_the_first_edge_after_a_noisy_pre_delay(polarity, peak, offset):
    rng = np.random.default_rng(0)
    edge = int(0.076 * 48_000)
    samples = rng.normal(size=48_000) * 10 ** (-60 / 20)  # its largest sample lies 48 dB under the peak
    samples[edge:] += np.exp(-np.arange(48_000 - edge) / 3000)
    assert find_onset(polarity * peak * (samples + offset), 48_000) == edge - 144


def test_a_response_without_pre_delay_has_its_onset_at_0():
    assert find_onset(np.array([1.0, 0.5, 0.2]), 48_000) == 0


def test_aligning_keeps_the_delay_between_the_ears():
    samples = np.zeros((2, 4800))
    samples[0, 500], samples[1, 530] = 1, -0.4
    response = ImpulseResponse(samples, 48_000)
    assert response.onset == 356 and response.duration == 0.1
    aligned = response.aligned_to_onset()
    np.testing.assert_array_equal(np.abs(aligned.samples).argmax(axis=1), [144, 174])


def test_a_dc_offset_is_removed_from_long_responses_only():
    long, short = decay(n=9600)[0], decay(n=256)[0]
    np.testing.assert_allclose(without_offset(long + 0.3, 48_000), without_offset(long, 48_000), atol=1e-12)
    np.testing.assert_array_equal(without_offset(short + 0.3, 48_000), short + 0.3)


def test_resampling_keeps_the_gain_at_a_frequency():
    tone = np.exp(-np.arange(4410) / 300) * np.cos(2 * np.pi * 1000 * np.arange(4410) / 44_100)
    response = ImpulseResponse(tone, 44_100)
    resampled = response.resampled(48_000)
    assert resampled.duration == pytest.approx(response.duration, abs=1e-4)

    def gain_at_1_khz(r):
        return abs(r.samples[0] @ np.exp(-2j * np.pi * 1000 * np.arange(r.samples.shape[1]) / r.sample_rate))

    assert gain_at_1_khz(resampled) == pytest.approx(gain_at_1_khz(response), rel=0.01)


def test_each_broken_file_is_refused_with_its_name_and_reason(tmp_path):
    def refuses(name, message):
        with pytest.raises(ValueError, match=message) as refusal:
            read(tmp_path / name)
        assert str(tmp_path / name) in str(refusal.value)

    (tmp_path / "text.wav").write_text("a shopping list")
    refuses("text.wav", "text, not audio; read_target reads measured curves")
    (tmp_path / "text.sofa").write_text("a shopping list")
    refuses("text.sofa", "text, not audio")
    (tmp_path / "empty.wav").touch()
    refuses("empty.wav", "empty")
    (tmp_path / "folder.wav").mkdir()
    refuses("folder.wav", "a folder")
    refuses("nowhere.wav", "no such file")
    (tmp_path / "random.wav").write_bytes(bytes(range(256)))
    refuses("random.wav", "unknown content; WAV, FLAC, AIFF, OGG, W64, CAF, AU and SOFA are read")
    (tmp_path / "damaged.sofa").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    refuses("damaged.sofa", "not readable as SOFA")
    soundfile.write(tmp_path / "zeros.wav", np.zeros(100), 48_000)
    refuses("zeros.wav", "silence")
    soundfile.write(tmp_path / "constant.wav", np.full(100, 0.5), 48_000)
    refuses("constant.wav", "silence")
    for value in (np.nan, np.inf):
        soundfile.write(tmp_path / "nan.wav", np.array([1.0, value, 0.0]), 48_000, subtype="FLOAT")
        refuses("nan.wav", "NaN or infinite sample .the first at 1")
    soundfile.write(tmp_path / "one.wav", np.ones(1), 48_000)
    refuses("one.wav", "one sample")
    soundfile.write(tmp_path / "none.wav", np.ones(0), 48_000)
    refuses("none.wav", "no samples")
    for rate in (50, 4_000_000):
        soundfile.write(tmp_path / "rate.wav", np.eye(1, 100)[0], rate)
        refuses("rate.wav", f"sample rate of {rate} Hz; allowed are 8000 to 384000 Hz")
    write_sofa(tmp_path / "flat.sofa", np.ones((3, 4)), 48_000.0)
    refuses("flat.sofa", r"shape \(3, 4\)")
    with h5py.File(tmp_path / "other.sofa", "w") as file:
        file["Data.Real"] = np.ones(3)
    refuses("other.sofa", r"no Data\.IR")


@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "RF64", "AIFF", "FLAC", "W64", "CAF", "AU"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_file_is_refused(kind, share):
    content = encoded(decay(2, seed=3), kind, "PCM_24")
    with pytest.raises(ValueError, match=r"^cut: (truncated|not readable)"):
        read_bytes(bytes(content[: int(share * len(content))]), "cut")


def test_a_damaged_sofa_file_is_read_or_refused_by_name(tmp_path):
    path = tmp_path / "ears.sofa"
    write_sofa(path, decay(2)[None, :, :64], 48_000.0)
    content, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for _ in range(150):
        damaged = bytearray(content)
        for position in rng.integers(0, 3000, 3):  # the metadata of HDF5
            damaged[position] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_all(path)
        except ValueError as error:
            refused += 1
            assert str(error).startswith(str(path))
    assert refused > 20


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "ogg", "sofa"])
def test_a_file_in_memory_is_read_as_the_same_file_on_disk(tmp_path, suffix):
    path = tmp_path / f"room.{suffix}"
    if suffix == "sofa":
        write_sofa(path, decay(2)[None], 48_000.0)
    else:
        soundfile.write(path, decay(2, seed=3).T, 48_000)
    response = read_bytes(path.read_bytes(), path.name)
    np.testing.assert_array_equal(response.samples, read(path).samples)
    assert (response.name, response.sample_rate) == (path.name, 48_000)
    with pytest.raises(ValueError, match=rf"^room\.{suffix}: (truncated|not readable)"):
        read_bytes(path.read_bytes()[: path.stat().st_size // 2], path.name)
