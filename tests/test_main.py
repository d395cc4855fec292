import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aether_lab import FilterSpace, LatentPanel, MapPanel, read_folder
from aether_lab.__main__ import main
from aether_lab.analysis.axes import captions
from aether_lab.analysis.card import card_text
from aether_lab.analysis.reconstruction import STAGES, describe_errors
from aether_lab.filters.recipe import Recipe
from aether_lab.signals.locks import sole_writer
from aether_lab.signals.synthetic import synthetic_responses

pytestmark = pytest.mark.usefixtures("float32")


@pytest.fixture
def folder(tmp_path):
    """Six cabinets and six ears as WAV files, a text that only claims to be one, and a splits.json beside them."""
    root = tmp_path / "irs"
    for family in ("cabinets", "ears"):
        (root / family).mkdir(parents=True)
        systems = synthetic_responses(6, seed=1, families=[family])
        for i in range(len(systems)):
            system = systems.impulse_response(i)
            soundfile.write(root / family / f"{i}.wav", system.samples.T, int(system.sample_rate), subtype="FLOAT")
    (root / "ears" / "notes.wav").write_text("not audio")
    (tmp_path / "splits.json").write_text(json.dumps({"train": ["cabinets"], "test": ["ears"]}))
    return root


@pytest.mark.long
@pytest.mark.slow
def test_a_model_is_trained_from_a_folder_kept_on_disk_and_its_card_says_on_what(folder, capsys):
    assert main(["corpus", str(folder)]) == 0
    store = folder.parent / "irs.corpus"
    told = capsys.readouterr()
    assert told.out.splitlines() == ["12 spectra of 2 sources", str(store)]
    assert "skipped ears/notes.wav: text, not audio" in told.err
    out = folder.parent / "mine.safetensors"
    words = ["train", store, "--out", out, "--sources", "train", "--epochs", 2, "--steps", 5, "--batch", 8]
    assert main([*map(str, words), "--synthetic", "50", "--latent", "2", "--filters", "8"]) == 0
    printed = capsys.readouterr()
    assert (
        "6 of them in the 'train' sources" in printed.out and "skipped ears/notes.wav: text, not audio" in printed.err
    )
    space = FilterSpace.load(out)
    assert (space.latent_dim, space.num_filters) == (2, 8)
    card = space.card
    assert card["sources"] == {"cabinets": {"spectra": 6, "credit": ""}} and card["synthetic_responses"] == 50
    assert card["training"]["epochs"] == 2 and len(card["learned_range"]) == 2
    assert set(card) == set(FilterSpace.load("nested").card)
    names = ["irs", "irs.corpus", "mine.md", "mine.safetensors", "splits.json"]
    assert sorted(p.name for p in folder.parent.iterdir()) == names
    assert (folder.parent / "mine.md").read_text() == card_text(card)


@pytest.mark.slow
def test_a_model_of_one_s_own_is_as_good_a_product_as_a_shipped_one(folder):
    """Captions that its weights bear out, a calibrated code, landmarks on the map, and knobs that say what they do."""
    out = folder.parent / "mine.safetensors"
    words = ["train", folder, "--out", out, "--epochs", 8, "--steps", 40, "--synthetic", 400]
    assert main([*map(str, words)]) == 0
    space = FilterSpace.load(out)
    card = space.card
    assert captions(space) == card["captions"] and "does nothing" not in card["captions"]
    codes = np.asarray(space.encode(read_folder(folder).spectra_db)[0])
    np.testing.assert_allclose(codes.mean(0), 0, atol=1e-3)
    assert (codes.std(0) <= 1.001).all() and (np.abs(codes) <= 2.001).all(1).mean() >= 0.9
    assert (
        card["metrics"]["seen"]
        and card["metrics"]["overall"]["mu"]["mean"] > card["metrics"]["overall"]["direct"]["mean"]
    )
    assert {origin.split(" ")[0] for origin in card["landmark_sources"].values()} == {"cabinets", "ears"}
    panel = LatentPanel(space)
    assert [knob.description for knob in panel.knobs] == card["names"]
    assert panel.view.space["landmarks"] == card["landmarks"]
    atlas = MapPanel(space)
    assert "of the variance" in atlas.view.space["plane"]["terms"][0] and len(atlas.view.space["landmarks"]) >= 2
    panel.close(), atlas.close()


@pytest.mark.slow
def test_evaluate_judges_the_test_sources_and_writes_the_errors(folder, capsys):
    out = folder.parent / "reconstruction.json"
    assert main(["evaluate", str(folder), "--json", str(out)]) == 0
    report = json.loads(out.read_text())
    assert set(report) == {"overall", "over_sources", "by_kind", "by_source"} and set(report["by_source"]) == {"ears"}
    assert set(report["overall"]) == {*STAGES, "kinds_pca2", "kinds_pca4", "kinds_pca8"}
    for stage in STAGES:
        assert set(report["overall"][stage]) == {"mean", "median", "p90"}
        assert np.isfinite(list(report["overall"][stage].values())).all()
    printed = capsys.readouterr().out
    learned = "80000 synthetic responses (70% of the draws)"  # of 4d
    assert f"PCA fitted to 6 spectra of 1 source and {learned}" in printed
    assert "errors of 6 spectra of 1 source" in printed and "all of kind ear" in printed
    assert f"4 numbers: network {report['over_sources']['mu']['mean']:.2f} dB, refined " in printed
    assert main(["evaluate", str(folder), "--pca-on", "measured"]) == 0
    assert "PCA fitted to 6 spectra\n" in capsys.readouterr().out


@pytest.mark.slow
def test_evaluate_unites_folders_and_takes_curves(folder, tmp_path, capsys):
    curves = tmp_path / "wide" / "irs" / "microphones"
    curves.mkdir(parents=True)
    for i in range(2):
        (curves / f"{i}.csv").write_text(f"frequency,dB\n200,{i}\n1000,6\n12000,-3\n")
    assert main(["evaluate", str(folder), str(curves.parent)]) == 2
    assert "irs: there is no splits.json beside it, but there is for another" in capsys.readouterr().err
    (tmp_path / "wide" / "splits.json").write_text(json.dumps({"train": [], "test": ["microphones"]}))
    out = tmp_path / "errors.json"
    assert main(["evaluate", str(folder), str(curves.parent), "--prior", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "14 spectra of 3 sources" in printed and "all of kind microphone" in printed and "Codes: mean" in printed
    assert len(json.loads(out.read_text())["prior"]["codes"]["mean"]) == 4
    assert set(json.loads(out.read_text())["by_source"]) == {"ears", "microphones"}
    assert main(["corpus", str(curves.parent)]) == 0
    assert "2 spectra of 1 source" in capsys.readouterr().out


@pytest.mark.slow
def test_evaluate_of_one_file_says_what_costs_its_decibels(folder, capsys):
    out = folder.parent / "reconstruction.json"
    assert main(["evaluate", str(folder / "ears" / "0.wav"), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "1 spectrum of 1 source" in printed and "PCA fitted to 80000 synthetic responses" in printed
    report = json.loads(out.read_text())
    assert list(report["by_source"]) == ["0.wav"]
    costs = {stage: each["mean"] for stage, each in report["overall"].items()}
    assert set(costs) > set(STAGES) and printed.strip().endswith(describe_errors(costs, 4))


@pytest.mark.slow
def test_knobs_tells_what_each_does_and_what_the_scores_are(tmp_path, capsys):
    out = tmp_path / "knobs.json"
    assert main(["knobs", "--model", "4d", "2d", "--seeds", "1", "--json", str(out)]) == 0
    printed, found = capsys.readouterr().out, json.loads(out.read_text())
    for caption in (*FilterSpace.load("4d").card["captions"], *FilterSpace.load("2d").card["captions"]):
        assert caption in printed
    assert found["knobs"]["4d"]["captions"] == FilterSpace.load("4d").card["captions"]
    assert f"{found['scores']['4d']['mig']['mean']:.3f}" in printed and "varimax4" in printed
    assert main(["knobs", "--seeds", "0"]) == 2
    assert "--seeds 0: at least one" in capsys.readouterr().err


def test_sweep_writes_a_figure_that_needs_no_network(tmp_path):
    out = tmp_path / "sweep.html"
    assert main(["sweep", "--model", "2d", "--curves", "5", "--out", str(out)]) == 0
    text = out.read_text()
    assert "z1: Treble, +" in text and "<script src=" not in text and "<link" not in text


def test_recipe_takes_a_response_home_as_the_file_that_the_suffix_names(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    assert main(["recipe", "irs/cabinets/0.wav", "--out", "mine.yaml", "--sections", "6", "--shelves"]) == 0
    printed = capsys.readouterr().out
    assert "mine.yaml: CamillaDSP, 6 sections, 48000 Hz" in printed and "from 0.wav" in printed
    assert float(re.search(r"LSD ([\d.]+) dB", printed)[1]) < 1.5
    assert float(re.search(r"worst ([\d.e-]+) dB", printed)[1]) < 0.05
    text = (folder.parent / "mine.yaml").read_text()
    assert text.count("type: Biquad") == 6 and "Lowshelf" in text and "# aether_lab: 0.wav" in text


@pytest.mark.slow
def test_recipe_corrects_with_the_settings_of_a_device(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    words = ["recipe", "irs/cabinets/0.wav", "--correct", "--device", "boss-ge-7"]
    assert main([*words, "--out", "pedal.json"]) == 0
    assert "band 7: peaking, 6400 Hz" in (printed := capsys.readouterr().out) and "nearest to the free" in printed
    gains = [each["gain"] for each in json.loads((folder.parent / "pedal.json").read_text())["sections"]]
    assert len(gains) == 7 and all(gain == round(gain) and abs(gain) <= 15 for gain in gains)
    assert main([*words, "--whole-hertz"]) == 2
    assert "--whole-hertz with --device" in capsys.readouterr().err


def test_recipe_writes_the_band_of_curves_that_a_part_of_the_band_allows(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    Path("part.csv").write_text("hz,db\n200,-6\n600,4\n1000,0\n2000,-6\n")
    words = ["recipe", "part.csv", "--correct", "--sections", "6", "--fan", "fan.csv", "--out", "part.json"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "fan.csv: 90 % of the curves that part.csv allows; the band is 0" in printed
    assert re.search(r"Boost is limited below .* and above .*; there is none below .* and above", printed)
    hertz, low, median, high = np.loadtxt("fan.csv", delimiter=",", skiprows=1).T
    assert hertz.size == 62 and (low <= median).all() and (median <= high).all()
    hidden = (hertz < 150) | (hertz > 3000)
    assert (high - low)[hidden].min() > 5 > 2 > (high - low)[(hertz > 250) & (hertz < 1800)].max()
    made = Recipe.load("part.json")
    gain = np.asarray(made.response_db(hertz)) - np.asarray(made.response_db([400.0]))
    assert gain[(hertz > 1500) & (hertz < 2000)].max() > 3 + gain[hertz > 8000].max()
    assert main(["recipe", "part.csv", "--fan", "noisy.csv", "--noise", "3", "--sections", "3"]) == 0
    wide = np.loadtxt("noisy.csv", delimiter=",", skiprows=1)
    assert (wide[:, 3] - wide[:, 1])[20] > 2 + (high - low)[20]


def test_recipe_corrects_two_channels_of_several_positions_to_a_tilt(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    words = ["recipe", "irs/cabinets/0.wav", "irs/cabinets/1.wav", "--right", "irs/cabinets/2.wav", "--correct"]
    assert main([*words, "--target", "tilt:-0.8", "--max-boost", "9", "--format", "equalizerapo", "--out", "eq"]) == 0
    printed = capsys.readouterr().out
    assert "corrected to tilt -0.8 dB per octave (left)" in printed and "excess phase" in printed
    before, after = map(float, re.search(r"([\d.]+) dB before, ([\d.]+) dB after", printed).groups())
    assert after < before
    for name in ("eq-left.txt", "eq-right.txt"):
        assert re.match(r"(#.*\n)+Preamp: -[\d.]+ dB\nFilter 1: ON LSC", (folder.parent / name).read_text())


@pytest.mark.slow
def test_recipe_writes_one_archive_for_several_rates(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    words = ["recipe", "irs/cabinets/0.wav", "--format", "equalizerapo", "--sections", "4", "--whole-hertz"]
    assert main([*words, "--rates", "44100,48000", "--out", "mine.zip"]) == 0
    assert "EqualizerAPO: one filter for 2 sample rates" in capsys.readouterr().out
    archive = zipfile.ZipFile("mine.zip")
    assert archive.namelist() == ["README.txt", "mine-44100.txt", "mine-48000.txt"]
    assert re.search(r"Fc \d+ Hz", archive.read("mine-44100.txt").decode())


@pytest.mark.slow
def test_recipe_takes_a_curve_through_a_model_to_a_refitted_list(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "curve.csv").write_text("frequency,raw\n200,-3\n1000,0\n3000,6\n12000,-6\n")
    words = ["recipe", "curve.csv", "--model", "2d", "--through-model", "--format", "equalizerapo", "--rate", "44100"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "curve.txt: EqualizerAPO, 10 sections, 44100 Hz" in printed and "z = " in printed
    assert "through 2d, 200 to 12000 Hz" in printed and "refitted to one of 10 sections" in printed


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["evaluate", "nowhere"], "error: nowhere: no such folder"),
        (["evaluate", ".", "--model", "5d"], "error: '5d' is neither a model file nor a shipped model"),
        (["sweep", "--out", "sweep.gif"], "a figure is saved as .html, .png, .svg or .pdf"),
        (["recipe", "nowhere.wav"], "nowhere.wav: no such file"),
        (["recipe", "splits.json"], "splits.json: JSON, but not a recipe of filters"),
        (["recipe", "irs/ears/notes.wav"], "notes.wav: no numbers in it"),
        (["recipe", "irs/ears/0.wav", "--out", "a.txt"], "say with --format which of equalizerapo, graphiceq and rew"),
        (["recipe", "irs/ears/0.wav", "--rate", "100"], "--rate 100: allowed are 8000 to 384000 Hz"),
        (["recipe", "irs/ears/0.wav", "--rates", "48k"], "--rates 48k: allowed are all, or rates such as 44100,96000"),
        (["recipe", "irs/ears/0.wav", "--rates", "all", "--out", "a.txt"], "--rates writes an archive; use a .zip"),
        (["recipe", "irs/ears/0.wav", "--whole-hertz"], "whole frequencies in format 'json'"),
        (["recipe", "irs/ears/0.wav", "--through-model"], "--through-model: say with --model which"),
        (["recipe", "irs/ears/0.wav", "--fan", "fan.txt"], "--fan fan.txt: the band is a table; use a .csv name"),
        (["recipe", "irs/ears/0.wav", "--fan", "a.csv", "--noise", "-1"], "allowed are 0 dB or more"),
        (["recipe", "irs/ears/0.wav", "--noise", "2"], "--noise 2: that is for --fan and for --correct"),
        (["recipe", "irs/ears/0.wav", "--target", "flat"], "--target is for a correction: say --correct too"),
        (["recipe", "irs/ears/0.wav", "irs/ears/1.wav"], "2 files: several are positions of one channel"),
        (["recipe", "irs/ears/0.wav", "--correct", "--target", "warm"], "target 'warm' is no file; allowed are flat"),
        (["recipe", "irs/ears/0.wav", "--correct", "--band", "9", "50"], "band_hz is 9 to 50 Hz; it must rise within"),
        (["recipe", "irs/ears/0.wav", "--correct", "--model", "2d"], "without --model"),
        (["recipe", "irs/ears/0.wav", "--out", "a.vst"], "say with --format one of json, csv"),
        (["recipe", "irs/ears/0.wav", "--out", "irs/ears/0.wav", "--format", "fir"], "that is the file to be matched"),
        (["train", ".", "--out", "model.txt"], "a model file ends in .safetensors"),
        (["train", ".", "--out", "nowhere/m.safetensors"], "there is no folder nowhere"),
        (["train", "IRS", "--out", "m.safetensors", "--epochs", "0"], "epochs is 0; it must be at least 1"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(words, reason, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    assert main([str(folder) if word == "IRS" else word for word in words]) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert reason in told


TINY = ["--epochs", "1", "--steps", "2", "--batch", "8", "--synthetic", "20", "--latent", "1", "--filters", "4"]


@pytest.mark.parametrize(
    ("there", "more", "reason"),
    [
        (["m.safetensors"], [], "m.safetensors: is there already; choose another --out, or add --overwrite"),
        (["m.md"], ["--resume"], "m.md: is there already; choose another --out, or add --overwrite"),
        (
            ["m.safetensors.checkpoint"],
            ["--overwrite"],
            "m.safetensors.checkpoint: of an interrupted run; continue it with --resume, or discard it with --restart",
        ),
    ],
)
def test_training_loses_no_model_no_card_and_no_interrupted_run(there, more, reason, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    for name in there:
        (folder.parent / name).write_bytes(b"mine")
    assert main(["train", "irs", "--out", "m.safetensors", *TINY, *more]) == 2
    assert capsys.readouterr().err.strip() == f"error: {reason}"
    assert [(folder.parent / name).read_bytes() for name in there] == [b"mine"] * len(there)


def test_a_second_training_of_a_model_is_refused(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.parent)
    with sole_writer("m.safetensors"):
        assert main(["train", "irs", "--out", "m.safetensors", *TINY]) == 2
    assert capsys.readouterr().err.startswith("error: m.safetensors: another process is writing it")
    assert sorted(path.name for path in folder.parent.iterdir()) == ["irs", "splits.json"]


@pytest.mark.long
@pytest.mark.slow
def test_a_model_is_overwritten_and_a_run_discarded_where_asked_and_nothing_to_resume_is_said(folder, capsys):
    out = folder.parent / "m.safetensors"
    checkpoint = folder.parent / "m.safetensors.checkpoint"
    for path in (out, out.with_suffix(".md"), checkpoint):
        path.write_bytes(b"old")
    words = ["train", str(folder), "--out", str(out), "--sources", "test", *TINY]
    assert main([*words, "--overwrite", "--restart"]) == 0
    printed = capsys.readouterr().out
    assert "on 6 spectra of the held-out sources" in printed and "6 of them in the 'test' sources" in printed
    assert FilterSpace.load(out).card["metrics"]["test_sources"] == ["cabinets"] and not checkpoint.exists()
    assert main([*words, "--overwrite", "--resume"]) == 0
    assert (
        f"nothing to resume: there is no {checkpoint}; training starts with the first epoch" in capsys.readouterr().out
    )


@pytest.mark.parametrize("out", ["/dev/stdout", "link"])
def test_a_filter_goes_to_standard_output_and_what_is_printed_beside(out, tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdout")
    (tmp_path / "curve.csv").write_text("frequency,raw\n200,-3\n1000,0\n3000,6\n12000,-6\n")
    words = [sys.executable, "-m", "aether_lab", "recipe", "curve.csv", "--out", out, "--format", "json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)["sections"]) and "LSD" in done.stderr
    assert (tmp_path / "link").is_symlink() and sorted(p.name for p in tmp_path.iterdir()) == ["curve.csv", "link"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "begin"),
    [
        (["page", "--model", "2d"], b"<!doctype html>"),
        (["sweep", "--model", "2d", "--curves", "3"], b"<!DOCTYPE html>"),
        (["render", "irs/ears/0.wav", "--model", "2d"], b"RIFF"),
    ],
)
def test_a_page_a_figure_and_sound_go_to_standard_output(words, begin, folder):
    words = [sys.executable, "-m", "aether_lab", *words, "--out", "/dev/stdout"]
    done = subprocess.run(words, cwd=folder.parent, capture_output=True, check=True)
    assert done.stdout[: len(begin)].lower() == begin.lower() and b"/dev/stdout" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="NOT TESTED: process substitution is of bash")
def test_a_filter_goes_to_a_process_substitution(tmp_path):
    (tmp_path / "curve.csv").write_text("frequency,raw\n200,-3\n1000,0\n3000,6\n12000,-6\n")
    command = f"{shlex.quote(sys.executable)} -m aether_lab recipe curve.csv --format json"
    command += " --out >(cat > copy.json; touch done); until [ -e done ]; do sleep 0.05; done"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=120)
    assert json.loads((tmp_path / "copy.json").read_text())["sections"]
