"""Text files of a known curve in the notations, headers and trailers that measurement programs write."""

from dataclasses import dataclass, field

import numpy as np

SEPARATORS = {
    "tab": "\t",
    "semicolon": ";",
    "comma": ",",
    "comma-space": ", ",
    "space": " ",
    "aligned": None,
    "bar": "|",
}
GROUPINGS = {
    "none": "",
    "comma": ",",
    "point": ".",
    "space": " ",
    "no-break": "\u00a0",
    "narrow": "\u202f",
    "quote": "'",
}
HEADERS = ("none", "plain", "comment", "units-line", "two-lines", "aligned")
PROSE = (
    (),
    ("Loudspeaker in the hall", "Kept as: text with commas, limited to 80Hz", ""),
    ("* Measured 10 Nov 2024, mic 2", "* Note: left\u2026 12 dB pad", "*"),
    ("10 Nov 2024",),
    ("2024-01-12 09:15:00", "Side: right, limited to 60Hz"),
    ("FFT\tAnalyser\tv1\t2024/01/12",),
    ("# a\u2028b \u2013 80 Hz, 3 dB",),
)
TRAILERS = (
    (),
    ("", "source\tMic", "saved\t2024/01/12", "peak\t40.0Hz"),
    ("LOWLIMITHZ", "20", "HIGHLIMITHZ", "20000"),
    ("End of data",),
    ("", "Distortion", "Frequency\tTHD", "20\t0.1", "40\t0.2", "80\t0.3"),
)


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    separator: str = "tab"
    decimal: str = "."
    grouping: str = "none"
    header: str = "plain"
    columns: tuple[str, ...] = ("frequency", "level")
    prose: tuple[str, ...] = ()
    trailer: tuple[str, ...] = ()
    digits: tuple[int, int] = (3, 2)  # of frequencies and of levels
    exponent: bool = False
    quoted: bool = False
    units: bool = False
    kilo: bool = False
    falling: bool = False
    holes: int = 0
    hole: str = ""
    repeats: bool = False
    newline: str = "\n"
    encoding: str = "utf-8"

    @property
    def certain(self) -> bool:
        """Whether a human reader has no doubt, so that a refusal is an error."""
        mark = SEPARATORS[self.separator]
        blanks = self.separator in ("space", "aligned")
        if mark and mark.strip() and mark.strip() in (self.decimal, GROUPINGS[self.grouping]) and not self.quoted:
            return False
        if self.grouping == "space" and blanks:
            return False
        if self.decimal == GROUPINGS[self.grouping] or (self.holes and blanks and not self.hole):
            return False
        if self.units and blanks:
            return False
        return not (self.header == "none" and self.kilo) and not (
            self.header == "none" and self.columns != ("frequency", "level")
        )


@dataclass(frozen=True)
class Table:
    """The points of a file."""

    frequency_hz: np.ndarray
    level_db: np.ndarray
    content: bytes
    dialect: Dialect = field(default_factory=Dialect)


def known_curve(seed: int, points: int, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """A smooth curve from 20 Hz to 20 kHz, `(points,)` each."""
    rng = np.random.default_rng(seed)
    hz = np.geomspace(20, 20_000, points)
    x = np.log(hz / 20) / np.log(1000)
    level = sum(rng.normal(0, 5 / k) * np.cos(np.pi * k * x + rng.uniform(0, 6)) for k in range(1, 6))
    return hz, level + offset


def write(dialect: Dialect, seed: int, points: int, offset: float) -> Table:
    """A file in a dialect, and what is to be read from it."""
    hz, level = known_curve(seed, points, offset)
    hz, level = np.round(hz, dialect.digits[0]), np.round(level, dialect.digits[1])
    rng = np.random.default_rng(seed + 1)
    phase = np.round(rng.uniform(-180, 180, points), 2)
    blank = np.zeros(points, bool)
    blank[rng.permutation(points)[: dialect.holes]] = True
    order = np.arange(points)[::-1] if dialect.falling else np.arange(points)
    if dialect.repeats:
        order = np.sort(np.concatenate([order, order[: points // 3]]))
    body = [_row(dialect, i, n, hz, level, phase, blank) for n, i in enumerate(order)]
    lines = [*dialect.prose, *_header(dialect), *_joined(body, dialect), *dialect.trailer]
    text = dialect.newline.join(lines) + dialect.newline
    try:
        content = text.encode(dialect.encoding)
    except UnicodeEncodeError:  # a narrow space in Windows-1252
        content = text.encode()
    return Table(hz[~blank], level[~blank], content, dialect)


def _row(dialect: Dialect, i: int, n: int, hz, level, phase, blank) -> list[str]:
    values = {
        "index": str(n),
        "frequency": _number(
            hz[i] / (1000 if dialect.kilo else 1), dialect, dialect.digits[0] + 3 * dialect.kilo, "Hz"
        ),
        "level": dialect.hole if blank[i] else _number(level[i], dialect, dialect.digits[1], "dB"),
        "phase": _number(phase[i], dialect, 2, "deg"),
        "target": _number(70.0, dialect, 1, "dB"),
        "sd": _number(1.25, dialect, 2, "dB"),
        "linear": _number(10 ** (level[i] / 20), dialect, 6, ""),
        "coherence": _number(0.98, dialect, 2, ""),
    }
    return [values[column] for column in dialect.columns]


def _number(value: float, dialect: Dialect, digits: int, unit: str) -> str:
    if dialect.exponent:
        text = f"{value:.{digits + 4}E}"
    else:
        text = f"{value:,.{digits}f}".replace(",", "G").replace(".", "D").replace("G", GROUPINGS[dialect.grouping])
    text = text.replace("D", dialect.decimal) if not dialect.exponent else text.replace(".", dialect.decimal)
    text = f"{text} {'k' * (dialect.kilo and unit == 'Hz')}{unit}".rstrip() if dialect.units else text
    return f'"{text}"' if dialect.quoted else text


LABELS = {
    "index": ("", ""),
    "frequency": ("Frequency", "Hz"),
    "level": ("SPL", "dB"),
    "phase": ("Phase", "degrees"),
    "target": ("Target", "dB"),
    "sd": ("SD", "dB"),
    "linear": ("Magnitude", ""),
    "coherence": ("Coherence", ""),
}


def _header(dialect: Dialect) -> list[str]:
    names = [LABELS[column] for column in dialect.columns]
    units = ["kHz" if unit == "Hz" and dialect.kilo else unit for _, unit in names]
    joined = [f"{name} ({unit})" if unit else name for (name, _), unit in zip(names, units, strict=True)]
    mark = SEPARATORS[dialect.separator] or "   "
    match dialect.header:
        case "none":
            return []
        case "plain":
            return [mark.join(joined)]
        case "comment":
            return ["* " + ", ".join(label.replace(" ", "") for label in joined)]
        case "units-line":
            return [mark.join(name or "-" for name, _ in names), mark.join(unit or "-" for unit in units)]
        case "two-lines":
            return [mark.join(["On Axis"] * len(names)), mark.join(joined)]
        case _:
            return ["   ".join(label or "#" for label in joined)]


def _joined(rows: list[list[str]], dialect: Dialect) -> list[str]:
    mark = SEPARATORS[dialect.separator]
    if mark is not None:
        return [mark.join(row) for row in rows]
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    return ["".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
