"""The hand-in of the capstone: `capstone.json` and the files beside it, and what a program can check of them.

A hand-in is a folder: spectra and their sources, the split, the measured table from which the settings were chosen, the
model file, the errors by stage, the coverage, two sounds, an exported filter, and four texts. `read_capstone` refuses
what is not such a hand-in; `aether_lab.course.grading` judges it by evaluating the files again.
"""

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aether_lab.analysis.beta import BetaRow
from aether_lab.analysis.prior import LIMIT
from aether_lab.analysis.reconstruction import distances
from aether_lab.audio.render import wav_bytes
from aether_lab.formats.export import FORMATS, Export, read_back
from aether_lab.model.space import FilterSpace
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.files import write_bytes
from aether_lab.signals.json_files import is_number, numbers, read_json, read_regular, texts
from aether_lab.signals.spectrum import FREQUENCIES, WEIGHTS, lsd

FORMAT, VERSION = "aether_lab capstone", 1
STAGES = ("mean_curve", "mu", "refined", "direct")
"""Errors that a hand-in states; a `pcaK` beside them."""
SOUNDS = ("morph", "crossfade")
TEXTS = ("question", "choice", "listening", "limits")
ROW = ("beta", "latent_dim", "error_db", "draw_db")
LARGEST_SPECTRA = 100_000_000  # bytes
LARGEST_SOUND = 20_000_000


@dataclass(frozen=True, eq=False)
class Capstone:
    """A hand-in that was read: its fields are what the file states, not what is true."""

    folder: Path
    corpus: Corpus
    train: tuple[str, ...]  # sources
    test: tuple[str, ...]
    table: tuple[dict[str, float], ...]  # rows with the columns `ROW`
    chosen: dict[str, float]  # beta and latent_dim
    model: Path
    errors_db: dict[str, float]
    coverage: float  # share of the test spectra whose knobs are all within ±2
    filter: dict[str, Any]  # file, format, z, error_db
    sounds: dict[str, Path]
    texts: dict[str, str]


def write_capstone(
    folder: str | os.PathLike,
    *,
    corpus: Corpus,
    split: Mapping[str, Sequence[str]],
    table: Mapping[int, Sequence[BetaRow]],
    chosen: Mapping[str, float],
    space: FilterSpace,
    errors_db: Mapping[str, float],
    exported: Export,
    format: str,
    z: Sequence[float],
    sounds: Mapping[str, np.ndarray],
    sample_rate: float,
    written: Mapping[str, str],
) -> Path:
    """Writes `capstone.json` and the files beside it; returns its path.

    Args:
        folder: is there already; files of the same names are replaced.
        split: `{"train": sources, "test": sources}`.
        table: latent size -> rows of `compare_betas`.
        chosen: `{"beta": …, "latent_dim": …}`, a row of the table.
        errors_db: the mean over the test spectra by stage (`STAGES` and a `pcaK`).
        exported, format, z: a file of `export(space.decode(z), format)`.
        sounds: "morph" and "crossfade", `(T,)` or `(T, C)`.
        written: the texts, by `TEXTS`.
    """
    folder = Path(folder)
    test = corpus.where(split["test"])
    file = io.BytesIO()
    np.save(file, np.asarray(corpus.spectra_db, np.float32))
    write_bytes(folder / "spectra.npy", file.getvalue())
    space.save(folder / "model.safetensors")
    exported.save(name := folder / f"filter{exported.suffix}")
    for sound in SOUNDS:
        write_bytes(folder / f"{sound}.wav", wav_bytes(sounds[sound], sample_rate))
    stated = {
        "format": FORMAT,
        "version": VERSION,
        "responses": {
            "file": "spectra.npy",
            "names": list(corpus.names),
            "sources": list(corpus.sources),
            "bands_hz": corpus.bands_hz.tolist(),
        },
        "split": {part: list(split[part]) for part in ("train", "test")},
        "table": [
            {"latent_dim": size, **{name: asdict(row)[name] for name in ROW if name != "latent_dim"}}
            for size, rows in table.items()
            for row in rows
        ],
        "chosen": dict(chosen),
        "model": "model.safetensors",
        "errors_db": dict(errors_db),
        "coverage": coverage(space, test),
        "filter": {
            "file": name.name,
            "format": format,
            "z": [float(value) for value in z],
            "error_db": filter_error(space, z, exported.content, format),
        },
        "sounds": {sound: f"{sound}.wav" for sound in SOUNDS},
        "texts": {text: written.get(text, "") for text in TEXTS},
    }
    return write_bytes(folder / "capstone.json", (json.dumps(stated, indent=1) + "\n").encode())


def read_capstone(path: str | os.PathLike) -> Capstone:
    """A hand-in with the spectra beside it.

    Raises:
        FileNotFoundError: there is no such file, or one that it names is missing.
        ValueError: it is not JSON, has another format or version, or an entry is missing or of another type; or the
            spectra do not fit. The message begins with the path and says which entry, and what is needed.
    """
    path = Path(path)
    stated = read_json(path)
    try:
        return _parsed(path.parent, stated)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def coverage(space: FilterSpace, corpus: Corpus) -> float:
    """The share of spectra whose knobs are all within ±2."""
    mean = np.asarray(space.encode(corpus.spectra_db, weights=corpus.weights)[0])
    return float((np.abs(mean[:, : space.knobs]) <= LIMIT).all(axis=1).mean())


def encoder_error(space: FilterSpace, corpus: Corpus) -> float:
    """The mean reconstruction error at the encoder mean, dB."""
    return float(distances(space, corpus, stages=["mu"])["mu"].mean())


def filter_error(space: FilterSpace, z: Sequence[float], content: bytes, format: str) -> float:
    """The distance of an exported file from the decoded response at z, both at one level, dB.

    Raises:
        ValueError: the file is damaged, or its response is not finite.
    """
    audible = WEIGHTS > 0
    level = np.zeros(len(FREQUENCIES))
    level[audible] = read_back(content, format, FREQUENCIES[audible])
    decoded = np.asarray(space.response_db(np.asarray(z, float)), float)
    return float(lsd(level - level @ WEIGHTS, decoded - decoded @ WEIGHTS))


def _parsed(folder: Path, stated: Any) -> Capstone:
    if not isinstance(stated, dict) or stated.get("format") != FORMAT:
        raise ValueError(f'no hand-in of the capstone: "format" must be {FORMAT!r}')
    if stated.get("version") != VERSION:
        raise ValueError(f'"version" is {stated.get("version")!r}; this program reads {VERSION}')
    split, errors = _entry(stated, "split", dict), _entry(stated, "errors_db", dict)
    for part in ("train", "test"):
        if not texts(split.get(part)) or not split[part]:
            raise ValueError(f'"split" has no list of sources under {part!r}')
    rows = _entry(stated, "table", list)
    for k, row in enumerate(rows):
        if not isinstance(row, dict) or not all(is_number(row.get(name)) for name in ROW):
            raise ValueError(f'row {k + 1} of "table" must have numbers under {", ".join(ROW)}')
    chosen = _entry(stated, "chosen", dict)
    if not all(is_number(chosen.get(name)) for name in ROW[:2]):
        raise ValueError('"chosen" must have numbers under beta and latent_dim')
    for stage, error in errors.items():
        if not is_number(error):
            raise ValueError(f'"errors_db" has {error!r:.60} under {stage!r}; it must be a number')
    share: Any = stated.get("coverage")
    if not is_number(share) or not 0 <= share <= 1:
        raise ValueError(f'"coverage" is {share!r:.60}; it must be a number from 0 to 1')
    filter = _entry(stated, "filter", dict)
    if filter.get("format") not in FORMATS:
        raise ValueError(f'"filter" has the format {filter.get("format")!r:.60}; allowed are {", ".join(FORMATS)}')
    if not numbers(filter.get("z")) or not is_number(filter.get("error_db")):
        raise ValueError('"filter" must have a list of numbers under z and a number under error_db')
    sounds, words = _entry(stated, "sounds", dict), _entry(stated, "texts", dict)
    for name in TEXTS:
        if not isinstance(words.get(name), str):
            raise ValueError(f'"texts" has no text under {name!r}')
    return Capstone(
        folder,
        _corpus(folder, _entry(stated, "responses", dict)),
        tuple(split["train"]),
        tuple(split["test"]),
        tuple({name: float(row[name]) for name in ROW} for row in rows),
        {name: float(chosen[name]) for name in ROW[:2]},
        _beside(folder, stated.get("model"), "model"),
        {stage: float(error) for stage, error in errors.items()},
        float(share),
        {**filter, "file": _beside(folder, filter.get("file"), "filter")},
        {name: _beside(folder, sounds.get(name), f"sounds, {name}") for name in SOUNDS},
        {name: words[name] for name in TEXTS},
    )


def _corpus(folder: Path, responses: dict[str, Any]) -> Corpus:
    names, sources = responses.get("names"), responses.get("sources")
    if not isinstance(names, list) or not texts(names) or not isinstance(sources, list) or not texts(sources):
        raise ValueError('"responses" must have lists of texts under names and sources')
    file = _beside(folder, responses.get("file"), "responses")
    try:
        spectra = np.load(io.BytesIO(read_regular(file, LARGEST_SPECTRA)), allow_pickle=False)
        bands = np.array(responses.get("bands_hz"), np.float64)
    except (ValueError, TypeError, EOFError, OSError) as error:
        raise ValueError(f"{file.name}: not an array of numbers ({error})") from error
    if spectra.ndim != 2 or spectra.dtype.kind != "f" or not np.isfinite(spectra).all():
        raise ValueError(f"{file.name}: an array {spectra.shape} of {spectra.dtype}; finite (N, 513) is needed")
    return Corpus(spectra.astype(np.float32), tuple(names), tuple(sources), bands_hz=bands)


def _entry(stated: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(value := stated.get(name), kind):
        what = "an object" if kind is dict else "a list"
        raise ValueError(f'"{name}" is {"missing" if value is None else repr(value)[:60]}; it must be {what}')
    return value


def _beside(folder: Path, name: Any, entry: str) -> Path:
    """A file in the folder of the hand-in, by its name."""
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise ValueError(f'"{entry}" names the file {name!r:.60}; it must be a name in the same folder, without a path')
    if not (folder / name).is_file():
        raise FileNotFoundError(f"{folder / name}: there is no such file; capstone.json names it under {entry!r}")
    return folder / name
