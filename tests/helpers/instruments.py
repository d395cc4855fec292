"""Instruments that are compiled and played: the C header by its example host, the Faust program by a small one, and as
a LADSPA plug-in.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from programs import program

from aether_lab.audio.motion import HOP
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.instrument.controls import controls
from aether_lab.instrument.write import write_host, write_instrument

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wdouble-promotion", "-Wfloat-conversion", "-Werror"]


def compile_c(folder, source="play.c", *options):
    """The path of the program of a C99 file, compiled without a warning."""
    command = [program("gcc"), "-std=c99", *STRICT, *(options or ["-O2"]), source, "-o", "play", "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "play"


def c_host(folder, space):
    """The example host with a space."""
    write_instrument(space, folder / "aether.h")
    write_host(folder / "play.c")
    return compile_c(folder)


def play_c(host, x, rate, z, *settings):
    """What the example host makes of `(T, C)` samples, which are rounded to float32, with z `(N, Z)` block by block."""
    dry, wet, table = (host.with_name(name) for name in ("dry.wav", "wet.wav", "motion.csv"))
    soundfile.write(dry, x, int(rate), subtype="FLOAT")
    RecordedMotion(z, rate).save(table)
    subprocess.run([host, dry, wet, table, *settings], check=True, capture_output=True)
    return soundfile.read(wet)[0]


def z_of(motion, samples, rate):
    """z of a motion at the end of each block, `(N, Z)`."""
    return motion.at(HOP * (1 + np.arange(-(-samples // HOP))) / rate)


FAUST_HOST = """
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>
#ifndef FAUSTFLOAT
#define FAUSTFLOAT double
#endif
struct Meta { void declare(const char*, const char*) {} };
struct UI {
    std::map<std::string, FAUSTFLOAT*> zones;
    void openVerticalBox(const char*) {}
    void openHorizontalBox(const char*) {}
    void closeBox() {}
    void declare(FAUSTFLOAT*, const char*, const char*) {}
    void addHorizontalSlider(const char* label, FAUSTFLOAT* zone, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT) {
        zones[label] = zone;
    }
};
struct dsp { virtual ~dsp() {} };
<<includeIntrinsic>>
<<includeclass>>
// main RATE NAME...: blocks of the values of the sliders, 128 left and 128 right samples, doubles, from standard input
int main(int count, char** words) {
    static mydsp filter;
    UI ui;
    filter.init(std::atoi(words[1]));
    filter.buildUserInterface(&ui);
    if ((int)ui.zones.size() != count - 2) return 1;
    std::vector<double> row(count - 2), left(128), right(128);
    const auto read = [](std::vector<double>& to) { return std::fread(&to[0], 8, to.size(), stdin) == to.size(); };
    while (read(row) && read(left) && read(right)) {
        for (int i = 0; i < count - 2; i++) *ui.zones.at(words[2 + i]) = row[i];
        double* io[] = {&left[0], &right[0]};
        filter.compute(128, io, io);
        std::fwrite(&left[0], 8, 128, stdout);
        std::fwrite(&right[0], 8, 128, stdout);
    }
    return 0;
}
"""


def faust_host(folder, space):
    """The program of a space, compiled in double precision."""
    write_instrument(space, folder / "aether.dsp")
    (folder / "host.cpp").write_text(FAUST_HOST)
    command = [program("faust"), "-double", "-a", "host.cpp", "aether.dsp", "-o", "main.cpp"]
    subprocess.run(command, cwd=folder, check=True)
    subprocess.run([program("g++"), "-O1", "main.cpp", "-o", "main"], cwd=folder, check=True)
    return folder / "main"


def play_faust(host, space, x, rate, z, mix=1.0):
    """What it makes of `(T, 2)` samples, T a multiple of 128, with z `(N, Z)` block by block, but a block late.

    z applies a block late: so a block of silence goes before the samples, and is taken from the result.
    """
    rows = np.column_stack([z, np.full(len(z), mix)])
    blocks = np.concatenate([np.zeros((1, 2, HOP)), x.reshape(-1, HOP, 2).swapaxes(1, 2)])
    data = np.column_stack([np.concatenate([rows, rows[-1:]]), blocks.reshape(len(blocks), -1)])
    command = [host, str(int(rate)), *(control.name for control in controls(space)), "Mix"]
    done = subprocess.run(command, input=np.ascontiguousarray(data, "<f8").tobytes(), check=True, capture_output=True)
    return np.frombuffer(done.stdout, "<f8").reshape(-1, 2, HOP).swapaxes(1, 2).reshape(-1, 2)[HOP:]


def ladspa_plugin(folder, space):
    """The plug-in of a space that `faust2ladspa` builds. Skips the test without `ladspa.h`."""
    command = [program("g++"), "-E", "-x", "c++", "-include", "ladspa.h", "/dev/null"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: no ladspa.h, of Debian's ladspa-sdk")
    write_instrument(space, folder / "aether.dsp")
    build = [program("faust2ladspa"), "-double", "aether.dsp"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    return folder / "aether.so"


def port_of(control):
    """The name that Faust gives the port of a control."""
    group = {"knob": "", "detail": "details-", "kind": "kind-"}[control.group]
    return group + re.sub("[^a-z0-9]", "", control.name.lower())


def play_ladspa(plugin, space, x, rate, z):
    """What a plug-in says of itself, and makes of `(T, 2)` samples, with z as for `play_faust` and no dry sound.

    In a process of its own: a library that GCC compiled with -Ofast, as Faust's scripts do, rounds denormals to 0 in
    the whole process that loads it.
    """
    blocks = np.concatenate([np.zeros((HOP, 2)), x]).reshape(-1, HOP, 2).swapaxes(1, 2)
    rows = np.column_stack([np.concatenate([z, z[-1:]]), np.ones(len(blocks))])
    job, out = plugin.with_name("job.npz"), plugin.with_name("out.npz")
    ports = [*(port_of(control) for control in controls(space)), "mix"]
    np.savez(job, rate=int(rate), ports=ports, rows=rows.astype(np.float32), blocks=blocks.astype(np.float32))
    script = Path(__file__).with_name("ladspa_host.py")
    subprocess.run([sys.executable, script, plugin, job, out], check=True)
    with np.load(out) as found:
        return found["about"].tolist(), found["blocks"].swapaxes(1, 2).reshape(-1, 2)[HOP:].astype(np.float64)
