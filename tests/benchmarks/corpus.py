"""A large folder of impulse responses made into spectra, beside the loop over files that a user would write."""

import importlib.util
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile

from aether_lab.signals._journal import JOURNAL
from aether_lab.signals.corpus_index import INDEX, SPECTRA, open_corpus
from aether_lab.signals.spectrum import FREQUENCIES, WEIGHTS, lsd

FILES = 20_000
SECONDS = 0.2
PEER_FILES = 300  # the loop is too slow for all

# Reports files, processor seconds of the builder and its workers, and the builder's own peak memory.
_BUILD = """
import json, re, resource, sys
from contextlib import nullcontext
from aether_lab.signals.corpus_store import build_corpus
if __name__ == "__main__":
    folder, out, kind = sys.argv[1:]
    if kind == "dask":
        from distributed import Client, LocalCluster
        client = Client(LocalCluster(threads_per_worker=1, dashboard_address=None))
    build_corpus(folder, client.get_executor() if kind == "dask" else None, out=out, progress=False)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()) if sys.platform == "linux" else None
    print(json.dumps([sum(u.ru_utime + u.ru_stime for u in used), int(peak[1]) / 1024 if peak else None]))
"""


def _write(folder: Path, n: int) -> None:
    """Decaying noise, each of its own colour, in a hundred folders; a third of it at 44.1 kHz."""
    rng = np.random.default_rng(0)
    for i in range(n):
        rate = 44_100 if i % 3 == 0 else 48_000
        samples = rng.standard_normal(int(SECONDS * rate), np.float32)
        samples[1:] += rng.uniform(-0.9, 0.9) * samples[:-1]
        samples *= 0.1 * np.exp(-np.arange(len(samples), dtype=np.float32) * rng.uniform(10, 60) / rate)
        path = folder / f"{i // (n // 100):02d}" / f"{i:05d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, rate)


def _start(folder: Path, out: Path, kind: str) -> subprocess.Popen:
    command = [sys.executable, "-c", _BUILD, folder, out, kind]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _finish(builder: subprocess.Popen) -> list[float]:
    told, error = builder.communicate()
    if builder.returncode:
        raise RuntimeError(error)
    return json.loads(told.splitlines()[-1])


def _kill(builder: subprocess.Popen, out: Path) -> None:
    """Kills a builder once it has read about a third."""
    while builder.poll() is None:
        if sum(path.stat().st_size for path in out.glob(f"{JOURNAL}*")) > FILES * 4 * len(FREQUENCIES) / 3:
            builder.send_signal(signal.SIGKILL)
            builder.wait()
            return
        time.sleep(0.01)
    raise RuntimeError(f"the build ended before it could be killed: {builder.communicate()[1]}")


def _by_hand(file: Path, load: Callable[[Path], np.ndarray]) -> np.ndarray:
    """One file at 48 kHz to 513 bins, smoothed over 1/3 octave."""
    samples = load(file)
    power = np.abs(np.fft.rfft(samples, 48_000)) ** 2
    hertz = np.arange(len(power))
    smoothed = np.empty(len(FREQUENCIES))
    for k, centre in enumerate(FREQUENCIES):
        half = max(centre * (2 ** (1 / 6) - 2 ** (-1 / 6)) / 2, 23.4)
        smoothed[k] = power[(hertz >= centre - half) & (hertz <= centre + half)].mean()
    level = 10 * np.log10(np.maximum(smoothed / smoothed.max(), 1e-6))
    return level - level @ WEIGHTS


def _load_scipy(file: Path) -> np.ndarray:
    samples, rate = soundfile.read(file)
    return samples if rate == 48_000 else scipy.signal.resample_poly(samples, 48_000, rate)


def _load_librosa(file: Path) -> np.ndarray:
    import librosa

    return librosa.load(file, sr=48_000)[0]


def _rate(files: list[Path], load: Callable[[Path], np.ndarray]) -> tuple[float, np.ndarray]:
    """Files per processor second, and their spectra."""
    _by_hand(files[0], load)
    begin = time.process_time()
    spectra = np.array([_by_hand(file, load) for file in files])
    return len(files) / (time.process_time() - begin), spectra


def building_against_a_loop() -> tuple[float, float, str, str]:
    with tempfile.TemporaryDirectory() as scratch:
        folder, pool, dask = (Path(scratch) / name for name in ("irs", "pool", "dask"))
        _write(folder, FILES)
        seconds, peak = _finish(_start(folder, pool, "pool"))
        corpus = open_corpus(pool)

        files = [folder / name for name in islice(corpus.names, 0, None, FILES // PEER_FILES)]
        peer, spectra = _rate(files, _load_scipy)
        apart = lsd(corpus.spectra_db[:: FILES // PEER_FILES], spectra).mean()
        note = f"{FILES} files; a loop over soundfile, resample_poly, rfft and 513 means; {apart:.1g} dB apart"
        if importlib.util.find_spec("librosa"):
            note += f"; with librosa.load {_rate(files, _load_librosa)[0]:.3g}"

        _kill(_start(folder, dask, "dask"), dask)
        _finish(_start(folder, dask, "dask"))
        same = all((pool / name).read_bytes() == (dask / name).read_bytes() for name in (INDEX, SPECTRA))
        if not same:
            raise RuntimeError("a process pool and Dask, killed and resumed, gave other bytes")
        memory = f"; the builder's peak {peak:.0f} MiB" if peak else ""
        return FILES / seconds, peer, "files/s per core", f"{note}{memory}; same bytes by Dask, killed and resumed"
