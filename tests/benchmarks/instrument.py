"""A space as a C header, beside `render`, which it plays like."""

import re
import subprocess
import tempfile
from pathlib import Path
from shutil import which

import numpy as np
import soundfile
from timing import Skipped, median_seconds

from aether_lab.audio.motion import HOP, Motion
from aether_lab.audio.noise import pink_noise
from aether_lab.audio.recorded_motion import RecordedMotion
from aether_lab.audio.render import render
from aether_lab.instrument.write import write_host, write_instrument
from aether_lab.model.points import whole_point
from aether_lab.model.space import FilterSpace

SECONDS, RATE = 10, 48_000


def c_header_against_render() -> tuple[float, float, str, str]:
    """Ten seconds of a spiral of the largest space, in stereo and in blocks of 128."""
    gcc = which("gcc")
    if gcc is None:
        raise Skipped("no program gcc")
    space = FilterSpace.load("nested")
    spiral = Motion("spiral", centre=tuple(whole_point(space)), rate=0.5)
    x = np.stack([pink_noise(SECONDS * RATE, seed) for seed in (0, 1)], axis=1).astype(np.float32)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_instrument(space, folder / "aether.h")
        write_host(folder / "play.c")
        soundfile.write(folder / "dry.wav", x, RATE, subtype="FLOAT")
        times = HOP * (1 + np.arange(SECONDS * RATE // HOP)) / RATE
        RecordedMotion(spiral.at(times), RATE).save(folder / "motion.csv")
        subprocess.run([gcc, "-std=c99", "-O2", "play.c", "-o", "play", "-lm"], cwd=folder, check=True)
        play = [folder / "play", "dry.wav", "wet.wav", "motion.csv"]
        told = [subprocess.run(play, cwd=folder, check=True, capture_output=True, text=True).stdout for _ in range(7)]
        wet = soundfile.read(folder / "wet.wav")[0]
    share = float(np.median([float(re.findall(r"([\d.]+) % of a core", line)[0]) for line in told]))
    expected = render(x, space, spiral, RATE)
    error = 20 * np.log10(np.linalg.norm(wet - expected) / np.linalg.norm(expected))
    peer = SECONDS / median_seconds(lambda: render(x, space, spiral, RATE), 3)
    note = f"{share:.2f} % of a core (limit 2), gcc -O2, stereo; render; differ by {error:.0f} dB (limit -100)"
    return 100 / share, peer, "x real time", note
