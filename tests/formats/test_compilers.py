"""Exported programs in the compilers that they are for: C, C++ and Faust."""

import subprocess

import numpy as np
import pytest
from cookbook import FREQUENCY, expected_db, fir_level, random_bank
from programs import program

from aether_lab.formats.export import export, read_back

BANKS = {"parallel": random_bank(9), "cascade": random_bank(9, 10, "cascade", shelves=True)}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wdouble-promotion", "-Wfloat-conversion", "-Werror"]

HARNESS = """
#include <stdio.h>
#include "filter.h"
#if AETHER_SAMPLE_RATE != 48000
#error another sample rate
#endif
static aether_filter memory;
int main(void) {
    for (int i = 0; i < 65536; i++) printf("%.17g\\n", (double)aether_process(&memory, i == 0));
    return 0;
}
"""


@pytest.mark.parametrize("real", ["double", "float"])
@pytest.mark.parametrize("topology", BANKS)
@pytest.mark.parametrize("name", ["c", "c-series"])
def test_the_c_header_compiles_without_a_warning_and_filters_as_the_bank(tmp_path, name, topology, real):
    gcc = program("gcc")
    bank = BANKS[topology]
    (tmp_path / "filter.h").write_bytes(export(bank, name, name="a */ name\nof two lines").content)
    (tmp_path / "main.c").write_text(HARNESS)
    strict = [*WARNINGS, f"-DAETHER_REAL={real}"]
    subprocess.run([gcc, "-std=c99", *strict, "-O1", "main.c", "-o", "main"], cwd=tmp_path, check=True)
    subprocess.run([gcc, "-x", "c++", "-std=c++11", *strict, "-fsyntax-only", "main.c"], cwd=tmp_path, check=True)
    out = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout
    actual, bank_db = fir_level(np.array(out.split(), float), 48_000), expected_db(bank)
    audible = bank_db > bank_db.max() - 60
    np.testing.assert_allclose(actual[audible], bank_db[audible], atol=1e-3 if real == "double" else 0.5)


ARCHITECTURE = """
#include <cstdio>
#include <cmath>
#include <algorithm>
#ifndef FAUSTFLOAT
#define FAUSTFLOAT double
#endif
struct Meta { void declare(const char*, const char*) {} };
struct UI { void openVerticalBox(const char*) {} void closeBox() {} };
struct dsp { virtual ~dsp() {} };
<<includeIntrinsic>>
<<includeclass>>
int main() {
    mydsp filter;
    filter.init(RATE);
    static double in[65536], out[65536];
    in[0] = 1;
    double *inputs[] = {in}, *outputs[] = {out};
    filter.compute(65536, inputs, outputs);
    for (double y : out) std::printf("%.17g\\n", y);
}
"""


@pytest.mark.parametrize("rate", [48_000, 44_100])
@pytest.mark.parametrize("topology", BANKS)
def test_the_faust_source_compiles_and_filters_as_the_bank_at_the_rate_of_the_host(tmp_path, topology, rate):
    faust = program("faust")
    compiler = program("g++")
    bank = BANKS[topology]
    file = export(bank, "faust")
    (tmp_path / "filter.dsp").write_bytes(file.content)
    (tmp_path / "host.cpp").write_text(ARCHITECTURE)
    subprocess.run([faust, "-double", "-a", "host.cpp", "filter.dsp", "-o", "main.cpp"], cwd=tmp_path, check=True)
    subprocess.run([compiler, "-O1", f"-DRATE={rate}", "main.cpp", "-o", "main"], cwd=tmp_path, check=True)
    out = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout
    expected = read_back(file.content, "faust", FREQUENCY, rate)
    audible = expected > expected.max() - 60
    actual = fir_level(np.array(out.split(), float), rate)
    np.testing.assert_allclose(actual[audible], expected[audible], atol=1e-3)
