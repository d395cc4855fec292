"""Zip archives with a file for every common sample rate."""

import io
import re
import zipfile

import numpy as np
import pytest
from cookbook import curve_of, expected_db, random_bank

from aether_lab.formats.archive import export_zip
from aether_lab.formats.rates import COMMON_RATES

BANK = random_bank(4, 6, "cascade")


def test_an_archive_holds_a_fitted_file_for_every_common_rate_and_a_readme():
    archive = export_zip(BANK, "faust", stem="my room", name="room.wav")
    entries = zipfile.ZipFile(io.BytesIO(archive.content))
    names = [f"my-room-{rate:.0f}.dsp" for rate in COMMON_RATES]
    assert entries.testzip() is None and entries.namelist() == ["README.txt", *names]
    readme = entries.read("README.txt").decode()
    for rate, name in zip(COMMON_RATES, names, strict=True):
        content = entries.read(name)
        error = np.abs(curve_of(content, "faust", rate) - expected_db(BANK)).max()
        stated = float(re.search(rf"{name} +([\d.]+)", readme)[1])
        assert error < 0.7 and error == pytest.approx(stated, abs=0.02)
        assert f"{rate:.0f} Hz" in content.decode() and "room.wav" in content.decode()


def test_equal_filters_give_equal_archives_and_save_adds_the_suffix(tmp_path):
    one, two = (export_zip(BANK, "json", rates=[48_000, 44_100]) for _ in range(2))
    assert one.content == two.content and list(one.files) == ["filter-44100.json", "filter-48000.json"]
    assert one.save(tmp_path / "mine") == tmp_path / "mine.zip"
    assert zipfile.is_zipfile(tmp_path / "mine.zip")


def test_names_of_entries_stay_in_the_archive():
    assert list(export_zip(BANK, "json", rates=[48_000], stem="../../etc/x\n").files) == ["etc-x-48000.json"]
    assert list(export_zip(BANK, "json", rates=[48_000], stem="...").files) == ["filter-48000.json"]


def test_invalid_rates_are_refused():
    with pytest.raises(ValueError, match="rates is empty"):
        export_zip(BANK, "json", rates=[])
    with pytest.raises(ValueError, match="a sample rate of 100 Hz; allowed are 8000 to"):
        export_zip(BANK, "json", rates=[100])
