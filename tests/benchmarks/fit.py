"""Ten peaking sections for real targets, and corrections of them, beside AutoEq's own optimiser.

AutoEq asks for NumPy 1.24, SciPy 1.10 and a Python under 3.12, so it can be no extra of this package. It runs in an
environment of its own with just these, made once in `build/autoeq`; `AETHER_LAB_AUTOEQ` names the interpreter of one
that is there already.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from timing import Skipped, median_seconds

from aether_lab.filters.correction import correction
from aether_lab.filters.device import DeviceProfile, as_device, device_names
from aether_lab.filters.device_fit import fit_device
from aether_lab.filters.fit import fit_recipe
from aether_lab.filters.spec import Sections
from aether_lab.signals.corpus import read_folder
from aether_lab.signals.spectrum import FREQUENCIES, WEIGHTS, lsd

DATA = Path(os.environ.get("AETHER_LAB_IRS", Path(__file__).parents[3] / "shared" / "data" / "ir"))
TARGETS = 32
AUTOEQ = "autoeq==4.1.2"
ENVIRONMENT = Path("build") / "autoeq"


def distance_against_autoeq() -> tuple[float, float, str, str]:
    ours, peer = _measured(), _autoeq()
    other = peer["own ranges"]["distance"]
    note = f"mean of {TARGETS} test targets, level aligned, 10 peaks, AutoEq in our ranges; in its own {other:.2f} dB"
    return ours["distance"], peer["our ranges"]["distance"], "dB LSD", note


def speed_against_autoeq() -> tuple[float, float, str, str]:
    fastest = _faster_run()
    note = f"per target, all {TARGETS} in one call; AutoEq one by one, the faster of its two runs"
    return 1000 * _measured()["seconds"], 1000 * fastest["seconds"], "ms", note


def single_against_autoeq() -> tuple[float, float, str, str]:
    fastest = _faster_run()
    return 1000 * _measured()["single"], 1000 * fastest["seconds"], "ms", "one target, warm (the first call compiles)"


GAIN = {"low": -24, "high": 24, "step": 1}
GRIDS = {
    "five-band player": {"centres": [60, 230, 910, 3600, 14_000], "q": 1, "gain": GAIN},
    "ten-band graphic": {"centres": [31.25 * 2**i for i in range(10)], "q": 1.41, "gain": GAIN},
}


def on_the_grid(bands: dict | str) -> tuple[float, float, str, str]:
    """A device beside rounding the free fit to it, on the same targets."""
    state = {"name": "grid", "source": "a benchmark", "bands": [bands]}
    device = as_device(bands) if isinstance(bands, str) else DeviceProfile.from_json(json.dumps(state))
    found = [fit_device(target, device) for target in _targets()]
    ours, rounded, free = np.mean(
        [(each.distance_db, each.rounded_db, each.free_db) for each in found], axis=0
    ).tolist()
    seconds = median_seconds(lambda: fit_device(_targets()[0], device))
    worse = sum(each.distance_db > each.rounded_db for each in found)
    note = f"{TARGETS} test targets, peer rounds; free {free:.2f} dB; {worse} worse, {1000 * seconds:.0f} ms a curve"
    return ours, rounded, "dB LSD", note


def slowest_device() -> tuple[float, float, str, str]:
    """The time of one curve, warm, with the slowest of the shipped devices; the peer is the limit of 300 ms."""
    times = {}
    for name in device_names():
        device = as_device(name)
        times[name] = median_seconds(lambda device=device: fit_device(_targets()[0], device), 3)
    name = max(times, key=lambda each: times[each])
    return 1000 * times[name], 300.0, "ms", f"{name}, the slowest of {len(times)} devices; peer: the limit"


def correction_against_autoeq() -> tuple[float, float, str, str]:
    note = f"mean residual of {TARGETS} test responses corrected to flat without limits, 8 peaks and 2 shelves each"
    return _corrected()["distance"], _autoeq()["correction"]["distance"], "dB LSD", note


def correction_speed_against_autoeq() -> tuple[float, float, str, str]:
    note = "per response, one by one, warm (the first call compiles)"
    return 1000 * _corrected()["seconds"], 1000 * _autoeq()["correction"]["seconds"], "ms", note


def _faster_run() -> dict[str, float]:
    return min((_autoeq()[name] for name in ("own ranges", "our ranges")), key=lambda run: run["seconds"])


def aligned(response_db: np.ndarray, target_db: np.ndarray) -> np.ndarray:
    """The distance once both have the same level: an equaliser has a preamp."""
    difference = response_db - target_db
    return lsd(difference, (difference @ WEIGHTS)[:, None])


@cache
def _targets() -> np.ndarray:
    splits = DATA.parent / "splits.json"
    if not splits.is_file():
        raise Skipped(f"no real impulse responses: {splits} is not there (AETHER_LAB_IRS names their folder)")
    corpus = read_folder(DATA).where(json.loads(splits.read_text())["test"])
    return corpus.spectra_db[np.linspace(0, len(corpus) - 1, TARGETS).round().astype(int)]


@cache
def _measured() -> dict[str, float]:
    targets, sections = _targets(), Sections(n_sections=10)
    found = np.asarray(fit_recipe(targets, sections).response_db())
    return {
        "distance": float(aligned(found, targets).mean()),
        "seconds": median_seconds(lambda: np.asarray(fit_recipe(targets, sections).frequency_hz), 3) / TARGETS,
        "single": median_seconds(lambda: np.asarray(fit_recipe(targets[0], sections).frequency_hz)),
    }


@cache
def _corrected() -> dict[str, float]:
    targets = _targets()

    def correct_all() -> list[np.ndarray]:
        return [np.asarray(correction(each, "flat", max_boost_db=60.0).recipe.response_db()) for each in targets]

    return {
        "distance": float(aligned(np.array(correct_all()), -targets).mean()),
        "seconds": median_seconds(correct_all, 3) / TARGETS,
    }


@cache
def _autoeq() -> dict[str, dict[str, float]]:
    """What AutoEq makes of the same targets, in its own default ranges and in ours, and its corrections of them."""
    targets = _targets()
    python = _interpreter()
    with TemporaryDirectory() as folder:
        given, made = Path(folder) / "targets.npz", Path(folder) / "made.npz"
        np.savez(given, frequency=FREQUENCIES, targets=targets)
        script = Path(__file__).with_name("autoeq_peer.py")
        done = subprocess.run([python, script, given, made], check=False, capture_output=True, text=True)
        if done.returncode:
            raise Skipped(f"AutoEq fails: {done.stderr.strip().splitlines()[-1:]}")
        with np.load(made) as runs:
            names = [name for name in runs.files if not name.endswith(" seconds")]
            return {
                name: {
                    "distance": float(aligned(runs[name], -targets if name == "correction" else targets).mean()),
                    "seconds": float(runs[f"{name} seconds"]),
                }
                for name in names
            }


def _interpreter() -> str:
    if named := os.environ.get("AETHER_LAB_AUTOEQ"):
        return named
    found = ENVIRONMENT / "bin" / "python"
    if not found.exists():
        old = next((name for v in (11, 10, 9) if (name := shutil.which(f"python3.{v}"))), None)
        if sys.version_info < (3, 12):
            old = sys.executable
        if old is None:
            raise Skipped("AutoEq needs a Python under 3.12 and none is on the PATH")
        uv = shutil.which("uv")
        make = [uv, "venv", "-q", "--python", old] if uv else [old, "-m", "venv"]
        install = [uv, "pip", "install", "-q", "--python", found] if uv else [found, "-m", "pip", "install", "-q"]
        for command in ([*make, ENVIRONMENT], [*install, AUTOEQ]):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                shutil.rmtree(ENVIRONMENT, ignore_errors=True)
                raise Skipped(f"{AUTOEQ} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return str(found)
