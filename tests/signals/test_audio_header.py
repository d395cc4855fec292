"""Files whose header does not know how many samples follow, as programs that write to a pipe leave them."""

import struct

import numpy as np
import pytest
from measurements import decay, encoded

from aether_lab.signals.audio_files import read_bytes

SAMPLES = decay()
TOLERANCE = 2**-14
LIST = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf58.29.100\0"
ID3V1 = b"TAG" + b"a title".ljust(125, b"\0")
PLACEHOLDERS = [0, 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF - 36]


def piped(content, mark, value, form="<I", after=4):
    """The file with this value as the size of its chunk of samples, and of the whole."""
    content = bytearray(content)
    position = content.index(mark) + after
    content[position : position + struct.calcsize(form)] = struct.pack(form, value)
    return content


def assert_read(content):
    response = read_bytes(bytes(content), "piped")
    assert response.samples.shape == SAMPLES.shape
    np.testing.assert_allclose(response.samples, SAMPLES, atol=TOLERANCE)


@pytest.mark.parametrize("kind", ["WAV", "WAVEX"])
@pytest.mark.parametrize("size", PLACEHOLDERS)
@pytest.mark.parametrize("trailer", [b"", b"\1", LIST, LIST + LIST, ID3V1, LIST + ID3V1])
def test_a_wav_from_a_pipe_is_read_to_its_end_without_what_follows_the_samples(kind, size, trailer):
    content = piped(encoded(SAMPLES, kind), b"data", size)
    content[4:8] = struct.pack("<I", size)
    assert_read(content + trailer)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_other_formats_from_a_pipe_are_read_to_their_end(size):
    everything = 2**64 - 1 if size else 0
    assert_read(piped(encoded(SAMPLES, "WAV", endian="BIG"), b"data", size, ">I"))
    assert_read(piped(piped(encoded(SAMPLES, "AIFF"), b"SSND", size, ">I"), b"COMM", size, ">I", after=10))
    assert_read(piped(encoded(SAMPLES, "AIFF"), b"SSND", size, ">I") + b"NAME" + struct.pack(">I", 4) + b"room")
    assert_read(piped(encoded(SAMPLES, "AU"), b".snd", size, ">I", after=8))
    assert_read(piped(encoded(SAMPLES, "AU", endian="LITTLE"), b"dns.", size, "<I", after=8))
    assert_read(piped(encoded(SAMPLES, "CAF"), b"data", everything, ">Q"))
    assert_read(piped(encoded(SAMPLES, "W64"), b"data\xf3\xac", everything, "<Q", after=16))
    assert_read(piped(encoded(SAMPLES, "RF64"), b"ds64", everything, "<Q", after=16))


def test_a_bw64_file_is_read_as_rf64():
    content = encoded(SAMPLES, "RF64")
    content[:4] = b"BW64"
    assert_read(content)


def test_an_empty_wav_with_a_chunk_behind_is_not_read_as_samples():
    content = encoded(np.zeros((1, 0)), "WAV")
    with pytest.raises(ValueError, match=r"^empty: no samples"):
        read_bytes(bytes(content + LIST), "empty")


def test_a_size_that_is_a_little_too_large_is_a_truncated_file():
    with pytest.raises(ValueError, match=r"^cut: truncated; 6 bytes fewer than its header states"):
        read_bytes(bytes(piped(encoded(SAMPLES), b"data", 9606)), "cut")


@pytest.mark.parametrize("stated", [0, 1])
def test_a_million_tiny_chunks_are_not_walked(stated):
    chunks = (b"junk" + struct.pack("<I", stated) + b"\0\0" * stated) * 500_000
    content = encoded(SAMPLES)
    with pytest.raises(ValueError, match=r"^chunks: "):
        read_bytes(bytes(content[:36] + chunks + content[36:100]), "chunks")
