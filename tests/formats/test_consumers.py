"""Exports in programs that run them: ffmpeg, sox, CMSIS-DSP and the Web Audio of Chromium.

Each filters an impulse. The response is compared with that of the recipe from 20 Hz to 20 kHz, where it is within 60 dB
of its peak: sox rounds samples to 32-bit integers, CMSIS-DSP and Chromium to 32-bit floats.
"""

import base64
import dataclasses
import io
import json
import re
import subprocess
from contextlib import closing

import numpy as np
import pytest
from cookbook import expected_db, fir_level, random_bank
from programs import package, program

from aether_lab.formats.export import export

RATE = 48_000
IMPULSE = np.eye(1, 1 << 16)[0]
FIR = ["fir", "fir-min", "fir-pcm24", "fir-min-pcm24"]
FIR_ERROR = 0.1  # dB, to which the files are shortened
BANKS = {"parallel": random_bank(9), "cascade": random_bank(9, 10, "cascade", shelves=True)}
with_each_bank = pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS)


def error_db(samples, recipe):
    """Deviation in dB of an impulse response from a recipe, where that is audible."""
    expected = expected_db(recipe)
    audible = expected > expected.max() - 60
    return (fir_level(samples, RATE) - expected)[audible]


def ffmpeg(graph, *inputs):
    """The impulse after a graph of filters, in double precision; `inputs` are further files."""
    raw = ["-f", "f64le", "-ar", str(RATE), "-ac", "1"]
    files = [word for each in inputs for word in ("-i", each)]
    command = [program("ffmpeg"), "-v", "error", *raw, "-i", "-", *files, "-filter_complex", graph, *raw, "-"]
    return np.frombuffer(subprocess.run(command, input=IMPULSE.tobytes(), capture_output=True, check=True).stdout)


def sox(effects, delay=0, level=0.05):
    """The impulse after effects, which get it at a level that they do not clip, `delay` samples late."""
    raw = ["-t", "f64", "-r", str(RATE), "-c", "1"]
    samples = level * np.pad(IMPULSE, (delay, 0))
    command = [program("sox"), *raw, "-", "-t", "f64", "-", *effects]
    done = subprocess.run(command, input=samples.tobytes(), capture_output=True, check=True)
    assert done.stderr == b""  # where it warns of clipping
    return np.frombuffer(done.stdout) / level


def listed(file, notation):
    """The preamp in dB of an EqualizerAPO list, and its bands in the notation of a program."""
    text = file.content.decode()
    bands = re.findall(r"ON (\w+) Fc (\S+) Hz Gain (\S+) dB Q (\S+)", text)
    assert len(bands) == file.recipe.n_sections
    words = [notation[kind].format(hz=hz, gain=gain, q=q) for kind, hz, gain, q in bands]
    return re.search(r"Preamp: (\S+) dB", text)[1], words


def test_ffmpeg_filters_as_the_equalizerapo_list():
    names = {"PK": "equalizer", "LSC": "lowshelf", "HSC": "highshelf"}
    file = export(BANKS["cascade"], "equalizerapo")
    preamp, bands = listed(file, {kind: f"{name}=f={{hz}}:t=q:w={{q}}:g={{gain}}" for kind, name in names.items()})
    samples = ffmpeg(",".join([f"volume={preamp}dB:precision=double", *bands]))
    np.testing.assert_allclose(error_db(samples, file.recipe), 0, atol=1e-3)


def test_sox_filters_as_the_equalizerapo_list():
    file = export(BANKS["cascade"], "equalizerapo")
    notation = {"PK": "equalizer {hz} {q}q {gain}", "LSC": "bass {gain} {hz} {q}q", "HSC": "treble {gain} {hz} {q}q"}
    preamp, bands = listed(file, notation)
    samples = sox(["vol", f"{preamp}dB", *" ".join(bands).split()])
    np.testing.assert_allclose(error_db(samples, file.recipe), 0, atol=5e-3)


def rows_in_ffmpeg(rows):
    names = ["b0", "b1", "b2", "a0", "a1", "a2"]
    values = [":".join(f"{name}={value!r}" for name, value in zip(names, row, strict=True)) for row in rows.tolist()]
    return ffmpeg(",".join(f"biquad={each}" for each in values))


def rows_in_sox(rows):
    return sox([word for row in rows.tolist() for word in ("biquad", *map(repr, row))])


def rows_in_cmsis_dsp(rows):
    """In single precision, with the opposite signs of a1 and a2, as the comment of the C header says."""
    dsp = package("cmsisdsp")
    coefficients = np.hstack([rows[:, :3], -rows[:, 4:]]).astype(np.float32).ravel()
    cascade, memory = dsp.arm_biquad_cascade_df2T_instance_f32(), np.zeros(2 * len(rows), np.float32)
    dsp.arm_biquad_cascade_df2T_init_f32(cascade, len(rows), coefficients, memory)
    return dsp.arm_biquad_cascade_df2T_f32(cascade, IMPULSE.astype(np.float32))


@pytest.mark.parametrize(
    ("host", "tolerance_db"),
    [(rows_in_ffmpeg, 1e-3), (rows_in_sox, 5e-3), (rows_in_cmsis_dsp, 0.5)],
    ids=["ffmpeg", "sox", "CMSIS-DSP"],
)
@with_each_bank
def test_rows_of_coefficients_filter_as_the_bank(bank, host, tolerance_db):
    rows = np.load(io.BytesIO(export(bank, "npy").content))
    np.testing.assert_allclose(error_db(host(rows), bank), 0, atol=tolerance_db)


@pytest.mark.parametrize("name", FIR)
@with_each_bank
def test_ffmpeg_convolves_with_the_wav_file(tmp_path, bank, name):
    file = export(bank, name)
    error = error_db(ffmpeg("[0][1]afir", file.save(tmp_path / "fir.wav")), file.recipe)
    error -= np.median(error)  # afir scales impulse responses, each version of it in another way
    np.testing.assert_allclose(error, 0, atol=FIR_ERROR)


@pytest.mark.parametrize("name", FIR)
@with_each_bank
def test_sox_convolves_with_the_wav_file(tmp_path, bank, name):
    if "pcm" not in name:  # sox clips at full scale, also files in floating point
        bank = dataclasses.replace(bank, preamp_db=np.float64(-20))
    file = export(bank, name)
    path = file.save(tmp_path / "fir.wav")
    told = subprocess.run([program("sox"), path, tmp_path / "fir.dat"], capture_output=True, check=True).stderr
    assert told == b""
    taps = [line.split()[1] for line in (tmp_path / "fir.dat").read_text().splitlines() if line[0] != ";"]
    (tmp_path / "taps.txt").write_text("\n".join(taps))
    samples = sox(["fir", str(tmp_path / "taps.txt")], delay=len(taps))  # half the taps early, as of linear phase
    np.testing.assert_allclose(error_db(samples, file.recipe), 0, atol=FIR_ERROR)


@pytest.fixture
def web_audio(browser):
    """Runs `connect(source, job)`, JavaScript that returns the last node of a graph; returns the impulse after it."""
    with closing(browser.new_page()) as page:

        def run(connect, **job):
            code = """async ({ job, samples, rate }) => {
              const context = new OfflineAudioContext(1, samples, rate);
              const buffer = new AudioBuffer({ length: samples, sampleRate: rate });
              buffer.getChannelData(0)[0] = 1;
              const source = new AudioBufferSourceNode(context, { buffer });
              (await (%s)(source, job)).connect(context.destination);
              source.start();
              return Array.from((await context.startRendering()).getChannelData(0));
            }"""
            return np.array(page.evaluate(code % connect, {"job": job, "samples": len(IMPULSE), "rate": RATE}))

        yield run


BIQUADS = """(source, { topology, sections, preamp = 0 }) => {
  const { context } = source;
  const filter = ({ type, frequency, Q, gain }) => new BiquadFilterNode(context, { type, frequency, Q, gain });
  const amplifier = (dB, sign = 1) => new GainNode(context, { gain: sign * 10 ** (dB / 20) });
  const last = amplifier(preamp);
  if (topology === "cascade") sections.reduce((node, each) => node.connect(filter(each)), source).connect(last);
  else for (const each of sections) source.connect(filter(each)).connect(amplifier(each.gain, each.sign)).connect(last);
  return last;
}"""


@pytest.mark.parametrize(
    "bank",
    [*BANKS.values(), random_bank(2, 12, polarity="positive", preamp_db=np.float64(-3))],
    ids=[*BANKS, "positive with preamp"],
)
def test_web_audio_filters_as_the_json(web_audio, bank):
    samples = web_audio(BIQUADS, **json.loads(export(bank, "json").content))
    np.testing.assert_allclose(error_db(samples, bank), 0, atol=0.02)


CONVOLVER = """async (source, { wav }) => {
  const bytes = Uint8Array.from(atob(wav), (character) => character.charCodeAt(0));
  const buffer = await source.context.decodeAudioData(bytes.buffer);
  return source.connect(new ConvolverNode(source.context, { buffer, disableNormalization: true }));
}"""


@pytest.mark.parametrize("name", FIR)
@with_each_bank
def test_web_audio_convolves_with_the_wav_file(web_audio, bank, name):
    file = export(bank, name)
    samples = web_audio(CONVOLVER, wav=base64.b64encode(file.content).decode())
    np.testing.assert_allclose(error_db(samples, file.recipe), 0, atol=FIR_ERROR)
