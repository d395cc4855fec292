"""Offline rendering, compared with SciPy, with the browser's engine in Node, and by its audible properties."""

import io
import itertools
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile
from kinds_space import SMALL
from listening import FASTEST, RATE, above_8_khz_db, blocks, decibels, error_db, fields, noise, sine, words

from aether_lab.__main__ import main
from aether_lab.audio import render
from aether_lab.audio.motion import Motion
from aether_lab.audio.noise import pink_noise, white_noise
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.filters import time_varying
from aether_lab.filters.recipe import Recipe
from aether_lab.model.space import FilterSpace

JUMP = [(0.0, Motion(centre=(-2.0,) * 4)), (1.0, Motion(centre=(2.0,) * 4))]


@pytest.mark.parametrize("topology", ["parallel", "cascade"])
@pytest.mark.parametrize("polarity", ["positive", "alternating"])
def test_the_browsers_static_bank_has_the_impulse_response_that_scipy_computes(in_node, space, topology, polarity):
    bank = replace(space, settings=replace(space.settings, topology=topology, polarity=polarity))
    recipe = bank.decode([0.5, -1.0, 1.5, 0.3])
    impulse = np.zeros((blocks(1.0), 2))
    impulse[0] = 1
    arrays = {
        "frequency": np.asarray(recipe.frequency_hz, float) / (RATE / 2),
        "q": recipe.q,
        "gain_db": recipe.gain_db,
    }
    plain = {name: np.asarray(values, float).tolist() for name, values in arrays.items()}
    found = in_node(impulse, bank, recipe=plain)[:, 0]
    sos = recipe.sos()
    if topology == "cascade":
        expected = scipy.signal.sosfilt(sos, impulse[:, 0])
    else:
        expected = sum(scipy.signal.sosfilt(row[None], impulse[:, 0]) for row in sos)
    assert error_db(found, expected) < -200


@pytest.mark.slow
@pytest.mark.parametrize("topology", ["parallel", "cascade"])
@pytest.mark.parametrize(
    ("rate", "automation", "mix"),
    [
        (RATE, replace(FASTEST, stereo_offset=0.5), 1.0),
        (RATE, FASTEST, 0.4),
        (44_100, replace(FASTEST, kind="walk", seed=5), 1.0),
        (32_000, replace(FASTEST, kind="orbit", rate=1.5), 1.0),
    ],
    ids=["spiral, stereo offset", "spiral, half dry", "walk at 44.1 kHz", "orbit at 32 kHz"],
)
def test_python_and_the_browser_play_the_same(in_node, space, topology, rate, automation, mix):
    bank = replace(space, settings=replace(space.settings, topology=topology))
    x = noise(blocks(10.0, rate))
    ours = render.render(x, bank, automation, rate, mix)
    theirs = in_node(x, bank, rate, options={"motion": fields(automation), "mix": mix, "faded": False})
    assert error_db(theirs, ours) < -100  # float32 weights and z in Python; -60 is the limit


def test_a_moved_slider_sounds_the_same_in_python_and_the_browser(in_node, space):
    x = noise(blocks(1.2))
    ours = render.render(x, space, JUMP, RATE)
    theirs = in_node(
        x, space, options={"motion": fields(JUMP[0][1]), "faded": False}, changes=[[RATE, "setZ", [2] * 4]]
    )
    assert error_db(theirs, ours) < -90


def test_a_way_through_kinds_sounds_the_same_in_python_and_the_browser(in_node):
    x = noise(blocks(1.2))
    room, ear = [0.5, -1, 0.3, 1, 0], [-0.5, 1, -0.3, 0, 1]
    through = Motion("path", centre=(0.0,) * 5, points=(room, ear), rate=2.0, stereo_offset=0.25)
    ours = render.render(x, SMALL, through, RATE)
    theirs = in_node(x, SMALL, options={"motion": fields(through), "faded": False})
    assert error_db(theirs, ours) < -90
    assert error_db(render.render(x, SMALL, Motion(centre=room), RATE), ours) > -20


def test_a_figure_moves_the_knobs_and_leaves_details_and_kinds(in_node):
    x = noise(blocks(1.2))
    spiral = Motion("spiral", centre=(0.5, -1.0, 0.3, 0.0, 1.0), rate=2.0, slow_rate=1.0)
    ours = render.render(x, SMALL, spiral, RATE)
    theirs = in_node(x, SMALL, options={"motion": fields(spiral), "faded": False})
    assert error_db(theirs, ours) < -90
    np.testing.assert_array_equal(ours, render.render(x, SMALL, replace(spiral, slow_radius=0.0), RATE))
    shorter = render.render(x, SMALL, replace(spiral, centre=(0.5, -1.0)), RATE)
    mixed = render.render(x, SMALL, replace(spiral, centre=(0.5, -1.0, 0.0, 1.0, 1.0)), RATE)
    np.testing.assert_allclose(shorter, mixed, atol=1e-6)
    with pytest.raises(ValueError, match="centre has 4 dimensions; this space has 5"):
        render.render(x, SMALL, Motion(), RATE)


def centres(latent_dim):
    """Centres of a spiral: 0, every corner of the slider range, and a few points between."""
    inside = np.random.default_rng(0).uniform(-2, 2, (8, latent_dim))
    return [(0.0,) * latent_dim, *itertools.product((-2.0, 2.0), repeat=latent_dim), *map(tuple, inside.tolist())]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d"])
def test_the_fastest_spiral_makes_no_click_of_a_sine_wherever_the_knobs_are(in_node, name):
    space = FilterSpace.load(name)
    x = sine(blocks(1.4))
    spirals = [
        replace(FASTEST, centre=centre, swap=swap) for centre in centres(space.latent_dim) for swap in (False, True)
    ]
    takes = in_node(x, space, options=[{"motion": fields(spiral), "faded": False} for spiral in spirals])
    clicks = [above_8_khz_db(y, 0.3, 1.3) for y in takes]
    worst = int(np.argmax(clicks))
    assert clicks[worst] < -120, spirals[worst]  # -100 is the limit
    ours = render.render(x, space, spirals[worst], RATE)
    assert above_8_khz_db(ours, 0.3, 1.3) < -110
    assert error_db(takes[worst], ours) < -90  # the jumpiest decoder of the three, where its sections are widened


@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d"])
def test_a_jump_of_every_knob_from_end_to_end_makes_no_click_of_a_sine(in_node, name):
    space = FilterSpace.load(name)
    x = sine(blocks(1.2))
    here, there = (-2.0,) * space.latent_dim, (2.0,) * space.latent_dim
    jump = [(0.0, Motion(centre=here)), (1.0, Motion(centre=there))]
    job = {"options": {"motion": fields(jump[0][1]), "faded": False}, "changes": [[RATE, "setZ", list(there)]]}
    for y in (render.render(x, space, jump, RATE), in_node(x, space, **job)):
        assert above_8_khz_db(y, 0.98, 1.06) < -110  # -90 is the limit


@pytest.mark.slow
@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d"])
def test_a_jump_far_out_of_the_knobs_and_back_makes_no_click_of_a_sine(in_node, name):
    """Without a limit of the speed of z: -45 dB.

    The sine is so soft that no resonance lifts it to the limiter, whose harmonics are not clicks.
    """
    space = FilterSpace.load(name)
    x = sine(blocks(2.4), 1e-4)
    for far in (30.0, -1e3, 1e6):
        there, back = (far,) * space.latent_dim, (0.0,) * space.latent_dim
        jumps = [(0.0, Motion(centre=back)), (0.48, Motion(centre=there)), (1.28, Motion(centre=back))]
        job = {"options": {"motion": fields(jumps[0][1]), "faded": False}}
        job["changes"] = [[round(when * RATE), "setZ", list(motion.centre)] for when, motion in jumps[1:]]
        ours, theirs = render.render(x, space, jumps, RATE), in_node(x, space, **job)
        for y in (ours, theirs):
            assert above_8_khz_db(y, 0.46, 1.2) < -120 and above_8_khz_db(y, 1.26, 2.3) < -120, far
        assert error_db(theirs, ours) < -80


def test_a_jump_of_z_takes_effect_in_its_first_block(space):
    x = sine(blocks(1.1))
    still = render.render(x, space, JUMP[0][1], RATE)
    jumped = render.render(x, space, JUMP, RATE)
    first = np.flatnonzero(np.abs(still - jumped).max(axis=1) > 1e-9)[0]
    assert RATE <= first < RATE + render.HOP


@pytest.mark.slow
@pytest.mark.parametrize("topology", ["parallel", "cascade"])
@pytest.mark.parametrize("rate", [RATE, 32_000])
def test_a_residual_follows_the_time_varying_bank_in_python_and_the_browser(in_node, space, residual, topology, rate):
    bank = replace(space, settings=replace(space.settings, topology=topology))
    x = noise(blocks(3.0, rate))
    ours = render.render(x, bank, FASTEST, rate, 0.7, residual)
    options = {"motion": fields(FASTEST), "mix": 0.7, "faded": False, "residual": words(residual)}
    assert error_db(in_node(x, bank, rate, options=options), ours) < -100
    assert error_db(render.render(x, bank, FASTEST, rate, 0.7), ours) > -20


@pytest.mark.slow
def test_at_the_encoded_point_the_wet_spectrum_is_that_of_bank_and_residual(in_node, space, residual):
    encoded = (0.5, -1.0, 1.5, 0.3)
    impulse = np.zeros((2**17, 2))
    impulse[0] = 0.01  # below the limiter
    options = {"motion": fields(Motion(centre=encoded)), "faded": False, "residual": words(residual)}
    frequency = np.geomspace(20, 20_000, 400)
    expected = np.asarray(space.decode(encoded).response_db(frequency) + residual.response_db(frequency))
    for y in (
        in_node(impulse, space, options=options)[:, 0],
        render.render(impulse, space, Motion(centre=encoded), RATE, residual=residual)[:, 0],
    ):
        _, found = scipy.signal.freqz(y, 1, frequency, fs=RATE)
        deviation = decibels(np.abs(found) ** 2) - expected
        assert np.ptp(deviation) < 0.05  # up to the level correction, one factor for all; the limit is 0.1


def test_a_new_residual_fades_in_without_a_click_at_equal_level(in_node, space, residual):
    motion = fields(Motion(centre=(0.5, -1.0, 1.5, 0.3)))
    steep = Recipe.of([1_000.0], [0.5], [20.0])
    changes = [
        [48_000, "setResidual", words(residual)],
        [72_000, "setResidual", words(steep)],
        [96_000, "setResidual", {}],
    ]
    wet, dry = in_node(
        sine(blocks(2.5)),
        space,
        options=[{"motion": motion, "mix": mix, "faded": False} for mix in (1, 0)],
        changes=changes,
    )
    for change, *_ in changes:
        assert above_8_khz_db(wet, change / RATE - 0.02, change / RATE + 0.1) < -110
    np.testing.assert_array_equal(dry, sine(blocks(2.5)))
    x = noise(blocks(10.0))
    plain, other = in_node(x, space, options=[{"motion": motion, "residual": words(r)} for r in (residual, steep)])
    band = scipy.signal.butter(6, render.LEVEL_RANGE, "bandpass", fs=RATE, output="sos")
    loudness = [np.std(scipy.signal.sosfilt(band, y[:, 0])) for y in (x, plain, other)]
    np.testing.assert_allclose(decibels(np.square(loudness[1:]) / loudness[0] ** 2), 0, atol=1.0)


@pytest.mark.slow
@pytest.mark.parametrize("z", [-2.0, -1.0, 0.0, 1.0, 2.0])
@pytest.mark.parametrize("topology", ["parallel", "cascade"])
def test_pink_noise_has_the_same_level_wet_and_dry(space, topology, z):
    # The shipped weights are for a parallel bank; in series their gains exceed the range of the level correction.
    bank = space if topology == "parallel" else FilterSpace.untrained(seed=1, topology=topology)
    x = pink_noise(blocks(10.0))
    y = render.render(x, bank, Motion(centre=(z,) * 4), RATE)
    band = scipy.signal.butter(6, render.LEVEL_RANGE, "bandpass", fs=RATE, output="sos")
    dry, wet = (np.std(scipy.signal.sosfilt(band, sound)) for sound in (x, y))
    assert abs(decibels((wet / dry) ** 2)) < 1.0


def test_a_centre_keeps_its_frequency_at_another_rate_and_fades_near_nyquist(space):
    recipe = space.decode([[0.0] * 4])
    for rate in (16_000.0, 44_100.0, 96_000.0):
        frequency, _, gain, _ = render.parameter_frames(recipe, rate)
        np.testing.assert_allclose(frequency * rate / 2, recipe.frequency_hz, rtol=1e-5)
        inside = np.asarray(recipe.frequency_hz[0]) < rate / 2
        assert np.all((np.asarray(gain[0]) != 0) == inside)


def test_nothing_is_above_full_scale_nor_below_minus_3_db_touched():
    x = np.concatenate([np.linspace(-render.LIMITER_KNEE, render.LIMITER_KNEE, 101), [-1e9, -1.0, 0.8, 1.0, 1e9]])
    y = np.asarray(render.soft_limit(x))
    np.testing.assert_array_equal(y[:101], x[:101])
    assert np.abs(y).max() <= 1
    assert 0.7 < y[-3] < 0.8


def test_nan_and_infinite_samples_give_a_finite_result(space):
    x = noise(blocks(0.5))
    x[1000], x[2000], x[3000:3010] = np.nan, np.inf, -1e30
    y = render.render(x, space, FASTEST, RATE)
    assert np.isfinite(y).all()
    assert np.abs(y).max() <= 1


@pytest.mark.slow
def test_chunks_join_seamlessly_and_the_length_is_kept(space):
    n = 2 * render.CHUNK + 1001
    x = pink_noise(n)
    y = render.render(x, space, FASTEST, RATE)
    assert y.shape == (n,)
    recipe = space.decode(FASTEST.at(render.HOP * (1 + np.arange(-(-n // render.HOP))) / RATE))
    frequency, q, amplitude, _ = render.parameter_frames(recipe, RATE)
    whole = time_varying.filter_parallel(np.asarray(x), frequency, q, amplitude)
    np.testing.assert_allclose(y, render.soft_limit(whole), atol=1e-7)


def test_mix_zero_is_dry_and_a_stereo_offset_makes_mono_stereo(space):
    x = pink_noise(5000)
    np.testing.assert_allclose(render.render(x, space, FASTEST, RATE, mix=0.0), x, atol=1e-12)
    y = render.render(x, space, replace(FASTEST, stereo_offset=0.25), RATE)
    assert y.shape == (5000, 2)
    assert np.abs(y[:, 0] - y[:, 1]).max() > 0.01


def test_noise_is_seeded_flat_or_falls_by_3_db_an_octave():
    n = 2**19
    assert np.array_equal(white_noise(n, 7)[:9], white_noise(9, 7))
    assert abs(np.corrcoef(white_noise(n, 1), white_noise(n, 2))[0, 1]) < 0.01
    frequency, power = scipy.signal.welch(pink_noise(n), RATE, nperseg=8192)
    octaves = [power[(frequency > low) & (frequency < 2 * low)].mean() for low in 50 * 2.0 ** np.arange(8)]
    np.testing.assert_allclose(np.diff(decibels(np.array(octaves))), -3.01, atol=0.6)
    assert abs(decibels(np.mean(pink_noise(n) ** 2)) + 20) < 0.3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": np.zeros((4, 3))}, r"\(4, 3\); allowed are"),
        ({"automation": Motion(centre=(0, 0))}, "centre has 2 dimensions; this space has 4"),
        ({"sample_rate": 100.0}, "sample_rate is 100.0; allowed is 8000"),
        ({"mix": 1.5}, "mix is 1.5"),
        (
            {"residual": Recipe.of([100.0], [1.0], [0.0], "parallel")},
            r"parallel bank of shape \(1,\); it must be one cascade",
        ),
    ],
)
def test_invalid_render_arguments_raise(space, change, words):
    arguments = {"x": np.zeros(256), "automation": Motion(), "sample_rate": RATE} | change
    with pytest.raises(ValueError, match=words):
        render.render(space=space, **arguments)


def test_the_command_renders_a_file_as_the_function_does(tmp_path, space, residual, capsys):
    x = noise(70_001)
    soundfile.write(tmp_path / "dry.wav", x, RATE, "DOUBLE")
    flags = ["--motion", "spiral", "--rate", "2", "--radius", "1", "--swap", "--stereo-offset", "0.5", "--mix", "0.8"]
    (tmp_path / "residual.json").write_text(residual.to_json())
    flags += ["--residual", str(tmp_path / "residual.json")]
    assert main(["render", str(tmp_path / "dry.wav"), *flags, "--out", str(tmp_path / "wet.wav")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'wet.wav'}: 1.46 s of {tmp_path / 'dry.wav'}\n"
    found, rate = soundfile.read(tmp_path / "wet.wav")
    automation = Motion("spiral", rate=2.0, radius=1.0, swap=True, stereo_offset=0.5)
    assert rate == RATE
    np.testing.assert_allclose(found, render.render(x, space, automation, RATE, 0.8, residual), atol=2**-23)


def test_the_command_renders_a_recorded_motion(tmp_path, space):
    x = noise(5_000)
    soundfile.write(tmp_path / "dry.wav", x, RATE, "DOUBLE")
    recorded = RecordedMotion(Motion("spiral", rate=5.0).at(128 * (1 + np.arange(30)) / 48_000))
    recorded.save(tmp_path / "motion.csv")
    files = [str(tmp_path / name) for name in ("dry.wav", "motion.csv", "wet.wav")]
    assert main(["render", files[0], "--recorded", files[1], "--out", files[2]]) == 0
    np.testing.assert_allclose(soundfile.read(files[2])[0], render.render(x, space, recorded, RATE), atol=2**-23)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["good.wav", "--recorded", "text.wav", "--out", "wet.wav"], "text.wav: the table begins with"),
        (["none.wav", "--out", "wet.wav"], "none.wav: no such file"),
        (["text.wav", "--out", "wet.wav"], "text.wav: not a sound file"),
        (["empty.wav", "--out", "wet.wav"], "empty.wav: 0 samples"),
        (["three.wav", "--out", "wet.wav"], "three.wav: .* in 3 channels"),
        (["good.wav", "--out", "wet.mp3"], "wet.mp3: the result is a WAV"),
        (["good.wav", "--out", "no/wet.wav"], "there is no folder"),
        (["good.wav", "--rate", "50", "--out", "wet.wav"], "rate is 50.0; allowed is 0 to 5"),
        (["good.wav", "--motion", "path", "--out", "wet.wav"], "two or more"),
        (["good.wav", "--motion", "path", "--point", "0,x", "--out", "wet.wav"], "--point 0,x: numbers"),
        (["good.wav", "--residual", "text.wav", "--out", "wet.wav"], "text.wav: not a recipe"),
        (["good.wav", "--centre=0,0", "--out", "wet.wav"], "2 dimensions; this space has 4"),
    ],
)
def test_the_command_reports_errors_and_leaves_no_file(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("text.wav").write_text("no sound")
    soundfile.write("empty.wav", np.zeros((0, 1)), RATE)
    soundfile.write("three.wav", np.zeros((10, 3)), RATE)
    soundfile.write("good.wav", np.zeros((10, 1)), RATE)
    before = set(Path().iterdir())
    assert main(["render", *arguments]) == 2
    assert re.search(words, capsys.readouterr().err)
    assert set(Path().iterdir()) == before


def cut(data):
    return data[: len(data) // 2]


def without_the_last_page(data):
    return data[: data.rindex(b"OggS")]


def damaged(data, n=200):
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + n]) + data[middle + n :]


def two_bytes_damaged(data):
    return damaged(data, 2)


@pytest.mark.parametrize(
    ("name", "subtype", "damage", "words"),
    [
        ("dry.wav", "PCM_16", cut, r"truncated; 1\.50 of about 3\.00 s can be read, and nothing was rendered"),
        ("dry.aiff", "PCM_24", cut, r"truncated; 1\.50 of about 3\.00 s can be read"),
        ("dry.flac", "PCM_16", cut, r"damaged \(.*\); [01]\.\d+ of 3\.00 s can be read, and nothing was rendered"),
        ("dry.flac", "PCM_16", damaged, r"damaged \(.*\); [01]\.\d+ of 3\.00 s can be read"),
        ("dry.ogg", "VORBIS", cut, r"truncated; 1\.\d+ s can be read, the end is missing, and nothing was rendered"),
        ("dry.ogg", "VORBIS", without_the_last_page, r"truncated; 2\.\d+ s can be read, the end is missing"),
        ("dry.ogg", "VORBIS", damaged, r"(truncated or )?damaged; .* and nothing was rendered"),
        ("dry.ogg", "VORBIS", two_bytes_damaged, r"(truncated or )?damaged; .* and nothing was rendered"),
    ],
)
def test_a_truncated_or_damaged_file_is_reported_and_nothing_is_written(name, subtype, damage, words, space, tmp_path):
    dry, wet = tmp_path / name, tmp_path / "wet.wav"
    soundfile.write(dry, 0.1 * noise(144_000), RATE, subtype)
    dry.write_bytes(damage(dry.read_bytes()))
    wet.write_bytes(b"an earlier file")
    with pytest.raises(ValueError, match=rf"^{dry}: {words}"):
        render.render_file(dry, wet, space, Motion())
    assert wet.read_bytes() == b"an earlier file" and sorted(tmp_path.iterdir()) == [dry, wet]


def test_a_sample_that_is_not_finite_and_a_rate_out_of_range_are_reported(space, tmp_path):
    dry, wet = tmp_path / "dry.wav", tmp_path / "wet.wav"
    x = noise(144_000)
    x[96_000] = np.nan
    soundfile.write(dry, x, RATE, "FLOAT")
    with pytest.raises(ValueError, match=rf"^{dry}: a NaN or infinite sample at 2\.00 s; 2\.00 of 3\.00 s can be read"):
        render.render_file(dry, wet, space, Motion())
    soundfile.write(dry, noise(100), 4000)
    with pytest.raises(ValueError, match=rf"^{dry}: a sample rate of 4000 Hz; allowed are 8000 to 384000 Hz"):
        render.render_file(dry, wet, space, Motion())
    assert list(tmp_path.iterdir()) == [dry]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_only_a_regular_file_is_rendered(space, tmp_path):
    os.mkfifo(tmp_path / "fifo.wav")
    for dry in (tmp_path / "fifo.wav", "/dev/zero", tmp_path):
        with pytest.raises(ValueError, match=f"^{dry}: a (pipe|device|folder), not a file"):
            render.render_file(dry, tmp_path / "wet.wav", space, Motion())


@pytest.mark.skipif(sys.platform != "linux", reason="NOT TESTED: this system has only names of Unicode")
def test_files_whose_names_are_not_utf_8_are_rendered(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    dry, wet = os.fsdecode(b"caf\xe9\n\x1b[2J.wav"), os.fsdecode(b"wet\xff.wav")
    with open(dry, "wb") as file:
        soundfile.write(file, noise(480), RATE, format="WAV")
    assert main(["render", dry, "--out", wet]) == 0
    assert capfd.readouterr().out == "wet\\xff.wav: 0.01 s of caf\\xe9\\x0a\\x1b[2J.wav\n"
    assert sorted(os.listdir(b".")) == sorted([os.fsencode(dry), os.fsencode(wet)])


def test_wav_bytes_are_read_back():
    x = noise(1000)
    found, rate = soundfile.read(io.BytesIO(render.wav_bytes(x, 44_100.0)))
    assert rate == 44_100
    np.testing.assert_allclose(found, x, atol=2**-23)
    with pytest.raises(ValueError, match="finite"):
        render.wav_bytes([0.0, np.nan], RATE)
