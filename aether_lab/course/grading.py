"""The rubric of the capstone: what a program can check, by evaluating the files of a hand-in again.

40 points for the method, 30 for the evidence, 20 for listening, 10 for writing. Whether a text is good, a program
cannot say: it counts words. A teacher reads.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile

from aether_lab.analysis.baseline import is_linear
from aether_lab.course.capstone import (
    LARGEST_SOUND,
    STAGES,
    Capstone,
    coverage,
    encoder_error,
    filter_error,
)
from aether_lab.model.space import FilterSpace
from aether_lab.signals.json_files import read_regular
from aether_lab.signals.names import printable
from aether_lab.signals.spectrum import lsd

FEWEST_RESPONSES, FEWEST_SOURCES = 20, 4
COPY_DB = 0.01  # nearer spectra are copies
SAME_DB = 0.05  # figures that are evaluated again may differ by this on another machine
SAME_SHARE = 0.02  # of the coverage
LARGEST_ERROR = 3.0  # dB, of an exported filter
LEAST_WORDS = 20
SHORTEST = 0.5  # s, of a sound


@dataclass(frozen=True)
class Criterion:
    """One line of the rubric."""

    part: str  # method, evidence, listening or writing
    what: str
    points: int
    earned: int
    comment: str


def grade(capstone: Capstone) -> list[Criterion]:
    """Every criterion of the rubric, 100 points together; a failure of one does not stop the others."""
    return [*_method(capstone), *_evidence(capstone), *_listening(capstone), *_writing(capstone)]


def describe_grade(criteria: Sequence[Criterion]) -> str:
    """The rubric with the points earned, as a table.

    >>> print(describe_grade([Criterion("method", "split by source", 10, 0, "hall is in both")]))
    METHOD 0 of 10
       0/10  split by source: hall is in both
    TOTAL 0 of 10
    """
    lines = []
    for part, each in itertools.groupby(criteria, lambda criterion: criterion.part):
        group = list(each)
        lines.append(f"{part.upper()} {_sum(group)}")
        lines += [f"{c.earned:4}/{c.points:<2}  {c.what}: {printable(c.comment)}" for c in group]
    return "\n".join([*lines, f"TOTAL {_sum(criteria)}"])


def _sum(criteria: Sequence[Criterion]) -> str:
    return f"{sum(c.earned for c in criteria)} of {sum(c.points for c in criteria)}"


def _method(capstone: Capstone) -> Iterator[Criterion]:
    corpus, train, test = capstone.corpus, set(capstone.train), set(capstone.test)
    sources = set(corpus.sources)
    many = len(corpus) >= FEWEST_RESPONSES
    yield _criterion("method", f"{FEWEST_RESPONSES} responses", 5, many, f"{len(corpus)} are there")
    many = len(sources) >= FEWEST_SOURCES
    yield _criterion("method", f"{FEWEST_SOURCES} sources", 5, many, f"{len(sources)} are there")
    both, neither, unknown = sorted(train & test), sorted(sources - train - test), sorted((train | test) - sources)
    reasons = [
        f"{what}: {', '.join(names)}"
        for what, names in (("in both parts", both), ("in neither part", neither), ("without responses", unknown))
        if names
    ]
    split = "; ".join(reasons) or f"{len(train)} sources to train, {len(test)} to test, none in both"
    yield _criterion("method", "split by source", 10, not reasons, split)
    yield _guarded("method", "no copies across the split", 10, lambda: _copies(capstone))
    yield _guarded("method", "the model learned from no test source", 5, lambda: _learned(capstone))
    betas, sizes = ({row[name] for row in capstone.table} for name in ("beta", "latent_dim"))
    chosen = any(all(row[name] == value for name, value in capstone.chosen.items()) for row in capstone.table)
    comment = (
        f"{len(betas)} values of beta, {len(sizes)} latent sizes; what was chosen is {'' if chosen else 'not '}a row"
    )
    yield _criterion("method", "settings chosen from a table", 5, len(betas) > 1 and len(sizes) > 1 and chosen, comment)


def _copies(capstone: Capstone) -> tuple[bool, str]:
    train, test = capstone.corpus.where(capstone.train), capstone.corpus.where(capstone.test)
    if not len(train) or not len(test):
        return False, "one part of the split has no responses"
    for spectrum, name in zip(test.spectra_db, test.names, strict=True):
        distance = lsd(train.spectra_db.astype(float), spectrum.astype(float))
        if distance.min() < COPY_DB:
            return False, f"{name} (test) is a copy of {train.names[int(distance.argmin())]} (train)"
    return True, "every test spectrum differs from every training spectrum"


def _learned(capstone: Capstone) -> tuple[bool, str]:
    learned = FilterSpace.load(capstone.model).card.get("sources")
    if not learned:
        return False, "the card of the model names no sources"
    leaked = sorted(set(learned) & set(capstone.test))
    return not leaked, f"its card names {', '.join(leaked) or 'none of them'}"


def _evidence(capstone: Capstone) -> Iterator[Criterion]:
    missing = [stage for stage in STAGES if stage not in capstone.errors_db]
    pca = [stage for stage in capstone.errors_db if stage.startswith("pca") and is_linear(stage)]
    comment = f"missing are {', '.join(missing)}" if missing else "all stages are there"
    ordered = missing or capstone.errors_db["refined"] <= capstone.errors_db["mu"] + SAME_DB
    comment += "" if ordered else "; but the optimised z is worse than the encoder mean"
    comment += "" if pca else "; there is no baseline by PCA"
    yield _criterion("evidence", "error by stage, with baselines", 5, bool(pca and ordered and not missing), comment)
    yield _guarded("evidence", "the model file is the one chosen", 5, lambda: _chosen(capstone))
    yield _guarded("evidence", "its error, evaluated again", 10, lambda: _error(capstone))
    yield _guarded("evidence", "its coverage, evaluated again", 5, lambda: _coverage(capstone))
    yield _guarded("evidence", "the exported filter, read back", 5, lambda: _filter(capstone))


def _chosen(capstone: Capstone) -> tuple[bool, str]:
    size = FilterSpace.load(capstone.model).settings.latent_dim
    return size == capstone.chosen["latent_dim"], f"{size} numbers, {capstone.chosen['latent_dim']:g} were chosen"


def _error(capstone: Capstone) -> tuple[bool, str]:
    found = encoder_error(FilterSpace.load(capstone.model), capstone.corpus.where(capstone.test))
    stated = capstone.errors_db.get("mu", np.inf)
    return abs(found - stated) <= SAME_DB, f"{found:.2f} dB at the encoder mean, stated are {stated:.2f}"


def _coverage(capstone: Capstone) -> tuple[bool, str]:
    found = coverage(FilterSpace.load(capstone.model), capstone.corpus.where(capstone.test))
    near = abs(found - capstone.coverage) <= SAME_SHARE
    return near, f"{found:.0%} of the test spectra are within the knobs, stated are {capstone.coverage:.0%}"


def _filter(capstone: Capstone) -> tuple[bool, str]:
    content = read_regular(capstone.filter["file"], LARGEST_SOUND)
    space = FilterSpace.load(capstone.model)
    found = filter_error(space, capstone.filter["z"], content, capstone.filter["format"])
    stated = capstone.filter["error_db"]
    right = np.isfinite(found) and found <= LARGEST_ERROR and abs(found - stated) <= SAME_DB
    return bool(right), f"{found:.2f} dB from the decoded response, stated are {stated:.2f}; at most {LARGEST_ERROR:g}"


def _listening(capstone: Capstone) -> Iterator[Criterion]:
    yield _guarded("listening", "a morph and a crossfade to compare", 10, lambda: _sounds(capstone))
    yield _words("listening", "listening", 10, capstone)


def _sounds(capstone: Capstone) -> tuple[bool, str]:
    lengths = {}
    for name, path in capstone.sounds.items():
        read_regular(path, LARGEST_SOUND)
        samples, rate = soundfile.read(path)
        if not np.isfinite(samples).all() or not np.ptp(samples):
            return False, f"{name}: silent, or not finite"
        lengths[name] = len(samples) / rate
    comment = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in lengths.items())
    shortest, longest = min(lengths.values()), max(lengths.values())
    return shortest >= SHORTEST and longest - shortest < 0.1, f"{comment}; equally long, {SHORTEST:g} s or more"


def _writing(capstone: Capstone) -> Iterator[Criterion]:
    for name, points in (("question", 3), ("choice", 4), ("limits", 3)):
        yield _words("writing", name, points, capstone)


def _words(part: str, name: str, points: int, capstone: Capstone) -> Criterion:
    count = len(capstone.texts[name].split())
    comment = f"{count} words, {LEAST_WORDS} or more are needed; what they say a teacher reads"
    return _criterion(part, f'the text "{name}"', points, count >= LEAST_WORDS, comment)


def _guarded(part: str, what: str, points: int, judge: Callable[[], tuple[bool, str]]) -> Criterion:
    """A criterion whose files may be damaged."""
    try:
        return _criterion(part, what, points, *judge())
    except (ValueError, OSError, RuntimeError) as error:  # RuntimeError: libsndfile
        return _criterion(part, what, points, False, f"cannot be evaluated: {error}")


def _criterion(part: str, what: str, points: int, met: bool, comment: str) -> Criterion:
    return Criterion(part, what, points, points if met else 0, comment)
