"""The C header, compiled by GCC, beside `render`."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from instruments import STRICT, c_host, compile_c, play_c, z_of
from kinds_space import SMALL
from listening import FASTEST, RATE, above_8_khz_db, blocks, error_db, noise, sine
from programs import program

from aether_lab.audio.motion import Motion
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.audio.render import render
from aether_lab.instrument.write import write_instrument
from aether_lab.model.points import whole_point
from aether_lab.model.space import FilterSpace

LIMIT_DB = -100
NAMES = FilterSpace.load("4d").card["names"]


@pytest.fixture(scope="module")
def space():
    return FilterSpace.load("4d")


@pytest.fixture(scope="module")
def host(tmp_path_factory, space):
    return c_host(tmp_path_factory.mktemp("host"), space)


def in_single(x):
    return x.astype(np.float32).astype(np.float64)


@pytest.mark.slow(seconds=12)
@pytest.mark.parametrize("name", ["4d", "2d", "baseline-4d", "nested"])
def test_ten_seconds_of_spiral_are_those_of_render(tmp_path, name):
    space = FilterSpace.load(name)
    kind = {"kind": "cabinet"} if space.kinds else {}
    centre = whole_point(space, [0.0] * space.knobs + [0.5, -0.5, 0.3, 0.1][: space.details], **kind)
    spiral = Motion("spiral", centre=tuple(centre), rate=0.5, radius=2.0)
    x = in_single(noise(blocks(10.0)))
    found = play_c(c_host(tmp_path, space), x, RATE, z_of(spiral, len(x), RATE))
    assert error_db(found, render(x, space, spiral, RATE)) < LIMIT_DB


@pytest.mark.parametrize(("topology", "rate", "mix"), [("parallel", 44_100, 1.0), ("cascade", 32_000, 0.4)])
def test_other_rates_banks_and_mixes_are_those_of_render(tmp_path, space, topology, rate, mix):
    bank = replace(space, settings=replace(space.settings, topology=topology))
    x = in_single(4 * noise(blocks(1.0, rate) + 50))[:, :1]  # loud, and no whole number of blocks
    found = play_c(c_host(tmp_path, bank), x, rate, z_of(FASTEST, len(x), rate), f"Mix={mix}")
    assert error_db(found, render(x[:, 0], bank, FASTEST, rate, mix)) < LIMIT_DB


def test_jumps_of_knobs_details_and_kinds_are_those_of_render(tmp_path):
    z = np.repeat([[0.5, -1, 0.3, 1, 0], [-2, 2, 0, 0, 3], [1e6, 0, -0.5, -1, 0], [0, 0, 0, 0, 0]], 100, axis=0)
    x = in_single(noise(128 * len(z)))
    found = play_c(c_host(tmp_path, SMALL), x, RATE, z)
    assert error_db(found, render(x, SMALL, RecordedMotion(z), RATE)) < LIMIT_DB


@pytest.mark.parametrize("name", ["2d", "baseline-4d"])
def test_a_jump_of_every_knob_from_end_to_end_makes_no_click(tmp_path, name):
    space = FilterSpace.load(name)
    z = np.repeat([-2.0, 2.0], 375)[:, None] * np.ones(space.knobs)
    y = play_c(c_host(tmp_path, space), sine(blocks(2.0)), RATE, z)
    assert above_8_khz_db(y, 0.98, 1.06) < -100  # -60 is the limit


def test_without_a_table_the_example_plays_the_values_by_name(host, space, tmp_path):
    x = in_single(noise(1000))
    soundfile.write(tmp_path / "dry.wav", x, RATE, subtype="PCM_24")
    subprocess.run([host, tmp_path / "dry.wav", tmp_path / "wet.wav", f"{NAMES[0]}=1.5", f"{NAMES[2]}=-1"], check=True)
    at = Motion(centre=(1.5, 0.0, -1.0, 0.0))
    assert error_db(soundfile.read(tmp_path / "wet.wav")[0], render(x, space, at, RATE)) < LIMIT_DB


@pytest.mark.parametrize(
    ("content", "words", "reason"),
    [
        (None, [], "cannot be read"),
        (b"RIFF", [], "is no WAV file"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0\0\0\0\0", [], "has no samples"),
        ("wav", ["nothing.csv"], "nothing.csv: cannot be read"),
        ("wav", ["wide.csv"], "wide.csv: has rows of other numbers"),
        ("wav", ["text.csv"], "text.csv: does not begin with a line time,z0,z1"),
        ("wav", ["Trouble=1"], f"no control of this name and =; there are {', '.join(NAMES)}, Mix"),
    ],
)
def test_the_example_reports_what_it_cannot_read(host, tmp_path, content, words, reason):
    dry = tmp_path / "dry.wav"
    if content == "wav":
        soundfile.write(dry, np.zeros(10), RATE)
    elif content is not None:
        dry.write_bytes(content)
    (tmp_path / "wide.csv").write_text("time,z0,z1\n0.1,1\n")
    (tmp_path / "text.csv").write_text("x")
    done = subprocess.run([host, dry, "wet.wav", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and reason in done.stderr


HARNESS = """
#define AETHER_SAMPLE double
#include <stdio.h>
#include "aether.h"
static aether_instrument one, other, mono, back;
static double in[2][5000], a[2][5000], b[2][5000], c[5000], zero;
int main(void) {
    const double *source[2] = {in[0], in[1]};
    double *whole[2] = {a[0], a[1]}, *single[1] = {c};
    const int sizes[] = {1, 127, 128, 300, 64, 0, 1000};
    int at = 0, size, i, k, same = 1, bounded = 1;
    for (i = 0; i < 5000; i++) {
        in[0][i] = 0.3 * sin(0.05 * i * i / 100.0);
        in[1][i] = i % 1000 ? -in[0][i] : 2;
    }
    if (sizeof one != BYTES)
        return 6;
    if (aether_init(&one, 7999) != -1 || aether_init(&one, zero / zero) != -1 || aether_init(&one, 48000))
        return 1;
    aether_set(&one, AETHER_CONTROLS, 1);
    aether_set(&one, -1, 1);
    aether_set(&one, AETHER_KNOB_TREBLE, 1e300);
    aether_set(&one, AETHER_KNOB_BASS, zero / zero);
    aether_set(&one, AETHER_MIX, 7);
    if (one.control[0] != 1e6 || one.control[1] != 0 || one.control[AETHER_MIX] != 1)
        return 2;
    aether_set(&one, AETHER_KNOB_TREBLE, -1);
    other = mono = one;
    aether_process(&one, source, whole, 2, 5000);
    aether_process(&mono, source, single, 1, 5000);
    for (k = 0; at < 5000; k++, at += size) { /* in place, in any number of frames */
        double *piece[2] = {b[0] + at, b[1] + at};
        size = sizes[k % 7] < 5000 - at ? sizes[k % 7] : 5000 - at;
        memcpy(piece[0], in[0] + at, (size_t)size * sizeof(double));
        memcpy(piece[1], in[1] + at, (size_t)size * sizeof(double));
        aether_process(&other, (const double *const *)piece, piece, 2, size);
    }
    for (i = 0; i < 5000; i++)
        same = same && a[0][i] == b[0][i] && a[1][i] == b[1][i] && a[0][i] == c[i];
    if (!same)
        return 3;
    back = one;
    in[0][0] = zero / zero;
    in[0][1] = 1 / zero;
    in[0][2] = -1e300;
    aether_process(&back, source, whole, 1, 3000);
    for (i = 0; i < 3000; i++)
        bounded = bounded && fabs(a[0][i]) <= 1;
    if (!bounded)
        return 4;
    aether_reset(&one);
    aether_reset(&back);
    in[0][0] = in[0][1] = in[0][2] = 0;
    aether_process(&one, source, whole, 1, 500);
    aether_process(&back, source, single, 1, 500);
    return memcmp(a[0], c, 500 * sizeof(double)) ? 5 : 0;
}
"""


def test_any_number_of_frames_in_place_or_mono_is_the_same_and_no_input_is_unsafe(tmp_path, space):
    header = write_instrument(space, tmp_path / "aether.h").read_text()
    (tmp_path / "main.c").write_text(HARNESS.replace("BYTES", re.findall(r"(\d+) bytes of state", header)[0]))
    assert subprocess.run([compile_c(tmp_path, "main.c")], check=False).returncode == 0


def test_it_compiles_as_cpp_and_with_the_names_of_any_card(tmp_path):
    names = ['*/ "; #error', "Mix", "Höhen\n", "Mix", "%s \\", "", "room", "room", "", "??/"]
    kinds = ("a */ b", "a /* b", "mix")
    card = {"name": '"\\*/\n', "about": "/* \\", "licence": "\x1b", "sources": {"a": {"credit": "*/"}}, "names": names}
    space = replace(FilterSpace.untrained(latent_dim=5, details=1, num_filters=3, kinds=kinds), card=card)
    c_host(tmp_path, space)
    (tmp_path / "main.cpp").write_text('#include "aether.h"\nint main() { return 0; }\n')
    subprocess.run([program("g++"), "-std=c++11", *STRICT, "-fsyntax-only", "main.cpp"], cwd=tmp_path, check=True)


def test_the_host_of_the_documentation_compiles(tmp_path):
    page = (Path(__file__).parents[2] / "notebooks/site/instrument.md").read_text()
    (tmp_path / "main.c").write_text(re.findall(r"```c\n(.*?)```", page, re.S)[0])
    write_instrument("nested", tmp_path / "aether.h")
    compile_c(tmp_path, "main.c", "-c")
