"""Names for measurements, from what is known of each: its kind, the words of its folder and file, and its spectrum.

A spectrum tells dark from bright and thin from full; sizes and distances are only named where a file name says so.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from aether_lab.signals.corpus import Corpus
from aether_lab.signals.kinds import kind_of
from aether_lab.signals.spectrum import FREQUENCIES, WEIGHTS

MOST_WORDS, LONGEST_WORD = 5, 20
SLOPE_DB, BASS_DB = 1.2, 4.0
"""Dark or bright, thin or full from this difference to the median of the kind on, dB per octave and dB."""

NOUNS = {
    "cabinet": ("cabinet",),
    "microphone": ("microphone",),
    "ear": ("ear",),
    "headphone": ("headphone",),
    "loudspeaker": ("speaker", "woofer", "tweeter"),
}
"""Kinds that are added to a name, unless it has one of these words; a room or an object mostly says what it is."""

_METHODS = re.compile(
    "sweep|click|clap|snap|bang|pop|balloon|ping|impact|impulse|response|irs?|rir|brir|hrir|hrtf|hpir|denoise|heavy|"
    "tail|only|true|mono|stereo|left|right|xy|dfc|hcomp|normal|take|test|file|corr|measured|measurement|mean|"
    "positions?|level(ed)?|combined|demo|data|others?|recording|unknown"
)
_SHORT = {"in", "on", "of", "at", "by", "to", "no", "up", "st"}
_DIRECTION = re.compile(r"(?<![a-z])(azi?m?|el(ev?)?[_-]?[mp-]?|off)[_-]?\d+")
_NUMBERED = re.compile(r"(irc|mic|speaker|capsule|take|s|r|ch|c?ears?|cfpc|no|nr)\d+")
_GENERIC = {"mic", "ear", "speaker", "room"}  # words that alone tell less than the folder
_ACRONYMS = re.compile("uk|us|emt|jc|hd|api|ssl|fet|akg|rca|eq|pa|hvac|led|kemar|mit|sadie|iii?|iv")
_SAYS_TILT = {"dark", "bright", "medium"}


def words_of(text: str) -> list[str]:
    """The words of the name of a file or folder, without numbers of takes, codes and methods of measurement.

    >>> words_of("emt_140_bright_2"), words_of("smallRoom-take3_L"), words_of("irc1002_azi120_elep00")
    (['EMT', '140', 'bright'], ['small', 'room'], [])
    """
    text = re.sub(r"(?<=[a-z]{2})(?=[A-Z][a-z])", " ", text)
    words: list[str] = []
    for token in re.findall(r"[^\W_]+", _DIRECTION.sub(" ", text.lower())):
        if token.isdigit():
            if words and len(token) == 3 and token[0] != "0" and words[-1].isalpha() and len(words[-1]) <= 4:
                words.append(token)  # a model, as in EMT 140
        elif _tells(token):
            words.append(_cased(token))
    return words


def _tells(token: str) -> bool:
    if len(token) < 3 and token.isascii() and not _ACRONYMS.fullmatch(token) and token not in _SHORT:
        return False
    unit = re.fullmatch(r"\d+(k|khz|hz|db|s|ms)", token) and not re.fullmatch(r"[1-9]0s", token)
    return not _METHODS.fullmatch(token) and not unit and not _NUMBERED.fullmatch(token)


def _cased(token: str) -> str:
    has_digit = any(map(str.isdigit, token))
    is_size = re.fullmatch(r"\d+(x\d+|in|ft|l|mm|cm|th|st|nd|rd|s)", token) is not None
    is_short = token.isascii() and len(token) < 5 and token not in _SHORT and not set(token) & set("aeiouy")
    is_model = has_digit and not is_size and len(token) <= 8
    return token.upper() if _ACRONYMS.fullmatch(token) or is_model or (is_short and not is_size) else token


def directions(stem: str) -> list[str]:
    """The direction in words, from the azimuth and elevation in a file name or the angle off an axis.

    >>> directions("azi_270_ele_m30_dfc"), directions("c414_a_off000"), directions("kitchen")
    (['side', 'below'], ['on axis'], [])
    """
    off = re.search(r"off[_-]?(\d+)", stem)
    if off:
        angle = abs((int(off[1]) + 180) % 360 - 180)
        return ["on axis" if angle < 30 else "off axis" if angle < 135 else "from behind"]
    azimuth = re.search(r"azi?m?[_-]?(\d+)", stem)
    elevation = re.search(r"el(?:ev?)?[_-]?(m|p|-)?[_-]?(\d+)", stem)
    found = []
    if azimuth:
        angle = abs((int(azimuth[1]) + 180) % 360 - 180)
        ends = (22, 68, 113, 158, 181)
        places = ("front", "front side", "side", "back side", "back")
        found.append(next(place for end, place in zip(ends, places, strict=True) if angle < end))
    if azimuth and elevation and int(elevation[2]) >= 20:
        found.append("below" if elevation[1] in ("m", "-") else "above")
    return found


def characters(corpus: Corpus) -> list[list[str]]:
    """Of each spectrum, beside the median of its kind: dark or bright, and thin or full; none if neither is clear."""
    inside = (FREQUENCIES >= 100) & (FREQUENCIES <= 12_000)
    octaves = np.log2(FREQUENCIES[inside] / 1000)
    weights = np.asarray(corpus.weights, np.float64)[:, inside]
    weights = weights / weights.sum(1, keepdims=True)
    levels = np.asarray(corpus.spectra_db, np.float64)[:, inside]
    centred = octaves - (weights @ octaves)[:, None]
    slope = (weights * centred * levels).sum(1) / (weights * centred**2).sum(1)
    low = WEIGHTS[inside] * (FREQUENCIES[inside] < 250)
    reaches = np.asarray(corpus.bands_hz)[:, 0] <= 150
    bass = np.where(reaches, levels @ (low / low.sum()), 0.0)
    kinds = np.array(corpus.kinds)
    found: list[list[str]] = [[] for _ in kinds]
    for kind in set(corpus.kinds):
        own = np.flatnonzero(kinds == kind)
        for values, limit, (less, more) in (
            (slope, SLOPE_DB, ("dark", "bright")),
            (bass, BASS_DB, ("thin", "full")),
        ):
            middle = np.median(values[own])
            for k in own[np.abs(values[own] - middle) >= limit]:
                if values is slope or reaches[k]:
                    found[k].append(more if values[k] > middle else less)
    return found


def names_of(corpus: Corpus, chosen: Sequence[int]) -> list[str]:
    """Distinct names of the spectra at some indices, such as "EMT 140 bright plate" or "House kitchen, dark"."""
    measurers = _first_words(corpus.sources)
    character = characters(corpus)
    names: list[str] = []
    for k in chosen:
        path, _, _ = corpus.names[k].partition("#")
        thing = _thing(PurePosixPath(path).stem, corpus.sources[k], measurers)
        said = {word for word in character[k] if not (word in ("dark", "bright") and _SAYS_TILT & set(thing.split()))}
        full = ", ".join([thing, *_directions(path, corpus.kinds[k]), *sorted(said)])
        full = full[:1].upper() + full[1:]
        numbered = (f"{full} {count}" for count in range(2, len(names) + 3))
        names.append(next(name for name in (full, *numbered) if name not in names))
    return names


def _directions(path: str, kind: str) -> list[str]:
    found = directions(PurePosixPath(path).stem) if kind in ("ear", "microphone", "loudspeaker", "headphone") else []
    return [" ".join(found)] if found else []


def _first_words(sources: Sequence[str]) -> set[str]:
    """The first words of two folders or more: mostly who measured."""
    first = Counter(re.split(r"[_\W]", PurePosixPath(source).name)[0] for source in set(sources))
    return {word for word, count in first.items() if count > 1}


def _thing(stem: str, source: str, measurers: set[str]) -> str:
    """The words of file and folder, with the noun of the kind where they lack it."""
    parts = [part for part in re.split(r"[/\\]", source) if part]
    kind, last = kind_of(source), parts[-1] if parts else ""
    first, *rest = re.split(r"[_\W]", last)
    folder = [] if kind_of(last) else words_of(" ".join(rest if first in measurers and rest else [first, *rest]))
    folder = [word for word in folder if not kind_of(word)]
    words = words_of(stem)
    own = words = [] if set(words) <= _GENERIC else words
    is_model = bool(words) and words[0].isupper() and not words[0].isalpha()  # a microphone before a cabinet, say
    if (len(words) < 2 or is_model) and "and" not in folder:
        words = [*(word for word in folder if word not in " ".join(words)), *words]
    words = [word[:LONGEST_WORD] for word in dict.fromkeys(words)][:MOST_WORDS]
    while words and words[-1] in _SHORT:
        words.pop()
    if noun := _noun(kind, source, own):
        words += [noun] * (not any(known in word.lower() for known in NOUNS.get(kind, (noun,)) for word in words))
    return " ".join(words) or kind or "response"


def _noun(kind: str, source: str, words: list[str]) -> str:
    if kind == "plate or spring":
        return "spring" if "spring" in source.lower() else "plate"
    return kind if kind in NOUNS or (kind == "room" and not words) else ""
