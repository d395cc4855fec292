"""Files that would take more memory than they may: each is refused with its name, and soon."""

import struct
import subprocess
import sys
import time
import zlib

import h5py
import numpy as np
import pytest
import soundfile
from measurements import decay, read_in_a_process, write_sofa

from aether_lab.signals import limits
from aether_lab.signals.audio_files import read, read_bytes
from aether_lab.signals.impulse_response import ImpulseResponse


def flac(path):
    """100 kB that unpack to 9 million frames of 8 channels."""
    with soundfile.SoundFile(path, "w", 48_000, 8, subtype="PCM_16", format="FLAC") as file:
        for _ in range(90):
            file.write(np.zeros((100_000, 8), np.int16))


def sparse(path):
    """A WAV of 8 GB that occupies a few kB."""
    path.write_bytes(
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0data\xff\xff\xff\xff"
    )
    with path.open("r+b") as file:
        file.truncate(8_000_000_000)


def filled(path):
    """A SOFA file of 2 kB whose 8 GB are one fill value."""
    with h5py.File(path, "w") as file:
        file.create_dataset("Data.IR", (1000, 2, 500_000), "f8", chunks=(1, 2, 1000), compression="gzip", fillvalue=0.5)
        file["Data.SamplingRate"] = 48_000.0


def one_chunk(path):
    """A SOFA file that HDF5 can only unpack 268 MB at a time."""
    with h5py.File(path, "w") as file:
        file.create_dataset("Data.IR", (1, 2, 2**23), "f8", chunks=(2, 2, 2**23), maxshape=(None, 2, 2**23))
        file["Data.SamplingRate"] = 48_000.0


def inflated(path):
    """A SOFA file of 300 kB with a chunk of 1 kB that unpacks to 300 MB."""
    packer, zeros = zlib.compressobj(6), bytes(10_000_000)
    content = b"".join(packer.compress(zeros) for _ in range(30)) + packer.flush()
    with h5py.File(path, "w") as file:
        responses = file.create_dataset("Data.IR", (1, 2, 64), "f8", chunks=(1, 2, 64), compression="gzip")
        responses.id.write_direct_chunk((0, 0, 0), content)
        file["Data.SamplingRate"] = 48_000.0


def wordy(path):
    """A SOFA file whose data type is a text of 2 GB, according to its length."""
    write_sofa(path, decay(2, 64)[None], DataType="FIR", units="hertz")
    content = bytearray(path.read_bytes())
    content[content.index(struct.pack("<I", 3), content.index(b"DataType")) + 3] = 0x7F
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("suffix", "write", "message"),
    [
        ("flac", flac, "72,000,000 samples over all channels and measurements; at most 67,108,864 samples are read"),
        ("wav", sparse, "8,000 MB; at most 500 MB are read"),
        ("sofa", filled, "Data.IR: 1,000,000,000 samples over all channels and measurements; at most 67,108,864"),
        ("sofa", one_chunk, "Data.IR has chunks of 268,435,456 bytes; at most 134,217,728 are read"),
        ("sofa", inflated, "Data.IR has a chunk that unpacks to more than its 1,024 bytes"),
    ],
)
def test_a_small_file_with_much_content_is_refused_before_it_is_unpacked(tmp_path, suffix, write, message):
    path = tmp_path / f"bomb.{suffix}"
    write(path)
    memory, error = read_in_a_process(path)
    assert error.startswith(f"{path}: ") and message in error
    assert memory < 100


@pytest.mark.slow
def test_the_largest_response_takes_less_than_a_gigabyte(tmp_path):
    n = limits.LONGEST_RESPONSE - 1
    noise = np.random.default_rng(0).integers(-9999, 9999, n, dtype=np.int16)
    soundfile.write(tmp_path / "long.wav", noise, 48_000)
    memory, result = read_in_a_process(tmp_path / "long.wav")
    assert (result, memory < 900) == ("read", True), memory


def test_a_text_that_claims_to_be_long_is_not_read(tmp_path):
    wordy(tmp_path / "wordy.sofa")
    assert read_bytes((tmp_path / "wordy.sofa").read_bytes(), "wordy.sofa").channels == 2
    memory, result = read_in_a_process(tmp_path / "wordy.sofa")
    assert result == "read" and memory < 100


def test_many_silent_measurements_take_no_memory(tmp_path):
    with h5py.File(tmp_path / "silent.sofa", "w") as file:
        file.create_dataset("Data.IR", (8000, 2, 1000), "f8", chunks=(100, 2, 1000), compression="gzip")
        file["Data.SamplingRate"] = 48_000.0
    memory, error = read_in_a_process(tmp_path / "silent.sofa")
    assert error.startswith(f"{tmp_path / 'silent.sofa'}#0: silence") and memory < 100


def test_millions_of_tiny_measurements_are_refused(tmp_path):
    with h5py.File(tmp_path / "tiny.sofa", "w") as file:
        file.create_dataset("Data.IR", (2**20, 2, 2), "f8", chunks=(2**10, 2, 2), compression="gzip")
        file["Data.SamplingRate"] = 48_000.0
    error = read_in_a_process(tmp_path / "tiny.sofa")[1]
    assert "tiny.sofa: Data.IR: 1,048,576 measurements and emitters; at most 131,072 measurements are read" in error


@pytest.mark.parametrize("pattern", [b"LIST\0\0\0\0", b"ID3\4\0\0\0\0\0\0"])
def test_a_file_full_of_tiny_parts_is_read_soon(tmp_path, pattern):
    soundfile.write(tmp_path / "piped.wav", decay()[0], 48_000)
    content = bytearray((tmp_path / "piped.wav").read_bytes())
    content[40:44] = bytes(4)  # the size of the samples: unknown
    (tmp_path / "parts.wav").write_bytes(content + pattern * 300_000 + b"ended")
    (tmp_path / "tags.wav").write_bytes(pattern * 2_000_000)
    begin = time.monotonic()
    assert read(tmp_path / "parts.wav").samples.shape[1] > 4800
    with pytest.raises(ValueError, match=r"tags\.wav: "):
        read(tmp_path / "tags.wav")
    assert time.monotonic() - begin < 5


def test_a_length_that_the_header_does_not_state_is_counted(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "piped.flac", decay()[0], 48_000)
    content = bytearray((tmp_path / "piped.flac").read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)  # the number of samples: unknown
    assert read_bytes(bytes(content), "piped.flac").samples.shape == (1, 4800)
    monkeypatch.setattr(limits, "LONGEST_RESPONSE", 4000)
    with pytest.raises(ValueError, match=r"^piped\.flac: 4,800 samples in a response; at most 4,000 samples are read"):
        read_bytes(bytes(content), "piped.flac")


def test_many_channels_of_which_one_is_kept_count_once(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "array.wav", decay(64, 480).T, 48_000)
    monkeypatch.setattr(limits, "LONGEST_RESPONSE", 1000)
    assert read(tmp_path / "array.wav").samples.shape == (1, 480)


def test_bytes_have_the_limits_of_files(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "LARGEST_RESPONSE", 1000)
    soundfile.write(tmp_path / "a.wav", decay()[0], 48_000)
    for call in (lambda: read(tmp_path / "a.wav"), lambda: read_bytes((tmp_path / "a.wav").read_bytes(), "a.wav")):
        with pytest.raises(ValueError, match=r"a\.wav: 9,644 bytes; at most 1,000 bytes are read"):
            call()


def test_a_limit_is_raised_by_the_environment(tmp_path):
    write_sofa(tmp_path / "ears.sofa", decay(2, 500)[None])
    refused = read_in_a_process(tmp_path / "ears.sofa", AETHER_LAB_LARGEST_SAMPLES="999")[1]
    assert (
        "1,000 samples over all channels and measurements; at most 999 samples are read (AETHER_LAB_LARGEST_SAMPLES)"
        in refused
    )
    assert read_in_a_process(tmp_path / "ears.sofa", AETHER_LAB_LARGEST_SAMPLES="1000")[1] == "read"


def test_a_limit_that_is_no_number_is_refused():
    code = "import os; os.environ['AETHER_LAB_LARGEST_TEXT'] = 'much'; import aether_lab.signals.limits"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ValueError: AETHER_LAB_LARGEST_TEXT=much: a whole number of bytes is needed, at least 1" in done.stderr


def test_resampling_is_bounded(monkeypatch):
    response = ImpulseResponse(decay(), 8_000, "room")
    with pytest.raises(ValueError, match="room: resampled to 1e\\+12 Hz; allowed are 8000 to 384000 Hz"):
        response.resampled(1e12)
    monkeypatch.setattr(limits, "LONGEST_RESPONSE", 200_000)
    with pytest.raises(ValueError, match="room: 230,400 samples in a response; at most 200,000"):
        response.resampled(384_000)
