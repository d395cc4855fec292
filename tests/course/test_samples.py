import numpy as np
import pytest
import soundfile

from aether_lab import as_target, read_target
from aether_lab.course.samples import (
    course_responses,
    headphone_curve,
    headphone_table,
    most_reverberant,
    sample_files,
)
from aether_lab.signals.course_corpus import FOLDER_VARIABLE


def test_without_a_folder_of_ones_own_there_are_synthetic_files(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    files = sample_files(tmp_path)
    assert {file.parent.name for file in files} == {"rooms", "plates", "cabinets", "microphones", "ears", "headphones"}
    latest = most_reverberant(files)
    assert "rooms" in latest.name or "plates" in latest.name


def test_the_most_reverberant_is_found_in_a_later_folder_too(tmp_path):
    for k in range(50):
        soundfile.write(tmp_path / f"a{k:02d}.wav", np.eye(1, 480)[0], 48_000)
    for k in range(4):
        late = np.r_[1, np.zeros(399), 0.9, np.zeros(79)]
        soundfile.write(tmp_path / f"room{k}.wav", late, 48_000)
    assert most_reverberant(sorted(tmp_path.glob("*.wav")), most=20).name.rpartition("/")[2].startswith("room")


def test_the_table_of_the_headphone_is_read_as_its_curve(tmp_path):
    table = as_target(headphone_table(tmp_path))
    np.testing.assert_allclose(table.spectrum_db, as_target(headphone_curve()).spectrum_db, atol=0.02)
    assert type(read_target(tmp_path / "headphone.csv")).__name__ == "Curve"


def test_files_and_responses_of_ones_own_folder_are_taken(tmp_path, monkeypatch):
    for source in ("hall", "room"):
        (tmp_path / source).mkdir()
        for k in range(3):
            soundfile.write(tmp_path / source / f"{k}.wav", np.eye(1, 480, k)[0] + 0.01 * np.eye(1, 480, 99)[0], 48_000)
    (tmp_path / "notes.txt").write_text("of the day")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert [file.name for file in sample_files("unused")] == ["0.wav", "1.wav", "2.wav"] * 2
    responses = course_responses(4)
    assert len(responses) == 4 and set(responses.sources) <= {"hall", "room"}


def test_a_folder_without_audio_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(ValueError, match=r"no file in it ends in \.wav, \.flac"):
        sample_files("unused")


def test_files_that_are_no_responses_are_passed_over(tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    soundfile.write(tmp_path / "good.wav", np.eye(1, 480)[0], 48_000)
    assert most_reverberant([tmp_path / "bad.wav", tmp_path / "good.wav"]).name.endswith("good.wav")
    with pytest.raises(ValueError, match="none of 1 files"):
        most_reverberant([tmp_path / "bad.wav"])
