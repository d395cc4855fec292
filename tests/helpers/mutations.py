"""Damaged files for every reader of the package, and what a reader may do with them.

A reader refuses a file with a `ValueError` or an `OSError` that begins with the name of the file, or returns something
that is whole: finite, and of the shapes that it promises. It takes neither 10 s nor a GiB of memory.
"""

import faulthandler
import functools
import io
import json
import re
import resource
import shutil
import signal
import tempfile
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import h5py
import jax
import jax.numpy as jnp
import numpy as np
import soundfile

from aether_lab.audio.sound_file import open_sound
from aether_lab.filters.recipe import Recipe
from aether_lab.formats.export import FORMATS, export, read_back
from aether_lab.model.checkpoint import load_checkpoint, save_checkpoint
from aether_lab.model.presets import Presets
from aether_lab.model.run import Run, State, Training
from aether_lab.model.settings import ModelSettings
from aether_lab.model.space import FilterSpace
from aether_lab.panels.state import model_state
from aether_lab.signals import corpus_store
from aether_lab.signals.audio_files import read, read_all
from aether_lab.signals.corpus import read_splits
from aether_lab.signals.corpus_index import open_corpus
from aether_lab.signals.curve_files import read_target

SECONDS = 10
"""Longest time for one file."""

MEMORY = 1 << 30
"""Bytes: the largest resident set of a process that reads damaged files, with all its libraries."""

_NUMBER = re.compile(rb"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
_NUMBERS = (b"0", b"-1", b"1e9", b"1e308", b"-1e308", b"1e999", b"NaN", b"Infinity", b"9" * 30, b"9" * 5000, b"1e-320")
_VALUES = (*_NUMBERS, b"null", b"true", b'""', b'"a"', b"[]", b"{}", b"[[]]", b"[" * 3000, b'"\\ud800"', b"\xff", b"\0")
_FIELD = re.compile(rb"""[^,;\n{}\[\]]{0,200}[,;\n]""")


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """One or a few random damages of a file."""
    for _ in range(rng.geometric(0.6)):
        data = _DAMAGES[rng.integers(len(_DAMAGES))](data, rng) or data
    return data


def _place(data: bytes, rng: np.random.Generator, size: int = 1) -> int:
    """A position; every other one is in the first 200 bytes, where headers are."""
    last = max(1, len(data) - size)
    return int(rng.integers(min(last, 200) if rng.random() < 0.5 else last))


def _flip_bit(data: bytes, rng: np.random.Generator) -> bytes:
    at = _place(data, rng)
    return data[:at] + bytes([data[at] ^ (1 << rng.integers(8))]) + data[at + 1 :] if data else data


def _overwrite(data: bytes, rng: np.random.Generator) -> bytes:
    size = int(rng.integers(1, 9))
    at, fill = _place(data, rng, size), rng.integers(4)
    new = rng.bytes(size) if fill == 3 else (b"\0", b"\xff", b"\x7f")[fill] * size
    return data[:at] + new + data[at + size :]


def _truncate(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: _place(data, rng)]


def _insert(data: bytes, rng: np.random.Generator) -> bytes:
    at = _place(data, rng)
    return data[:at] + rng.bytes(int(rng.integers(1, 40))) + data[at:]


def _delete(data: bytes, rng: np.random.Generator) -> bytes:
    size = int(rng.integers(1, 40))
    at = _place(data, rng, size)
    return data[:at] + data[at + size :]


def _swap(data: bytes, rng: np.random.Generator) -> bytes:
    size = int(rng.integers(1, max(2, len(data) // 4)))
    a, b = sorted((_place(data, rng, size), _place(data, rng, size)))
    b = max(b, a + size)
    return data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]


def _repeat(data: bytes, rng: np.random.Generator) -> bytes:
    size = int(rng.integers(1, 100))
    at = _place(data, rng, size)
    return data[: at + size] + data[at : at + size] * int(rng.integers(1, 20)) + data[at + size :]


def _edit_number(data: bytes, rng: np.random.Generator) -> bytes | None:
    return _edit(_NUMBER, _VALUES, data, rng)


def _delete_field(data: bytes, rng: np.random.Generator) -> bytes | None:
    return _edit(_FIELD, (b"", b",", b"\n"), data, rng)


def _edit(pattern: re.Pattern, values: tuple[bytes, ...], data: bytes, rng: np.random.Generator) -> bytes | None:
    at = _place(data, rng)
    found = pattern.search(data, at, at + 2000)
    return data[: found.start()] + values[rng.integers(len(values))] + data[found.end() :] if found else None


_DAMAGES = (
    *(_flip_bit, _flip_bit, _overwrite, _truncate, _insert, _delete, _swap, _repeat),
    *(_edit_number, _edit_number, _edit_number, _delete_field),
)

Seed = tuple[str, bytes]  # file name, content
Reader = tuple[Callable[[], list[Seed]], Callable[[Path], None]]


def _finite(values: object) -> None:
    assert np.isfinite(np.asarray(values, np.float64)).all()


def _samples() -> np.ndarray:
    return np.random.default_rng(0).normal(size=600) * np.exp(-np.arange(600) / 100) * 0.1


def _sound(format: str, subtype: str, channels: int = 1) -> Callable[[], list[Seed]]:
    def seed() -> list[Seed]:
        file = io.BytesIO()
        samples = np.stack([np.roll(_samples(), 9 * channel) for channel in range(channels)], axis=1)
        soundfile.write(file, samples, 48_000, subtype, format=format)
        return [(f"a.{format.lower()}", file.getvalue())]

    return seed


def _read_response(path: Path) -> None:
    response = read(path)
    _finite(response.samples)
    _finite(response.spectrum_db)


def _sofa() -> list[Seed]:
    file = io.BytesIO()
    with h5py.File(file, "w") as sofa:
        sofa["Data.IR"] = np.random.default_rng(1).normal(size=(3, 2, 64))
        sofa["Data.SamplingRate"] = [48_000.0]
        sofa.attrs["SOFAConventions"] = "SimpleFreeFieldHRIR"
    return [("a.sofa", file.getvalue())]


def _read_all(path: Path) -> None:
    for response in read_all(path):
        _finite(response.samples)


def _read_sound(path: Path) -> None:
    with open_sound(path, (8_000.0, 384_000.0)) as source:
        for chunk in source.chunks(4096):
            _finite(chunk)


def _curves() -> list[Seed]:
    hz = np.geomspace(20, 20_000, 40)
    rows = list(zip(hz, 5 * np.sin(np.log(hz)), 10 * np.cos(hz), strict=True))
    dialects = {
        "rew.txt": "* REW V5.20\n* Freq(Hz) SPL(dB) Phase(degrees)\n" + _table(rows, " "),
        "autoeq.csv": "frequency,raw,error\n" + _table(rows, ","),
        "german.csv": "Frequenz;Pegel;Phase\n" + _table(rows, ";").replace(".", ","),
        "squig.frd": _table(rows, "\t") + "\nEnd of data\n",
        "klippel.txt": '"Frequency [Hz]"\t"Level [dB]"\n' + _table([row[:2] for row in rows], "\t"),
    }
    dialects |= {
        "comma.txt": "* Freq(Hz), SPL(dB)\n" + _table([row[:2] for row in rows], ", ").replace(".", ","),
        "units.txt": "".join(f"{f / 1000:.4f} kHz | {level:.2f} dB | n/a\n" for f, level, _ in rows),
        "thousands.csv": "Frequency [Hz]\tZ (ohm)\n" + "".join(f"{f:,.2f}\t{9 + level:.1f}\n" for f, level, _ in rows),
        "graphic.txt": "GraphicEQ: " + "; ".join(f"{f:.1f} {level:.1f}" for f, level, _ in rows),
        "impulse.txt": "* Impulse Response data\n40 // Response length\n2.0833e-05 // Sample interval (seconds)\n"
        + "* Data start\n"
        + "".join(f"{level:.5f}\n" for _, level, _ in rows),
        "autoeq.md": "| Type | Fc | Q | Gain |\n|:--|:--|:--|:--|\n| Peaking | 105 Hz | 0.7 | 4.5 dB |\n"
        "| Low Shelf | 80 Hz | 0.7 | -3 dB |\n",
    }
    seeds = [(name, text.encode()) for name, text in dialects.items()]
    return [*seeds, ("utf16.csv", dialects["autoeq.csv"].encode("utf-16"))]


def _table(rows: list[tuple], separator: str) -> str:
    return "".join(separator.join(f"{value:.3f}" for value in row) + "\n" for row in rows)


def _recipe() -> Recipe:
    return Recipe.of([100.0, 1000.0, 5000.0], [1.0, 2.0, 0.7], [3.0, -4.0, 5.0], shelves=True, preamp_db=-3.0)


def _lists() -> list[Seed]:
    return [(f"{name}.txt", export(_recipe(), name, name="a").content) for name in ("equalizerapo", "rew", "csv")]


def _read_target(path: Path) -> None:
    _finite(read_target(path).spectrum_db)


def _recipes() -> list[Seed]:
    bank = Recipe.of([100.0, 1000.0], [1.0, 2.0], [3.0, -4.0], "parallel", "alternating")
    return [("cascade.json", _recipe().to_json().encode()), ("bank.json", bank.to_json().encode())]


def _read_recipe(path: Path) -> None:
    recipe = Recipe.load(path)
    _finite(recipe.sos())
    if recipe.n_sections < 5:  # JAX compiles once for each number of sections
        _finite(recipe.response_db())


def _presets() -> list[Seed]:
    return [("mine.json", Presets({"dark": [0, 1.5], "bright é": [-2, 1]}, "2d").to_json().encode())]


def _read_presets(path: Path) -> None:
    presets = Presets.load(path)
    _finite([value for z in presets.values() for value in z])
    assert dict(Presets.from_json(presets.to_json())) == dict(presets)


def _splits() -> list[Seed]:
    return [("splits.json", json.dumps({"train": ["rooms/hall", "plates"], "test": ["hrtf"]}, indent=1).encode())]


def _read_splits(path: Path) -> None:
    splits = read_splits(path.parent)
    assert splits is not None and all(isinstance(name, str) for names in splits.values() for name in names)


MODEL, TRAINING = ModelSettings(latent_dim=2, num_filters=4), Training(epochs=3, steps_per_epoch=4)


@functools.cache
def _untrained() -> FilterSpace:
    space = FilterSpace.untrained(0, **asdict(MODEL))
    card = {"name": "mine", "captions": ["tilt", "peak"], "landmarks": {"a": [0, 1], "b": [1.5, 0]}, **space.card}
    return FilterSpace(space.settings, space.variables, card)


def _model() -> list[Seed]:
    with tempfile.TemporaryDirectory() as folder:
        return [("m.safetensors", _untrained().save(Path(folder, "m.safetensors"), half=True).read_bytes())]


def _read_model(path: Path) -> None:
    space = FilterSpace.load(path)
    json.dumps(model_state(space), allow_nan=False)
    assert space.learned_range.shape == (space.latent_dim, 2)
    if space.settings == MODEL:  # any other is compiled anew
        _finite(space.response_db(np.zeros(2)))
        _finite(space.encode(np.zeros(513))[0])


@functools.cache
def _fresh() -> Run:
    variables = _untrained().variables
    return Run(MODEL, TRAINING, State(variables, TRAINING.optimizer.init(variables), jnp.zeros((), jnp.int32)))


def _checkpoint() -> list[Seed]:
    fresh = _fresh()
    state = jax.tree.map(lambda leaf: leaf + 4 if leaf.dtype.kind == "i" else leaf, fresh.state)
    run = Run(MODEL, TRAINING, state, [{"step": 4, "distance": 6.0, "kl": 3.0}])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.checkpoint")
        save_checkpoint(path, run, "digest")
        return [(path.name, path.read_bytes())]


def _read_checkpoint(path: Path) -> None:
    run = load_checkpoint(path, _fresh(), "digest")
    assert 1 <= len(run.history) <= TRAINING.epochs
    for leaf in jax.tree.leaves(run.state):
        _finite(leaf)


@functools.cache
def _built() -> Path:
    """A folder of three responses and a curve, its finished store, and one whose build was interrupted at its end."""
    place = Path(tempfile.mkdtemp(prefix="aether_mutations_"))
    for i in range(3):
        folder = place / "irs" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"{i}.wav", np.roll(_samples(), i)[: 300 + i], 48_000)
    (place / "irs" / "text.wav").write_text("a shopping list")
    (place / "irs" / "curve.csv").write_text("frequency,dB\n200,0\n1000,6\n12000,-3\n")
    _build(place / "irs", place / "store")
    write, corpus_store._write = corpus_store._write, _interrupt
    with suppress(KeyboardInterrupt):
        _build(place / "irs", place / "journal")
    corpus_store._write = write
    return place


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _build(folder: Path, out: Path) -> object:
    with ThreadPoolExecutor(1) as thread:
        return corpus_store.build_corpus(folder, thread, out=out, progress=False)


def _store(name: str) -> Callable[[], list[Seed]]:
    return lambda: [(name, (_built() / "store" / name).read_bytes())]


def _read_store(path: Path) -> None:
    for whole in (_built() / "store").iterdir():
        if whole.name != path.name:
            shutil.copy(whole, path.parent)
    corpus = open_corpus(path.parent)
    _finite(corpus.spectra_db)
    _finite(corpus.weights)
    assert len(corpus) == len(corpus.sources) == len(corpus.spectra_db) == len(corpus.kinds)


def _journal() -> list[Seed]:
    return [("journal.sqlite", (_built() / "journal" / "journal.sqlite").read_bytes())]


def _read_journal(path: Path) -> None:
    corpus = _build(_built() / "irs", path.parent)
    _finite(corpus.spectra_db)


def _exported(format: str) -> Reader:
    def check(path: Path) -> None:
        _finite(read_back(path.read_bytes(), format, np.geomspace(20, 20_000, 50)))

    return lambda: [(f"a{FORMATS[format].suffix}", export(_recipe(), format, name="a").content)], check


READERS: dict[str, Reader] = {
    "wav": (_sound("WAV", "PCM_16", 2), _read_response),
    "wav of floats": (_sound("WAV", "FLOAT"), _read_response),
    "flac": (_sound("FLAC", "PCM_16"), _read_response),
    "aiff": (_sound("AIFF", "PCM_24"), _read_response),
    "ogg": (_sound("OGG", "VORBIS"), _read_response),
    "sofa": (_sofa, _read_all),
    "sound to render": (_sound("WAV", "FLOAT", 2), _read_sound),
    "flac to render": (_sound("FLAC", "PCM_16"), _read_sound),
    "curve": (_curves, _read_target),
    "equaliser list": (_lists, _read_target),
    "recipe": (_recipes, _read_recipe),
    "presets": (_presets, _read_presets),
    "splits": (_splits, _read_splits),
    "model": (_model, _read_model),
    "checkpoint": (_checkpoint, _read_checkpoint),
    "index of a store": (_store("index.jsonl"), _read_store),
    "spectra of a store": (_store("spectra.npy"), _read_store),
    "journal": (_journal, _read_journal),
    **{f"exported {name}": _exported(name) for name in ("json", "csv", "npy", "equalizerapo", "camilladsp", "rew")},
    **{f"exported {name}": _exported(name) for name in ("faust", "c", "fir-min")},
}

LARGE = ("checkpoint", "model")
"""Readers of files of megabytes, which take 0.1 s each."""


class TooSlow(BaseException):
    """A file took longer than `SECONDS`."""


def try_reader(name: str, seed: int, count: int) -> tuple[int, list[str], int]:
    """Reads `count` damaged files.

    Returns:
        How many were accepted, a report of each that was treated wrongly, and the largest resident set in bytes.
    """
    build, check = READERS[name]
    seeds, accepted, failures = build(), 0, []
    faulthandler.dump_traceback_later(count * SECONDS, exit=True)  # where a library never returns to Python
    signal.signal(signal.SIGALRM, _too_slow)
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        file, data = seeds[i % len(seeds)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.write_bytes(mutate(data, rng))
            report = _try(check, path, named="exported" not in name)
        accepted += report == ""
        if report:
            failures.append(f"{name}, seed {seed}, file {i}: {report}")
    faulthandler.cancel_dump_traceback_later()
    return accepted, failures, _peak_memory()


def _peak_memory() -> int:
    """Bytes. In `ru_maxrss`, Linux counts that of the parent from before `exec`, so another figure is used there."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _too_slow(*_: object) -> None:
    raise TooSlow


def _try(check: Callable[[Path], None], path: Path, named: bool) -> str | None:
    """None for a file that is refused, "" for one that is accepted, otherwise what is wrong."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with warnings.catch_warnings(action="ignore"):
            check(path)
        return ""
    except (ValueError, OSError) as error:
        text = str(error)
        begins = not named or text.startswith((str(path), str(path.parent)))
        return None if begins and "\n" not in text else f"{type(error).__name__} without name, or of two lines: {text}"
    except AssertionError:
        return f"accepted, but not whole: {traceback.format_exc(limit=-2)}"
    except TooSlow:
        return f"longer than {SECONDS} s: {traceback.format_exc(limit=-3)}"
    except BaseException as error:
        return f"{type(error).__name__}: {traceback.format_exc(limit=-3)}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
