"""A motion that was recorded: as a table and as a MIDI file, the same in JavaScript, and rendered to the bit."""

import json
import subprocess

import numpy as np
import pytest

from aether_lab.audio.motion import HOP, Motion
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.audio.render import render
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import STATIC

SPIRAL = Motion("spiral", centre=(0.5, 0.0, -1.0), rate=3.0, radius=2.0)


def recorded(blocks=40, motion=SPIRAL):
    return RecordedMotion(motion.at(HOP * (1 + np.arange(blocks)) / 48_000))


def controllers(data):
    """`(tick, controller, value)` of every event of a file, the microseconds of a tick, and the tick of its end."""
    assert data[:4] == b"MThd" and data[8:12] == b"\x00\x00\x00\x01" and data[14:18] == b"MTrk"
    assert int.from_bytes(data[18:22], "big") == len(data) - 22
    division = int.from_bytes(data[12:14], "big")
    at, tick, tempo, events = 22, 0, 0, []

    def quantity():
        nonlocal at
        value = 0
        while True:
            value = value << 7 | data[at] & 127
            at += 1
            if data[at - 1] < 128:
                return value

    while at < len(data):
        tick += quantity()
        if data[at] == 0xFF:
            kind, at = data[at + 1], at + 2
            size = quantity()
            if kind == 0x51:
                tempo = int.from_bytes(data[at : at + size], "big")
            at += size
            ended = kind == 0x2F
        else:
            assert data[at] == 0xB0
            events.append((tick, data[at + 1], data[at + 2]))
            at, ended = at + 3, False
    assert ended
    return events, tempo / division, tick


def test_a_table_gives_back_the_same_bits_and_the_same_times(tmp_path):
    rng = np.random.default_rng(0)
    motion = RecordedMotion(rng.normal(size=(200, 5)) * 10.0 ** rng.integers(-9, 9, (200, 5)))
    back = RecordedMotion.load(motion.save(tmp_path / "motion.csv"))
    np.testing.assert_array_equal(back.z, motion.z)
    assert back.sample_rate == 48_000 and np.array_equal(back.times, motion.times)
    slow = RecordedMotion([[0.0], [1.0]], sample_rate=44_100)
    assert RecordedMotion.from_csv(slow.to_csv()).sample_rate == 44_100


def test_a_midi_file_holds_every_block_on_a_tick_of_its_own_in_14_bits():
    motion = recorded()
    events, microseconds, end = controllers(motion.to_midi())
    assert microseconds * end == pytest.approx(1e6 * motion.times[-1], abs=1e-6)
    held, heard = {}, {}
    for tick, controller, value in events:
        held[controller] = value
        heard[tick] = [(held[16 + k] << 7) + held.get(48 + k, 0) if 16 + k in held else 0 for k in range(3)]
    block = np.searchsorted(sorted(heard), 4 * (1 + np.arange(len(motion.z))), "right") - 1
    z = np.array([heard[tick] for tick in sorted(heard)])[block] / 16383 * 4 - 2
    assert np.abs(z - np.clip(motion.z, -2, 2)).max() <= 2 / 16383 + 1e-12


def test_a_midi_file_says_only_what_changes():
    motion = RecordedMotion(np.tile([0.5, -0.25], (1000, 1)))
    events, _, end = controllers(motion.to_midi())
    assert [controller for _, controller, _ in events] == [16, 48, 17, 49] and end == 4000
    assert len(motion.to_midi(knobs=1)) < len(motion.to_midi())


def test_javascript_writes_the_same_table_and_the_same_midi_file(node):
    rng = np.random.default_rng(1)
    motion = RecordedMotion(np.concatenate([recorded(300).z, rng.normal(size=(40, 3)) * 2, np.full((40, 3), 1 / 3)]))
    code = f"""Promise.all([import({json.dumps((STATIC / "dsp/midi_file.js").as_uri())}),
      import({json.dumps((STATIC / "dsp/recorded_motion.js").as_uri())})]).then(([file, recorded]) => {{
        const chunks = JSON.parse(process.argv[1]).map((row) => Float64Array.from(row));
        const rows = recorded.recordedRows(recorded.recordedMotion(chunks, 3), 3);
        const bytes = Array.from(file.midiBytes(rows, 3, 3));
        console.log(JSON.stringify([recorded.motionTable(rows, 3), bytes, recorded.recordedSeconds(rows, 3)]));
    }})"""
    done = subprocess.run(
        [*node, "-e", code, json.dumps(motion.z.tolist())], capture_output=True, text=True, check=True
    )
    table, midi, seconds = json.loads(done.stdout)
    assert table == motion.to_csv()
    assert bytes(midi) == motion.to_midi()
    assert seconds == motion.times[-1]


def test_it_renders_to_the_bit_as_the_motion_it_is_of():
    space = FilterSpace.untrained(latent_dim=3, num_filters=4)
    x = np.random.default_rng(0).normal(size=40 * HOP) / 10
    np.testing.assert_array_equal(render(x, space, recorded(), 48_000), render(x, space, SPIRAL, 48_000))
    after = render(np.tile(x, 2), space, recorded(), 48_000)  # the last point is held
    assert after.shape == (80 * HOP,) and np.isfinite(after).all()
    other = render(x, space, recorded(), 44_100)
    assert np.abs(other - render(x, space, SPIRAL, 44_100))[: 36 * HOP].max() < 1e-3  # before its end


def test_a_motion_of_another_space_is_refused():
    with pytest.raises(ValueError, match="2 dimensions; this space has 3"):
        render(np.zeros(128), FilterSpace.untrained(latent_dim=3), RecordedMotion([[0, 0]]), 48_000)


@pytest.mark.parametrize("z", [[], [0, 1], [[0, np.nan]], [[]]])
def test_what_is_no_motion_is_refused(z):
    with pytest.raises(ValueError, match="it must be"):
        RecordedMotion(z)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected time,z0"),
        ("a,b\n1,2\n", "expected time,z0"),
        ("time,z0\n", "expected time,z0"),
        ("time,z0\n0.1,x\n", "not 2 numbers"),
        ("time,z0\n0.1,1,2\n", "not 2 numbers"),
        ("time,z0\n0.1,1\n0.3,1\n", "128 samples apart"),
        ("time,z0\n0,1\n", "above 0"),
    ],
)
def test_a_table_of_another_form_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        RecordedMotion.from_csv(text)


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"saved as \.csv or \.mid"):
        recorded().save(tmp_path / "motion.wav")
    assert recorded().save(tmp_path / "motion.mid").read_bytes() == recorded().to_midi()
