"""What a file holds decides, whatever it is called; what is no file is never opened."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest
from measurements import decay, encoded, write_sofa

from aether_lab.signals.audio_files import SUFFIXES, read, read_bytes
from aether_lab.signals.contents import audio_type, check_regular, is_text
from aether_lab.signals.curve_files import read_target

SAMPLES = decay()
TAG = b"ID3\4\0\0" + bytes([0, 0, 1, 20]) + bytes(148)  # 128 + 20 bytes
TAG_WITH_FOOTER = b"ID3\4\0\x10" + bytes([0, 0, 0, 20]) + bytes(30)


@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "RF64", "FLAC", "AIFF", "W64", "CAF", "AU", "OGG"])
@pytest.mark.parametrize("tag", [b"", TAG, TAG_WITH_FOOTER, TAG + TAG])
@pytest.mark.parametrize("name", ["room.irs", "room", "room.raw", "room.sofa", "room.txt"])
def test_audio_is_read_whatever_its_name_and_behind_a_tag(tmp_path, kind, tag, name):
    subtype = "VORBIS" if kind == "OGG" else "PCM_16"
    (tmp_path / name).write_bytes(tag + encoded(SAMPLES, kind, subtype))
    for response in (read(tmp_path / name), read_bytes((tmp_path / name).read_bytes(), name)):
        assert response.samples.shape == (1, 4800) and response.sample_rate == 48_000
        np.testing.assert_allclose(response.samples, SAMPLES, atol=0.1 if kind == "OGG" else 2**-14)


@pytest.mark.parametrize("endian", ["BIG", "LITTLE"])
@pytest.mark.parametrize("kind", ["WAV", "AIFF", "AU"])
def test_either_order_of_bytes_is_read(kind, endian):
    response = read_bytes(bytes(encoded(SAMPLES, kind, endian=endian)), "room")
    np.testing.assert_allclose(response.samples, SAMPLES, atol=2**-14)


@pytest.mark.parametrize("name", ["ears.wav", "ears", "ears.nc", "ears.h5"])
def test_sofa_is_read_whatever_its_name(tmp_path, name):
    write_sofa(tmp_path / name, decay(2)[None])
    assert read(tmp_path / name).channels == 2


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "NMS_ADPCM_32", "IMA_ADPCM", "MS_ADPCM", "ULAW", "ALAW"])
def test_every_codec_of_libsndfile_is_decoded_also_without_seeking(subtype):
    tone = np.sin(np.arange(6400) * 0.1)[None] * np.exp(-np.arange(6400) / 2000) * 0.5
    response = read_bytes(bytes(encoded(tone, "WAV", subtype)), "voice.wav")
    decoded = response.samples[:, :6400]
    assert np.linalg.norm(decoded - tone) < 0.5 * np.linalg.norm(tone)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TAG + b"\xff\xfb\x90\x64" + bytes(1000), "an MP3 file: save it as WAV or FLAC"),
        (b"\xff\xfb\x90\x64" + bytes(1000), "an MP3 file"),
        (b"\0\0\0\x20ftypM4A " + bytes(1000), "an MPEG-4 file, such as M4A"),
        (b"PK\3\4" + bytes(1000), "a ZIP archive"),
        (b"20 1\n200 2\n", "text, not audio; read_target reads measured curves"),
        ("20 1\n".encode("utf-16"), "text, not audio"),
        (b"RIFF\0\0\0\0AVI LIST" + bytes(100), "unknown content"),
        (
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x99\x99\1\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0data\4\0\0\0abcd",
            "not readable as",
        ),
    ],
)
def test_other_content_is_refused_by_what_it_is(tmp_path, content, message):
    (tmp_path / "a.wav").write_bytes(content)
    for call, name in (
        (lambda: read(tmp_path / "a.wav"), tmp_path / "a.wav"),
        (lambda: read_bytes(content, "a.wav"), "a.wav"),
    ):
        with pytest.raises(ValueError, match=message) as refusal:
            call()
        assert str(refusal.value).startswith(f"{name}: ")


def test_every_suffix_of_a_file_dialog_is_lower_case_and_once_there():
    assert len(set(SUFFIXES)) == len(SUFFIXES) and all(suffix.lower() == suffix for suffix in SUFFIXES)
    assert {".wav", ".irs", ".aifc", ".w64", ".caf", ".au", ".sofa"} <= set(SUFFIXES)


def test_text_is_told_from_binary_content():
    assert is_text(b"20\t1\r\n") and is_text("20 \N{EURO SIGN}".encode()) and is_text(b"")
    assert not is_text(b"\0\1\2") and audio_type(b"RIFF") is None


@pytest.fixture
def special(tmp_path):
    """Paths that are no files, and what each is."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        folder = os.getcwd()
        os.chdir(tmp_path)  # the path of a socket has at most 107 bytes
        server.bind("socket")
        os.chdir(folder)
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link to a pipe").symlink_to("pipe")
    (tmp_path / "link to zeros").symlink_to("/dev/zero")
    return tmp_path


REASONS = {
    "pipe": "a pipe, not a file",
    "socket": "a socket, not a file",
    "dangling": "a link to a file that does not exist",
    "loop": "a link that leads back to itself",
    "folder": "a folder, not a file",
    "link to a pipe": "a pipe, not a file",
    "link to zeros": "a device, not a file",
    "nowhere": "no such file",
    "folder/pipe/x": "no such file",
}


@pytest.mark.parametrize("name", REASONS)
def test_what_is_no_file_is_refused_unopened(special, name):
    for call in (check_regular, read, read_target):
        with pytest.raises(ValueError, match=REASONS[name]) as refusal:
            call(special / name)
        assert str(refusal.value).startswith(f"{special / name}: ")


def test_a_file_that_may_not_be_opened_is_refused_by_name(tmp_path, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.wav").write_bytes(encoded(SAMPLES))
    monkeypatch.setattr("pathlib.Path.open", denied)  # tests may run as root, who may open everything
    with pytest.raises(ValueError, match=r"a\.wav: cannot be read \(Permission denied\)"):
        read(tmp_path / "a.wav")


def test_standard_input_is_no_file(tmp_path):
    code = "import sys; from aether_lab.signals.audio_files import read; read('/dev/stdin')"
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, timeout=20)
    assert b"ValueError: /dev/stdin: a pipe, not a file" in done.stderr
