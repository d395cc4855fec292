"""Measurements to begin with: the user's own folder, or synthetic responses written as files."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from aether_lab.signals.audio_files import read
from aether_lab.signals.corpus import Corpus
from aether_lab.signals.course_corpus import FOLDER_VARIABLE, load_corpus
from aether_lab.signals.curve import Curve
from aether_lab.signals.files import write_bytes
from aether_lab.signals.impulse_response import ImpulseResponse
from aether_lab.signals.spectrum import FREQUENCIES
from aether_lab.signals.synthetic import SyntheticResponses, synthetic_responses

SUFFIXES = (".wav", ".flac", ".aif", ".aiff")
COUNT, SEED, RATE = 12, 758, 48_000


def sample_files(folder: str | os.PathLike) -> list[Path]:
    """Files of impulse responses, sorted: those of `AETHER_LAB_IRS`, or synthetic ones that are written to `folder`.

    Raises:
        ValueError: `AETHER_LAB_IRS` is no folder, or one without audio files.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(sample_files(folder)) > 1
    True
    """
    if own := os.environ.get(FOLDER_VARIABLE):
        files = sorted(path for path in Path(own).rglob("*") if path.suffix.lower() in SUFFIXES)
        if not files:
            raise ValueError(f"{FOLDER_VARIABLE}={own}: no file in it ends in {', '.join(SUFFIXES)}")
        return files
    responses = _responses()
    for i, family in enumerate(responses.family):
        path = Path(folder, family, f"{family}-{i:02d}.wav")
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, responses.impulse_response(i).samples[0], RATE, subtype="FLOAT")
    return sorted(Path(folder).rglob("*.wav"))


def headphone_curve() -> Curve:
    """The curve of a synthetic headphone, 20 Hz to 20 kHz in steps of 1 %, at a level of 74 dB."""
    hertz = 20 * 1.01 ** np.arange(695)
    responses = _responses()
    k = responses.family.index("headphones")
    return Curve(hertz, 74 + np.interp(hertz, FREQUENCIES, responses.spectra_db[k]), "headphone.csv")


def headphone_table(folder: str | os.PathLike) -> Path:
    """`headphone_curve` as a table of frequency and level, as measurement programs write it."""
    curve = headphone_curve()
    rows = (f"{f:.2f},{level:.2f}" for f, level in zip(curve.frequency_hz, curve.level_db, strict=True))
    return write_bytes(Path(folder, "headphone.csv"), "\n".join(["frequency,raw", *rows, ""]).encode())


def most_reverberant(files: Sequence[Path], most: int = 40) -> ImpulseResponse:
    """Of `most` files, spread evenly over all, the response whose energy arrives latest in the mean, from its onset on.

    Raises:
        ValueError: none of them can be read as an impulse response.
    """
    latest: tuple[float, ImpulseResponse] | None = None
    tried = files[:: max(-(-len(files) // most), 1)]  # sorted files of one folder lie side by side
    for path in tried:
        try:
            response = read(path).aligned_to_onset()
        except ValueError:
            continue
        energy = response.samples[0] ** 2
        delay = float(energy @ np.arange(len(energy)) / energy.sum() / response.sample_rate)
        if latest is None or delay > latest[0]:
            latest = delay, response
    if latest is None:
        raise ValueError(f"none of {len(tried)} files can be read as an impulse response")
    return latest[1]


def course_responses(n: int, seed: int = 0) -> Corpus:
    """At most `n` responses of several sources: a random part of those of `AETHER_LAB_IRS`, or synthetic ones.

    Synthetic responses are of six kinds and of two sources of each.

    >>> len(set(course_responses(24).sources))
    12
    """
    corpus = load_corpus(n, seed)
    if os.environ.get(FOLDER_VARIABLE):
        chosen = np.random.default_rng(seed).permutation(len(corpus))[:n]
        return corpus.at(np.sort(chosen))
    kinds = len(set(corpus.sources))
    sources = tuple(f"{source}/{'ab'[i // kinds % 2]}" for i, source in enumerate(corpus.sources))
    return replace(corpus, sources=sources)


def _responses() -> SyntheticResponses:
    return synthetic_responses(COUNT, SEED).with_factors(sample_rate=RATE)
