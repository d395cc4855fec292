"""Measurements as files, and the memory that reading one takes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import soundfile

RATE = 48_000


def decay(channels=1, n=4800, seed=0):
    """`(C, T)` noise that decays."""
    return np.random.default_rng(seed).normal(size=(channels, n)) * np.exp(-np.arange(n) / 400) * 0.1


def encoded(samples, kind="WAV", subtype="PCM_16", endian=None, rate=RATE):
    """The bytes of an audio file with samples `(C, T)`."""
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples).T, rate, format=kind, subtype=subtype, endian=endian)
    return bytearray(file.getvalue())


def write_sofa(path, responses, rate=float(RATE), units=None, **attributes):
    """A SOFA file with `Data.IR`, `Data.SamplingRate` and attributes of the file, such as `DataType="FIR-E"`."""
    with h5py.File(path, "w") as file:
        file["Data.IR"], file["Data.SamplingRate"] = responses, rate
        file.attrs.update(attributes)
        if units:
            file["Data.SamplingRate"].attrs["Units"] = units
    return path


_READ = """
import sys
from aether_lab.signals.audio_files import read_all
from aether_lab.signals.spectrum import spectrum_db

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1000

before = peak()
try:
    for response in read_all(sys.argv[1]):
        spectrum_db(response.samples[0], response.sample_rate)
    print(f"{peak() - before:.0f} read")
except ValueError as error:
    print(f"{peak() - before:.0f} {error}")
"""


def read_in_a_process(path: Path, **environment: str) -> tuple[int, str]:
    """The memory in MB that reading a file and its spectra takes in a process of its own, and "read" or the error.

    Raises:
        subprocess.TimeoutExpired: it takes more than 20 s.
    """
    command = [sys.executable, "-c", _READ, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20, env=os.environ | environment)
    memory, _, result = done.stdout.strip().partition(" ")
    return int(memory), result
