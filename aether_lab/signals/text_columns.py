"""Columns of a table by their labels: which is the frequency, which the level, and in which unit.

Of several levels, a measured one is preferred to a target, a mean to its spread, and a column in dB to the same in
another unit. Amplitudes (V/V, Pa, ohms, linear) become dB by 20 log10, powers by 10 log10.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aether_lab.signals.text_notation import UNIT

_FREQUENCY = re.compile(
    r"\bfre[kqc]|fr[eé]q|\bfrecuencia|\bfc\b|^f\b|часто|周波数|频率|頻率|주파수|taajuus|częst|sıklık", re.I
)
_NOT_FREQUENCY = re.compile(r"response|db|\d\s*k?hz", re.I)
_HERTZ = re.compile(r"(?<![\d/])\bk?hz\b(?!\s*[\^²])|\brad/s\b", re.I)
_NEVER = re.compile(  # quantities that are no level of the response
    r"phase|\bfase|\bdeg|°|\brad\b|angle|coheren|\bcoh\b|delay|\bms\b|\bthd|distort|harmonic|\bh[2-9]\b|noise floor|"
    r"background|"
    r"\bsnr\b|\bsd\b|\bstd\b|stdev|std ?dev|standard deviation|sigma|σ|varian|\bvar\b|\bse\b|\bsem\b|confiden|"
    r"uncertain|\biqr\b|\breal\b|\bimag|^re$|^im$|^#$|\bindex\b|\bcount|\bpoints?\b|\btime\b|\bweight|\bq\b|"
    r"\brt ?[236]0\b|\bt ?[236]0\b|\bedt\b|reverberation|^(?:azimuth|elevation|distance|radius)(?: ?[(\[].*)?$|"
    r"attenuation|insertion loss|\bdb/oct|direction|\bdi\b|number|\bbin\b|name|note|comment|date",
    re.I,
)
_DERIVED = re.compile(
    r"target|goal|\bsoll|equali[sz]|\beq\b|smooth|error|\bdiff|delta|Δ|\bmin\b|\bmax\b|minimum|maximum|percentile|"
    r"\bp\d\d?\b|lower|upper|limit|reference|\bref\b|house curve|predict|simulat|model|fit\b",
    re.I,
)
_MEASURED = re.compile(r"\braw\b|measured|measurement|gemessen|\bmean\b|average|\bavg\b|mittel|moyenne|median", re.I)
_LEVEL = re.compile(
    r"\bspl\b|magnitude|\bmag\b|level|pegel|niveau|nivel|amplitude|\bdb|gain|response|sensitivity|transfer|impedan|"
    r"pressure|\bh\b|\|h|\|z\||\bpsd\b|power|voltage",
    re.I,
)
_UNITLESS = re.compile(r"magnitude|\bmag\b|amplitude|gain|response|transfer|sensitivity|\|h", re.I)

_UNITS: tuple[tuple[str, str], ...] = (  # (pattern of a label, kind)
    (r"db/oct|db per oct", "slope"),
    (r"(?:^|[\W\d]|^l)db|dbspl|decibel", "db"),
    (r"(?:[vpw]a?|rms|\|h\||mag\w*)\s*(?:\^2|²|\*\*2)|\bwatts?\b|\bpower\b|\bpow\b|\[w\]|\(w\)", "power"),
    (r"ohm|[ΩΩ]|impedan|\|z\|", "ohm"),
    (
        r"\b[mµu]?pa\b|pascal|\bv/v\b|\b[mµu]?v\b|\bvolts?\b|\bv/pa\b|\bpa/v\b|\blin\b|linear|\babs\b|ratio|\|h\|",
        "linear",
    ),
    (r"\bnp\b|\bneper", "neper"),
    (r"%|percent", "percent"),
)
NEPER_DB = 20 / np.log(10)


@dataclass(frozen=True)
class Level:
    """The chosen column of a table."""

    index: int
    label: str  # "" without a header
    unit: str  # "db", "ohm", "linear", "power", "neper", "unknown"


def normalise(label: str) -> str:
    """A label in lower case, underscores as spaces."""
    return re.sub(r"[_\s]+", " ", label).strip(' "').lower()


def is_frequency(label: str) -> bool:
    """Whether a label names a frequency, such as "Freq [Hz]" or "f"; "80Hz" and "PSD (dB/Hz)" do not."""
    label = normalise(label)
    named = _FREQUENCY.search(label) or _HERTZ.search(label)
    return bool(named) and not _NOT_FREQUENCY.search(label) and len(label) <= 40


def is_quantity(label: str) -> bool:
    """Whether a label names something that is measured over frequency."""
    label = normalise(label)
    return len(label) <= 60 and any(each.search(label) for each in (_NEVER, _DERIVED, _MEASURED, _LEVEL))


def is_unit(label: str) -> bool:
    """Whether a label is nothing but a unit, such as "dB" or "-"."""
    return bool(re.fullmatch(rf"[(\[]?(?:{UNIT}|dbspl|degrees|-)[)\]]?", normalise(label), re.I))


def frequency_scale(label: str) -> float:
    """Hz per unit of a column of frequencies."""
    label = normalise(label)
    if re.search(r"\bkhz\b", label):
        return 1000.0
    return 1 / (2 * np.pi) if re.search(r"\brad/s\b", label) else 1.0


def unit_of(label: str) -> str:
    """The kind of unit that a label names, "unknown" without one."""
    label = normalise(label)
    return next((kind for pattern, kind in _UNITS if re.search(pattern, label)), "unknown")


def choose_level(labels: list[str], frequency: int, wanted: str | int | None) -> Level:
    """The column of the level.

    Args:
        labels: one per column, "" where it has none.
        frequency: index of the frequency.
        wanted: a label, a part of one, or a number from 1; None chooses.

    Raises:
        ValueError: no column, or several, are what is wanted; none of them holds a level.
    """
    if wanted is not None:
        index = _wanted(labels, wanted)
        return Level(index, labels[index], unit_of(labels[index]))
    ranks = {i: _rank(label) for i, label in enumerate(labels) if i != frequency}
    best = min(ranks, key=lambda i: (ranks[i], i < frequency, i))
    if ranks[best][0] == _RANKS:
        raise ValueError(f"no level among the columns {_listed(labels)}; choose one with column=")
    return Level(best, labels[best], unit_of(labels[best]))


_RANKS = 5


def _rank(label: str) -> tuple[int, int]:
    label = normalise(label)
    unit = unit_of(label)
    if _NEVER.search(label) or unit in ("slope", "percent"):
        kind = _RANKS
    elif _DERIVED.search(label):
        kind = 4
    elif _MEASURED.search(label):
        kind = 0
    elif unit != "unknown" or _LEVEL.search(label):
        kind = 1
    else:
        kind = 2 if label else 3
    density = 2 if "/hz" in label.replace(" ", "") else 0
    return kind, (unit != "db") + density


def _wanted(labels: list[str], wanted: str | int) -> int:
    if isinstance(wanted, int) or wanted.isdecimal():
        index = int(wanted) - 1
        if 0 <= index < len(labels):
            return index
        raise ValueError(f"column {wanted}; there are {len(labels)}, counted from 1")
    for matches in (
        [i for i, label in enumerate(labels) if normalise(label) == normalise(wanted)],
        [i for i, label in enumerate(labels) if label and normalise(wanted) in normalise(label)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            break
    raise ValueError(f"column {wanted!r} is {'not one' if matches else 'none'} of {_listed(labels)}")


def _listed(labels: list[str]) -> str:
    return ", ".join(repr(label) for label in labels)


_CONVERSIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "db": lambda x: x,
    "neper": lambda x: NEPER_DB * x,
    "ohm": lambda x: 20 * np.log10(x),
    "linear": lambda x: 20 * np.log10(x),
    "power": lambda x: 10 * np.log10(x),
}


def level_db(values: np.ndarray, unit: str, label: str) -> np.ndarray:
    """Values of a column in dB; an amplitude of 0 becomes -inf.

    Raises:
        ValueError: the unit is not certain, or amplitudes are negative.
    """
    finite = values[np.isfinite(values)]
    if unit == "unknown":
        unit = "db"
        positive = len(finite) > 0 and finite.min() >= 0 and not 20 <= np.median(finite) <= 200
        if positive and _UNITLESS.search(normalise(label)):
            raise ValueError(
                f"column {label!r} has no unit and no negative value: it may be in dB or linear. "
                "Name its unit in the header, such as (dB) or (V/V)"
            )
    if unit not in _CONVERSIONS:
        raise ValueError(f"column {label!r} is in {unit}, which is no level")
    if unit in ("ohm", "linear", "power") and len(finite) and finite.min() < 0:
        raise ValueError(f"column {label!r} holds {finite.min():g}; an amplitude is not negative")
    with np.errstate(divide="ignore", invalid="ignore"):
        return _CONVERSIONS[unit](values)
